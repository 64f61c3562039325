-- No transaction has lost its appointment, because that was rejected or stands in no sheet.
-- drover: severity=warning
SELECT id AS transaction_id, legacy_ref, user_id, amount, metadata ->> 'appointment_ref' AS appointment_ref
FROM public.credit_transactions
WHERE appointment_id IS NULL AND metadata ? 'appointment_ref'
