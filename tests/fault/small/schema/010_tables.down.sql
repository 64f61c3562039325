DROP TABLE public.notes;
DROP TABLE public.ages;
