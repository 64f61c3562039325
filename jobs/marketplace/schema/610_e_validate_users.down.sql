CALL marketplace_steps.unvalidate('users');
