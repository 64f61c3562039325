CALL marketplace_steps.take_back('500_enhance_email_verifications_table');
