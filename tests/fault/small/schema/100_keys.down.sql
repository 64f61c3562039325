ALTER TABLE public.notes DROP CONSTRAINT notes_pkey;
ALTER TABLE public.ages DROP CONSTRAINT ages_pkey;
