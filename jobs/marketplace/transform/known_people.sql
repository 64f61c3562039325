-- One user an email: the smallest id, where there are several.
SELECT DISTINCT ON (email) email, id, role
FROM accounts
ORDER BY email, id
