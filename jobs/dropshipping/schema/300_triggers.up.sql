-- drover: phase=index
-- From here on updated_at follows every change of five tables. Last of all, so that the load does not fire them.
CREATE OR REPLACE FUNCTION public.dropshipping_touch() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
$function$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$function$;
COMMENT ON FUNCTION public.dropshipping_touch() IS 'Sets updated_at of a row that changes. (made by drover: dropshipping)';

DO $step$
DECLARE
  relation text;
BEGIN
  FOREACH relation IN ARRAY ARRAY['inventory_sources', 'fulfillment_inventory', 'supplier_catalogs', 'supplier_orders', 'pricing_rules'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE UPDATE ON public.%I FOR EACH ROW EXECUTE FUNCTION public.dropshipping_touch()',
                   'touch_' || relation, relation);
    EXECUTE format('COMMENT ON TRIGGER %I ON public.%I IS %L', 'touch_' || relation, relation, '(made by drover: dropshipping)');
  END LOOP;
END
$step$;
