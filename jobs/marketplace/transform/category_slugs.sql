-- Each category under a slug of its own: in id order the first keeps it, the next get --2, --3.
-- drover: ephemeral
SELECT id, parent_id, base, base || CASE WHEN n > 1 THEN '--' || n ELSE '' END AS slug
FROM (SELECT id, parent_id, slug(name) AS base, row_number() OVER (PARTITION BY slug(name) ORDER BY id) AS n
      FROM categories) named
