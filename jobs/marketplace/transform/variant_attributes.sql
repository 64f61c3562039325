-- A variant's attributes by name, as an order keeps them.
SELECT a.product_variant_id, jsonb_object_agg(t.name, v.value ORDER BY a.id) AS attributes
FROM product_variant_attributes a
JOIN attribute_values v ON v.id = a.attribute_value_id
JOIN attribute_types t ON t.id = v.attribute_type_id
GROUP BY a.product_variant_id
