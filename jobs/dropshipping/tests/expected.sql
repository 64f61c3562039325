-- Oracle: what the dropshipping job must make of the suppliers' feeds, written as plain SQL over the legacy tables.
-- Run in a copy of the legacy database that has, besides, target.pricing_rules as the target has it, and the lines of the
-- feeds as they are written, decoded to UTF-8 and cut into fields, in
--   public.feed_lines (file, line, supplier_id, decimal_mark, thousands_mark, malformed,
--                      sku, title, cost, currency, stock, lead_time)      all fields text; malformed: no record of the file
-- It fills schema "expected".
CREATE SCHEMA expected;

-- A SKU as it is compared: lower case, without blanks (space, tab, line ends, no-break space), wherever they stand.
CREATE FUNCTION expected.sku_key(sku text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT replace(replace(replace(replace(replace(replace(lower(sku), ' ', ''), E'\t', ''), E'\n', ''), E'\r', ''), E'\f', ''), U&'\00a0', '') $$;

-- A number as the feed writes it: thousands marks only before groups of three, one decimal mark. NULL: it is none.
CREATE FUNCTION expected.number(t text, decimal_mark text, thousands_mark text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS
$$
BEGIN
  t := btrim(t, E' \t\r\n');
  IF thousands_mark IS NOT NULL AND split_part(t, decimal_mark, 1) ~ ('^-?\d{1,3}(\' || thousands_mark || '\d{3})+$') THEN
    t := replace(split_part(t, decimal_mark, 1), thousands_mark, '') || coalesce(substring(t FROM '\' || decimal_mark || '.*$'), '');
  END IF;
  IF t !~ ('^-?\d+(\' || decimal_mark || '\d+)?$') AND t <> 'NaN' THEN
    RETURN NULL;
  END IF;
  RETURN replace(t, decimal_mark, '.')::numeric;
END
$$;

CREATE FUNCTION expected.whole(t text) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN btrim(t, ' ') ~ '^-?\d{1,18}$' AND abs(t::bigint) < 2147483648 THEN t::int END $$;

-- Every line with the reason why it is not taken, NULL where it is. Malformed ones never become a row: a value that is not
-- of its type counts as that.
CREATE TABLE expected.lines AS
WITH numbers AS MATERIALIZED (
  SELECT *, expected.sku_key(sku) AS sku_key, expected.number(cost, decimal_mark, thousands_mark) AS cost_read,
         expected.whole(stock) AS stock_read, expected.whole(lead_time) AS lead_time_read
  FROM public.feed_lines),
read AS (
  SELECT file, line, supplier_id, sku, title, currency, sku_key,
         cost_read AS cost, stock_read AS stock, lead_time_read AS lead_time,
         malformed OR (cost IS NOT NULL AND cost_read IS NULL) OR (stock IS NOT NULL AND stock_read IS NULL)
           OR (lead_time IS NOT NULL AND lead_time_read IS NULL) AS malformed
  FROM numbers)
SELECT r.file, r.line, r.supplier_id, r.sku_key, btrim(r.sku, E' \t\n\r\f\u00a0') AS sku,
       nullif(btrim(r.title, E' \t\n\r\f\u00a0'), '') AS title,
       upper(btrim(r.currency, ' ')) AS currency,
       round(r.cost * 100) AS cost_cents, coalesce(r.stock, 0) AS stock, r.lead_time,
       CASE WHEN r.malformed THEN 'malformed'
            WHEN s.id IS NULL THEN 'supplier_unknown'
            WHEN coalesce(r.sku_key, '') = '' THEN 'sku_missing'
            WHEN length(r.sku_key) > 200 THEN 'sku_too_long'
            WHEN r.cost IS NULL THEN 'cost_missing'
            WHEN r.cost < 0 OR r.cost = 'NaN' OR r.cost >= 10000000000 THEN 'cost_out_of_range'
            WHEN coalesce(upper(btrim(r.currency, ' ')), '') !~ '^[A-Z]{3}$' THEN 'currency_malformed'
            WHEN coalesce(r.stock, 0) < 0 THEN 'stock_negative'
            WHEN coalesce(r.lead_time, 0) < 0 THEN 'lead_time_negative' END AS reason
FROM read r
LEFT JOIN public.suppliers s ON s.id = r.supplier_id;

-- A SKU that a supplier's feeds hold twice: the last line counts (by the file's name, then the line).
CREATE TABLE expected.offers AS
SELECT DISTINCT ON (supplier_id, sku_key) *
FROM expected.lines
WHERE reason IS NULL
ORDER BY supplier_id, sku_key, file COLLATE "C" DESC, line DESC;

-- The price: cost plus margin, in cents, half a cent up. The rule: active, for this supplier or for all, the cost within its
-- band (the lower end in it, the upper not); the highest priority, then the lowest id. No rule: rejected, no_pricing_rule.
-- The variant: the one whose SKU agrees. None: unmatched. Several: ambiguous, and none is taken.
CREATE TABLE expected.supplier_catalogs AS
WITH variants AS (
  SELECT expected.sku_key(sku) AS sku_key, count(*) AS n, min(id) AS id
  FROM public.product_variants
  GROUP BY expected.sku_key(sku))
SELECT o.supplier_id, o.sku_key, o.sku, o.title, o.currency, o.cost_cents::bigint AS cost_cents, p.margin_bps,
       floor(o.cost_cents * (10000 + p.margin_bps) / 10000 + 0.5)::bigint AS price_cents,
       o.stock AS stock_quantity, o.lead_time AS lead_time_days,
       CASE WHEN v.n = 1 THEN v.id END AS product_variant_id,
       CASE WHEN v.n IS NULL THEN 'unmatched' WHEN v.n = 1 THEN 'matched' ELSE 'ambiguous' END AS match_status
FROM expected.offers o
CROSS JOIN LATERAL (SELECT margin_bps
                    FROM target.pricing_rules r
                    WHERE r.is_active AND (r.supplier_id IS NULL OR r.supplier_id = o.supplier_id)
                      AND o.cost_cents >= r.min_cost_cents AND (r.max_cost_cents IS NULL OR o.cost_cents < r.max_cost_cents)
                    ORDER BY r.priority DESC, r.id
                    LIMIT 1) p
LEFT JOIN variants v ON v.sku_key = o.sku_key;

CREATE TABLE expected.rejects AS
SELECT reason, count(*) AS lines FROM expected.lines WHERE reason IS NOT NULL GROUP BY reason;
