DROP TRIGGER IF EXISTS product_status_added ON public.products;
DROP TRIGGER IF EXISTS product_status_changed ON public.products;
DROP TRIGGER IF EXISTS order_status_added ON public.orders;
DROP TRIGGER IF EXISTS order_status_changed ON public.orders;
DROP FUNCTION marketplace_steps.product_status_in_words();
DROP FUNCTION marketplace_steps.order_status_in_words();
