CREATE TABLE public.people (id bigint, name text, email text, age int);
CREATE TABLE public.visits (id bigint PRIMARY KEY, person_id bigint, note text);
INSERT INTO public.people
SELECT i, CASE WHEN i % 17 = 0 THEN NULL ELSE 'person number ' || i END, 'P' || i || '@Example.com',
       CASE WHEN i % 5 > 0 THEN 20 + i % 40 END
FROM generate_series(1, 120) i;
INSERT INTO public.visits SELECT i, 1 + i % 150, E'said "so",\n and left ' || i FROM generate_series(1, 200) i;
-- What is in the target already: one member to be changed, one to be left alone.
CREATE TABLE public.members (id bigint PRIMARY KEY, name text, email text, loaded_at timestamptz);
INSERT INTO public.members VALUES (1, 'an older name', 'old@example.com', '2020-01-01'), (100000, 'somebody else', NULL, NULL);
