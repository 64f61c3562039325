-- The users that the target has already, one an email; where two differ by case alone, the lower-case one counts.
-- own: the row is the application's (not made by this job, or edited since), so that its fields are kept.
SELECT lower(btrim(email)) AS email,
       first(id ORDER BY email = lower(btrim(email)) DESC, id) AS id,
       first(nullif(btrim(first_name), '')   ORDER BY email = lower(btrim(email)) DESC, id) AS first_name,
       first(nullif(btrim(last_name), '')    ORDER BY email = lower(btrim(email)) DESC, id) AS last_name,
       first(nullif(btrim(phone), '')        ORDER BY email = lower(btrim(email)) DESC, id) AS phone,
       first(nullif(btrim(company_name), '') ORDER BY email = lower(btrim(email)) DESC, id) AS company_name,
       first(created_at ORDER BY email = lower(btrim(email)) DESC, id) AS created_at,
       first(id <> uuid5('drover/bookings/users', lower(btrim(email))) OR profile_edited_at IS NOT NULL
             ORDER BY email = lower(btrim(email)) DESC, id) AS own
FROM existing_users
WHERE email IS NOT NULL
GROUP BY lower(btrim(email))
