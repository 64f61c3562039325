-- The products, each active or not. status is a number until the marketplace job's contract step, and a word after it.
-- drover: ephemeral
SELECT id, category_id, brand_id, supplier_profile_id, status::text IN ('1', 'approved') AS active
FROM products
