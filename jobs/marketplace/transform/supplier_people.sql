-- One row an email among the suppliers. Each field: the supplier changed last that has it; the password: the oldest.
SELECT lower(btrim(email)) AS email,
       min(id) AS first_supplier_id,
       first(first_name ORDER BY updated_at DESC, id DESC) FILTER (WHERE btrim(first_name) <> '') AS first_name,
       first(last_name  ORDER BY updated_at DESC, id DESC) FILTER (WHERE btrim(last_name)  <> '') AS last_name,
       first(phone      ORDER BY updated_at DESC, id DESC) FILTER (WHERE btrim(phone)      <> '') AS phone,
       first(password_digest ORDER BY created_at, id) AS password_digest,
       min(created_at) AS created_at,
       max(updated_at) AS updated_at
FROM suppliers
GROUP BY lower(btrim(email))
