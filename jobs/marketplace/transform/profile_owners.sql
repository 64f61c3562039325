-- Each profile's owner: its supplier's user, else the user it had. Without a known role the tier is basic.
SELECT p.id,
       coalesce(x.user_id, p.user_id) AS owner_user_id,
       coalesce(t.supplier_tier, 'basic') AS supplier_tier
FROM supplier_profiles p
LEFT JOIN crosswalk x ON x.supplier_id = p.supplier_id
LEFT JOIN profile_tiers t ON t.id = p.id
