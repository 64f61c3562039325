-- Schema expected into the diners job's tables, as a migration in plain SQL would move it.
-- What the legacy tables hold before anything of them changes: verify/070 compares with it.
INSERT INTO public.legacy_totals (relation, id_range, first_id, last_id, rows, fingerprint)
SELECT relation, id / 1000, min(id), max(id), count(*),
       md5(string_agg(id || ' ' || coalesce(md5(content), '-'), ',' ORDER BY id))
FROM (SELECT 'users' AS relation, id, password AS content FROM public.users
      UNION ALL
      SELECT 'customers', id, password FROM public.customers
      UNION ALL
      SELECT 'restaurants', id,
             to_jsonb(ARRAY[name, email, phone, address, city, state, "zipCode", is_active::text, created_at::text])::text
      FROM public.restaurants) kept
GROUP BY relation, id / 1000;

INSERT INTO public.platform_admins (email, name, password, role, created_at, updated_at)
SELECT email, name, password, role, created_at, updated_at
FROM expected.platform_admins;

ANALYZE expected.restaurants;
UPDATE public.restaurants r
SET onboarding_status = e.onboarding_status, owner_name = e.owner_name, owner_email = e.owner_email,
    business_phone = e.business_phone, business_address = e.business_address, verified_at = e.verified_at,
    updated_at = e.updated_at
FROM expected.restaurants e
WHERE e.id = r.id;

INSERT INTO public.subscriptions (restaurant_id, plan, status, current_period_start, current_period_end, trial_ends_at,
                                  seats, billing_email, billing_name, created_at, updated_at)
SELECT restaurant_id, plan, status, current_period_start, current_period_end, trial_ends_at,
       seats, billing_email, billing_name, created_at, updated_at
FROM expected.subscriptions
ORDER BY restaurant_id;

INSERT INTO public.diners (id, email, name, phone, password, is_verified, created_at, updated_at)
SELECT id, email, name, phone, password, is_verified, created_at, updated_at
FROM expected.diners;
SELECT setval(pg_get_serial_sequence('public.diners', 'id'), max(id)) FROM public.diners;

INSERT INTO public.customer_diners (customer_id, diner_id)
SELECT customer_id, diner_id
FROM expected.crosswalk;

INSERT INTO public.diner_restaurant_profiles (diner_id, restaurant_id, visit_count, last_visit_date, total_spent, preferences,
                                              created_at, updated_at)
SELECT diner_id, restaurant_id, visit_count, last_visit_date, total_spent, preferences, created_at, updated_at
FROM expected.diner_restaurant_profiles;

ANALYZE public.legacy_totals, public.platform_admins, public.restaurants, public.subscriptions, public.diners,
        public.customer_diners, public.diner_restaurant_profiles;
