ALTER TABLE public.visits DROP COLUMN member_id;
