-- The prices of both sheets in cents. The mark before the last one or two digits is the decimal one; the digits before it
-- stand together, or in groups of three behind one other mark.
WITH given AS (
  SELECT 'professionals' AS sheet, ref, session_price AS price FROM professional_rows WHERE session_price IS NOT NULL
  UNION ALL
  SELECT 'credits', ref, price FROM credit_rows WHERE price IS NOT NULL
),
bare AS (
  SELECT sheet, ref, price, translate(price, U&' \0009\000A\000D\00A0\202F''\2019', '') AS digits FROM given
),
units AS (
  SELECT sheet, ref, price,
         CASE WHEN digits ~ '^[0-9]+([.,][0-9]{1,2})?$' THEN replace(digits, ',', '.')
              WHEN digits ~ '^[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]{1,2})?$' THEN replace(replace(digits, '.', ''), ',', '.')
              WHEN digits ~ '^[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]{1,2})?$' THEN replace(digits, ',', '') END::numeric AS amount
  FROM bare
)
SELECT sheet, ref, price, CASE WHEN amount * 100 <= 2147483647 THEN (amount * 100)::integer END AS cents
FROM units
