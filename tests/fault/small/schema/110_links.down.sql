DROP INDEX IF EXISTS public.visits_member;
