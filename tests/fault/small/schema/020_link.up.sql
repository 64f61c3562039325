-- drover: phase=expand
ALTER TABLE public.visits ADD COLUMN member_id bigint;
