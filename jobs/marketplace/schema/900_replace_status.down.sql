ALTER TABLE public.products DROP CONSTRAINT products_status_required;
ALTER TABLE public.products RENAME COLUMN status TO status_name;
ALTER TABLE public.products RENAME COLUMN status_number TO status;
UPDATE public.products SET status = array_position(ARRAY['pending', 'approved', 'rejected', 'archived'], status_name) - 1
WHERE status_name IS NOT NULL
  AND status IS DISTINCT FROM array_position(ARRAY['pending', 'approved', 'rejected', 'archived'], status_name) - 1;
ALTER TABLE public.products ALTER COLUMN status SET NOT NULL;
ALTER TABLE public.orders DROP CONSTRAINT orders_status_required;
ALTER TABLE public.orders RENAME COLUMN status TO status_name;
ALTER TABLE public.orders RENAME COLUMN status_number TO status;
UPDATE public.orders
SET status = array_position(ARRAY['pending', 'paid', 'packed', 'shipped', 'delivered', 'cancelled'], status_name) - 1
WHERE status_name IS NOT NULL
  AND status IS DISTINCT FROM array_position(ARRAY['pending', 'paid', 'packed', 'shipped', 'delivered', 'cancelled'], status_name) - 1;
ALTER TABLE public.orders ALTER COLUMN status SET NOT NULL;
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
