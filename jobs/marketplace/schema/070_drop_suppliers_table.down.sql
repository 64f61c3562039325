ALTER TABLE marketplace_steps.suppliers SET SCHEMA public;
