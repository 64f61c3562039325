-- Every legacy table has at least the rows that it had when the first schema step counted them.
-- drover: severity=warning
WITH now AS (
  SELECT r.relation, r.rows AS counted,
         (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM public.%I', r.relation), false, true, '')))[1]::text::bigint AS rows
  FROM marketplace_steps.row_counts r
  WHERE to_regclass('public.' || r.relation) IS NOT NULL
)
SELECT * FROM now WHERE rows < counted
