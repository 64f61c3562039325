-- The tier of each profile whose supplier has a role that is known.
SELECT p.id,
       CASE s.role
         WHEN 'supplier' THEN 'basic'
         WHEN 'verified_supplier' THEN 'verified'
         WHEN 'premium_supplier' THEN 'premium'
         WHEN 'partner' THEN 'partner'
       END AS supplier_tier
FROM supplier_profiles p
JOIN suppliers s ON s.id = p.supplier_id
