-- Schema expected into the marketplace job's tables, as a migration in plain SQL would move it.
ANALYZE expected.users, expected.crosswalk, expected.supplier_profiles, expected.categories, expected.brands,
        expected.products, expected.product_types, expected.orders, expected.order_items;

UPDATE public.users u
SET role = e.role
FROM expected.users e
WHERE e.id = u.id AND e.role <> u.role;

INSERT INTO public.users (id, email, first_name, last_name, phone, role, password_digest, created_at, updated_at)
SELECT e.id, e.email, e.first_name, e.last_name, e.phone, e.role, e.password_digest, e.created_at, s.updated_at
FROM expected.users e
JOIN (SELECT x.user_id, max(s.updated_at) AS updated_at
      FROM expected.crosswalk x
      JOIN public.suppliers s ON s.id = x.supplier_id
      GROUP BY x.user_id) s ON s.user_id = e.id
WHERE NOT EXISTS (SELECT FROM public.users u WHERE u.id = e.id);

UPDATE public.supplier_profiles p
SET owner_user_id = e.owner_user_id, supplier_tier = e.supplier_tier
FROM expected.supplier_profiles e
WHERE e.id = p.id;

INSERT INTO public.supplier_account_users (supplier_profile_id, user_id, role, can_manage_products, can_manage_inventory,
                                           can_manage_orders, can_manage_returns, can_view_financials, can_view_analytics,
                                           can_manage_users, can_manage_settings)
SELECT supplier_profile_id, user_id, role, true, true, true, true, true, true, true, true
FROM expected.supplier_account_users;

UPDATE public.categories c
SET slug = e.slug, level = e.level, path = e.path, products_count = e.products_count,
    active_products_count = e.active_products_count
FROM expected.categories e
WHERE e.id = c.id;

UPDATE public.brands b
SET slug = e.slug, products_count = e.products_count, active_products_count = e.active_products_count
FROM expected.brands e
WHERE e.id = b.id;

UPDATE public.products p
SET slug = e.slug, product_type = t.product_type, status_name = e.status_name, total_stock_quantity = e.total_stock_quantity,
    low_stock_variants_count = e.low_stock_variants_count, base_price = e.base_price,
    base_discounted_price = e.base_discounted_price, published_at = e.published_at, rating_distribution = e.rating_distribution
FROM expected.products e
JOIN expected.product_types t ON t.id = e.id
WHERE e.id = p.id;

UPDATE public.orders o
SET order_number = e.order_number, status_name = e.status_name
FROM expected.orders e
WHERE e.id = o.id;

UPDATE public.order_items i
SET supplier_profile_id = e.supplier_profile_id, product_name = e.product_name,
    product_variant_attributes = e.product_variant_attributes, product_image_url = e.product_image_url,
    discounted_price = e.discounted_price, final_price = e.final_price, fulfillment_status = e.fulfillment_status,
    is_returnable = e.is_returnable
FROM expected.order_items e
WHERE e.id = i.id;

ANALYZE public.users, public.supplier_profiles, public.supplier_account_users, public.categories, public.brands,
        public.products, public.orders, public.order_items;
