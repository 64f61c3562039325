-- One person an address. Name and phone: the newest customer record that has them; password: the oldest that has one,
-- as that is the account that the person knows.
SELECT email_key AS email,
       first(nullif(btrim(name), '')  ORDER BY created_at DESC, id DESC) AS name,
       first(nullif(btrim(phone), '') ORDER BY created_at DESC, id DESC) AS phone,
       first(nullif(password, '')     ORDER BY created_at, id) AS password,
       min(created_at) AS created_at,
       min(id) AS first_customer_id
FROM addressed
WHERE email_key IS NOT NULL
GROUP BY email_key
