-- drover: phase=contract
-- Refused while any supplier lacks a user. The table leaves the application's schema whole, keys and all; it is gone for good
-- with DROP TABLE marketplace_steps.suppliers.
CALL marketplace_steps.refuse_while_suppliers_lack_users();
ALTER TABLE public.suppliers SET SCHEMA marketplace_steps;
