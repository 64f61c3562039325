-- drover: phase=index
ALTER TABLE public.ages ADD PRIMARY KEY (age);
ALTER TABLE public.notes ADD PRIMARY KEY (id);
