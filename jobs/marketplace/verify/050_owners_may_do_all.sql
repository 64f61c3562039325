-- Every profile with an owner has the owner's row, and all permissions in it.
-- drover: severity=error, when=:multi_user_supplier_accounts
SELECT p.id AS supplier_profile_id, p.owner_user_id
FROM public.supplier_profiles p
LEFT JOIN public.supplier_account_users a ON a.supplier_profile_id = p.id AND a.user_id = p.owner_user_id AND a.role = 'owner'
WHERE p.owner_user_id IS NOT NULL
  AND (a.user_id IS NULL
       OR NOT (a.can_manage_products AND a.can_manage_inventory AND a.can_manage_orders AND a.can_manage_returns
               AND a.can_view_financials AND a.can_view_analytics AND a.can_manage_users AND a.can_manage_settings))
