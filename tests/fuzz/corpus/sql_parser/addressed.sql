-- An address without something@something, or with a blank inside, is no address.
-- drover: ephemeral
SELECT *,
       CASE WHEN email_given LIKE '_%@_%' AND email_given NOT LIKE '% %' THEN email_given END AS email
FROM contacts
