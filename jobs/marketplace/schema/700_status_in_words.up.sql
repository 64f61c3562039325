-- drover: phase=index
-- As long as the application writes the numbers, status_name follows them; a number that has no word leaves it NULL.
-- drover's own sessions write the words themselves.
CREATE FUNCTION marketplace_steps.product_status_in_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.status_name := ('[0:3]={pending,approved,rejected,archived}'::text[])[NEW.status];
  IF TG_OP = 'UPDATE' THEN
    NEW.status_changed_at := now();
  END IF;
  RETURN NEW;
END
$$;

CREATE FUNCTION marketplace_steps.order_status_in_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.status_name := ('[0:5]={pending,paid,packed,shipped,delivered,cancelled}'::text[])[NEW.status];
  IF TG_OP = 'UPDATE' THEN
    NEW.status_updated_at := now();
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER product_status_added BEFORE INSERT ON public.products FOR EACH ROW
  WHEN (coalesce(current_setting('drover.run', true), '') = '')
  EXECUTE FUNCTION marketplace_steps.product_status_in_words();
CREATE TRIGGER product_status_changed BEFORE UPDATE OF status ON public.products FOR EACH ROW
  WHEN (OLD.status <> NEW.status AND coalesce(current_setting('drover.run', true), '') = '')
  EXECUTE FUNCTION marketplace_steps.product_status_in_words();
CREATE TRIGGER order_status_added BEFORE INSERT ON public.orders FOR EACH ROW
  WHEN (coalesce(current_setting('drover.run', true), '') = '')
  EXECUTE FUNCTION marketplace_steps.order_status_in_words();
CREATE TRIGGER order_status_changed BEFORE UPDATE OF status ON public.orders FOR EACH ROW
  WHEN (OLD.status <> NEW.status AND coalesce(current_setting('drover.run', true), '') = '')
  EXECUTE FUNCTION marketplace_steps.order_status_in_words();
