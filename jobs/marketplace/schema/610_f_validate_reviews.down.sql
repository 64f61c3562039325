CALL marketplace_steps.unvalidate('reviews');
