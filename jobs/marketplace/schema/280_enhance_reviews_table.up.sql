-- drover: phase=expand
-- Reviews: title, pictures, moderation, the supplier's answer, votes.
CALL marketplace_steps.add_columns('280_enhance_reviews_table', 'reviews',
  'title text',
  'is_featured boolean NOT NULL DEFAULT false',
  'review_images jsonb NOT NULL DEFAULT ''[]''',
  'moderation_status text NOT NULL DEFAULT ''pending''',
  'moderated_by_id bigint',
  'moderated_at timestamptz',
  'moderation_notes text',
  'supplier_response text',
  'supplier_response_at timestamptz',
  'helpful_count integer NOT NULL DEFAULT 0',
  'not_helpful_count integer NOT NULL DEFAULT 0');
CALL marketplace_steps.add_check('280_enhance_reviews_table', 'reviews', 'reviews_moderation_status_check', 'moderation_status IN (''pending'', ''approved'', ''rejected'', ''flagged'')');
CALL marketplace_steps.add_check('280_enhance_reviews_table', 'reviews', 'reviews_votes_check', 'helpful_count >= 0 AND not_helpful_count >= 0');
