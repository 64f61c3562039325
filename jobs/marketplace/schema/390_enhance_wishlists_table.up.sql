-- drover: phase=expand
-- Wishlists: name, sharing.
CALL marketplace_steps.add_columns('390_enhance_wishlists_table', 'wishlists',
  'name text',
  'description text',
  'is_public boolean NOT NULL DEFAULT false',
  'is_default boolean NOT NULL DEFAULT false',
  'share_token text',
  'share_enabled boolean NOT NULL DEFAULT false');
