-- The two feeds beside this file as they are meant, for the oracle.
CREATE TABLE public.feed_lines (file text, line bigint, supplier_id bigint, decimal_mark text, thousands_mark text, malformed boolean,
                                sku text, title text, cost text, currency text, stock text, lead_time text);
COPY public.feed_lines FROM stdin;
north.csv	2	1	,	.	f	AB-1	Lampe, groß	12,50	EUR	5	3
north.csv	3	1	,	.	f	ab-2	Stuhl; Eiche	20,00	eur	0	0
north.csv	4	1	,	.	f	AB-3	"Pro"	19,99	 Usd 	\N	\N
north.csv	5	1	,	.	f	TWIN	\N	1.234,50	EUR	7	1
north.csv	6	1	,	.	f	größe-6	\\.	0,00	EUR	7	1
north.csv	7	1	,	.	f	GRÖSSE-6	x	0,01	EUR	7	1
north.csv	8	1	,	.	f	straße-7	x	0,15	EUR	7	1
north.csv	9	1	,	.	f	nobody-has-it	   	19,995	EUR	7	1
north.csv	10	1	,	.	f	late	first	1,00	EUR	1	1
north.csv	11	1	,	.	f	 LATE 	second\nline	2,00	EUR	2	2
north.csv	13	1	,	.	f	NULL	NULL	3,00	EUR	1	1
north.csv	14	1	,	.	f	"a;b,c"	quotes	3,00	EUR	1	1
north.csv	15	1	,	.	f	\N	no sku	3,00	EUR	1	1
north.csv	16	1	,	.	f	  \t	blank sku	3,00	EUR	1	1
north.csv	17	1	,	.	f	zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz	just fits	3,00	EUR	1	1
north.csv	18	1	,	.	f	zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz	too long	3,00	EUR	1	1
north.csv	19	1	,	.	f	c-1	no cost	\N	EUR	1	1
north.csv	20	1	,	.	f	c-2	x	-0,01	EUR	1	1
north.csv	21	1	,	.	f	c-3	x	9.999.999.999,99	EUR	1	1
north.csv	22	1	,	.	f	c-4	x	10.000.000.000,00	EUR	1	1
north.csv	23	1	,	.	f	c-5	x	NaN	EUR	1	1
north.csv	24	1	,	.	f	c-6	x	12.50	EUR	1	1
north.csv	25	1	,	.	f	c-7	x	gratis	EUR	1	1
north.csv	26	1	,	.	f	w-1	no currency	1,00	\N	1	1
north.csv	27	1	,	.	f	w-2	x	1,00	EURO	1	1
north.csv	28	1	,	.	f	s-1	x	1,00	EUR	-1	1
north.csv	29	1	,	.	f	s-2	x	1,00	EUR	1,5	1
north.csv	30	1	,	.	f	s-3	x	1,00	EUR	2147483648	1
north.csv	31	1	,	.	f	s-4	x	1,00	EUR	2147483647	0
north.csv	32	1	,	.	f	l-1	x	1,00	EUR	1	-1
north.csv	33	1	,	.	f	l-2	x	1,00	EUR	1	2-3
north.csv	34	1	,	.	f	good, then bad	kept	1,00	EUR	1	1
north.csv	35	1	,	.	f	good, then bad	rejected		EUR	1	x
north.csv	36	1	,	.	t	x	too	many	fields	1	1
south.csv	2	2	.	,	f	ab-1	same SKU, another supplier	12.505	EUR	5	3
south.csv	3	2	.	,	f	iz-8	x	1	EUR	1	1
south.csv	4	2	.	,	f	İZ-8	x	2	EUR	1	1
south.csv	5	2	.	,	f	οδος	x	2.5	EUR	1	1
south.csv	6	2	.	,	f	ΟΔΟΣ	x	2.5	EUR	1	1
south.csv	7	2	.	,	f	👟 - 10	🎉	1,234.5	EUR	1	1
south.csv	8	2	.	,	f	é-11	decomposed	1	EUR	1	1
south.csv	9	2	.	,	f	É-11	composed	1	EUR	1	1
south.csv	10	2	.	,	f	\\.	\\.	1	EUR	1	1
south.csv	11	2	.	,	f	two\nlines	tab\there	1	EUR	1	1
south.csv	13	2	.	,	f	last	x	1	EUR	1	1
south.csv	14	2	.	,	f	T-1	=1+1	1000000.005	EUR	1	1
south.csv	15	2	.	,	t	x	too	many	fields	1	1
\.
