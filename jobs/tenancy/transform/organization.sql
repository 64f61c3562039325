-- The organization: the one that has the subdomain already, with what it says of itself, else a new one.
-- alone: the target holds no other.
WITH listed AS (
  SELECT *, subdomain = lower(btrim(:organization_subdomain)) AS wanted FROM known_organizations
)
SELECT coalesce(min(id) FILTER (WHERE wanted), coalesce(max(id), 0) + 1) AS id,
       coalesce(min(name) FILTER (WHERE wanted), btrim(:organization_name)) AS name,
       -- What is none stops the check, and so the run, with these words.
       CASE WHEN lower(btrim(:organization_subdomain)) ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' THEN lower(btrim(:organization_subdomain))
            ELSE ('organization_subdomain is no subdomain: ' || :organization_subdomain)::integer::text END AS subdomain,
       coalesce(min(timezone) FILTER (WHERE wanted), :timezone) AS timezone,
       coalesce(min(created_at) FILTER (WHERE wanted), :now) AS created_at,
       coalesce(min(updated_at) FILTER (WHERE wanted), :now) AS updated_at,
       (:now AT TIME ZONE :timezone)::date AS today,
       count(*) FILTER (WHERE NOT wanted) = 0 AS alone
FROM listed
