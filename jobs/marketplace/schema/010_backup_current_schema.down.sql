-- All later steps are taken back by now, and what they made with them.
SET LOCAL client_min_messages = warning;
DROP SCHEMA marketplace_steps CASCADE;
