-- Profiles that nobody owns: they had neither a supplier with an email nor a user.
-- drover: severity=warning
SELECT id AS supplier_profile_id, supplier_id, company_name
FROM public.supplier_profiles
WHERE owner_user_id IS NULL
