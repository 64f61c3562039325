-- drover: phase=index
-- From here on updated_at follows every change of five tables. Last of all, so that the load does not fire them. A trigger
-- that is there already under its name must be the same.
DO $step$
DECLARE
  made constant text := '(made by drover: dropshipping)';
  wanted record;
  found text;
  differences text[] := '{}';
BEGIN
  IF to_regprocedure('public.dropshipping_touch()') IS NULL THEN
    CREATE FUNCTION public.dropshipping_touch() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
    $function$
    BEGIN
      NEW.updated_at := now();
      RETURN NEW;
    END
    $function$;
    EXECUTE format('COMMENT ON FUNCTION public.dropshipping_touch() IS %L', 'Sets updated_at of a row that changes. ' || made);
  END IF;
  FOR wanted IN
    SELECT relation, 'touch_' || relation AS name,
           format('CREATE TRIGGER touch_%1$s BEFORE UPDATE ON public.%1$s FOR EACH ROW EXECUTE FUNCTION public.dropshipping_touch()',
                  relation) AS definition
    FROM unnest(ARRAY['inventory_sources', 'fulfillment_inventory', 'supplier_catalogs', 'supplier_orders', 'pricing_rules']) AS relation
  LOOP
    SELECT pg_get_triggerdef(oid) INTO found
    FROM pg_trigger
    WHERE tgrelid = to_regclass('public.' || wanted.relation) AND tgname = wanted.name;
    IF found IS NULL THEN
      EXECUTE wanted.definition;
      EXECUTE format('COMMENT ON TRIGGER %I ON public.%I IS %L', wanted.name, wanted.relation, made);
    ELSIF replace(found, 'FUNCTION dropshipping', 'FUNCTION public.dropshipping') <> wanted.definition THEN
      differences := differences || format('%s, wanted: %s', found, wanted.definition);
    END IF;
  END LOOP;
  IF differences <> '{}' THEN
    RAISE EXCEPTION 'triggers are there already, but not as this job makes them: %', array_to_string(differences, '; ')
      USING HINT = 'Rename or drop them, then run again.';
  END IF;
END
$step$;
