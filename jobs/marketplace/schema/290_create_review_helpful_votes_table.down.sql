CALL marketplace_steps.take_back('290_create_review_helpful_votes_table');
