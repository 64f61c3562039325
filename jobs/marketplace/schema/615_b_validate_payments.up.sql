-- drover: phase=index when=:new_payment_system
-- Validates the foreign keys and checks of the payment tables, and of what refers to them; readers and writers go on meanwhile.
CALL marketplace_steps.validate('payments');
CALL marketplace_steps.validate('payment_refunds');
CALL marketplace_steps.validate('supplier_payments');
CALL marketplace_steps.validate('payment_transactions');
CALL marketplace_steps.validate('order_items');
CALL marketplace_steps.validate('return_requests');
