-- Whether anything was loaded.
SELECT 'member', m.* FROM public.members m ORDER BY m.id;
SELECT to_regclass('public.notes') IS NOT NULL AS made, to_regclass('drover.ledger') IS NOT NULL AS ledger \gset
\if :made
SELECT 'rows', (SELECT count(*) FROM public.ages) + (SELECT count(*) FROM public.notes) + (SELECT count(member_id) FROM public.visits);
\else
SELECT 'rows', 0;
\endif
\if :ledger
SELECT 'parts', count(*) FROM drover.ledger;
\else
SELECT 'parts', 0;
\endif
