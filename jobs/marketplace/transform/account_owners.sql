-- Every profile with an owner gets its owner's row, with all permissions; one that is there becomes that.
SELECT id AS supplier_profile_id,
       owner_user_id AS user_id,
       'owner'::text AS role,
       true AS can_manage_products,
       true AS can_manage_inventory,
       true AS can_manage_orders,
       true AS can_manage_returns,
       true AS can_view_financials,
       true AS can_view_analytics,
       true AS can_manage_users,
       true AS can_manage_settings
FROM profile_owners
WHERE owner_user_id IS NOT NULL
