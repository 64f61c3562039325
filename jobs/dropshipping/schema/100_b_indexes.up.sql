-- drover: phase=index
-- drover: changes=public.suppliers
-- Indexes of suppliers and of the tables that are not loaded. One that is there already under its name must be the same; the
-- definitions are written as the server prints them.
DO $step$
DECLARE
  wanted record;
  found text;
  differences text[] := '{}';
BEGIN
  FOR wanted IN
    SELECT definition, substring(definition FROM 'INDEX (\w+) ON') AS name
    FROM (VALUES
      ('CREATE INDEX idx_suppliers_integration_method ON public.suppliers USING btree (integration_method)'),
      ('CREATE INDEX idx_suppliers_integration_status ON public.suppliers USING btree (integration_status)'),
      ('CREATE INDEX idx_suppliers_feed_schedule ON public.suppliers USING btree (feed_schedule, last_feed_at) WHERE (feed_url IS NOT NULL)'),
      ('CREATE INDEX idx_suppliers_order_email ON public.suppliers USING btree (lower(order_email)) WHERE (order_email IS NOT NULL)'),
      ('CREATE INDEX idx_inventory_sources_product_variant_id ON public.inventory_sources USING btree (product_variant_id, priority)'),
      ('CREATE INDEX idx_inventory_sources_supplier_id_sku_key ON public.inventory_sources USING btree (supplier_id, sku_key)'),
      ('CREATE INDEX idx_inventory_sources_source_type ON public.inventory_sources USING btree (source_type)'),
      ('CREATE INDEX idx_inventory_sources_active ON public.inventory_sources USING btree (product_variant_id, priority) WHERE is_active'),
      ('CREATE UNIQUE INDEX idx_inventory_sources_warehouse ON public.inventory_sources USING btree (product_variant_id, warehouse_code) WHERE (warehouse_code IS NOT NULL)'),
      ('CREATE UNIQUE INDEX idx_inventory_sources_offer ON public.inventory_sources USING btree (product_variant_id, supplier_id, sku_key) WHERE (supplier_id IS NOT NULL)'),
      ('CREATE INDEX idx_inventory_sources_updated_at ON public.inventory_sources USING btree (updated_at)'),
      ('CREATE UNIQUE INDEX idx_fulfillment_inventory_place ON public.fulfillment_inventory USING btree (warehouse_code, product_variant_id)'),
      ('CREATE INDEX idx_fulfillment_inventory_product_variant_id ON public.fulfillment_inventory USING btree (product_variant_id)'),
      ('CREATE INDEX idx_fulfillment_inventory_inventory_source_id ON public.fulfillment_inventory USING btree (inventory_source_id)'),
      ('CREATE INDEX idx_fulfillment_inventory_available ON public.fulfillment_inventory USING btree (product_variant_id) WHERE (quantity_available > 0)'),
      ('CREATE INDEX idx_fulfillment_inventory_reorder ON public.fulfillment_inventory USING btree (warehouse_code) WHERE (quantity_available <= reorder_point)'),
      ('CREATE INDEX idx_fulfillment_inventory_counted_at ON public.fulfillment_inventory USING btree (counted_at)'),
      ('CREATE INDEX idx_supplier_orders_order_id ON public.supplier_orders USING btree (order_id)'),
      ('CREATE INDEX idx_supplier_orders_supplier_id ON public.supplier_orders USING btree (supplier_id, status)'),
      ('CREATE UNIQUE INDEX idx_supplier_orders_once ON public.supplier_orders USING btree (order_id, supplier_id) WHERE (status <> ALL (ARRAY[''cancelled''::text, ''failed''::text]))'),
      ('CREATE UNIQUE INDEX idx_supplier_orders_reference ON public.supplier_orders USING btree (supplier_id, supplier_reference) WHERE (supplier_reference IS NOT NULL)'),
      ('CREATE INDEX idx_supplier_orders_tracking_number ON public.supplier_orders USING btree (tracking_number) WHERE (tracking_number IS NOT NULL)'),
      ('CREATE INDEX idx_supplier_orders_pending ON public.supplier_orders USING btree (created_at) WHERE (status = ''pending''::text)'),
      ('CREATE INDEX idx_supplier_orders_unconfirmed ON public.supplier_orders USING btree (sent_at) WHERE (status = ''sent''::text)'),
      ('CREATE INDEX idx_supplier_orders_under_way ON public.supplier_orders USING btree (shipped_at) WHERE (status = ''shipped''::text)'),
      ('CREATE INDEX idx_supplier_orders_failed ON public.supplier_orders USING btree (updated_at) WHERE (status = ''failed''::text)'),
      ('CREATE INDEX idx_supplier_orders_created_at ON public.supplier_orders USING btree (created_at)'),
      ('CREATE INDEX idx_supplier_order_items_supplier_order_id ON public.supplier_order_items USING btree (supplier_order_id)'),
      ('CREATE INDEX idx_supplier_order_items_product_variant_id ON public.supplier_order_items USING btree (product_variant_id)'),
      ('CREATE UNIQUE INDEX idx_supplier_order_items_line ON public.supplier_order_items USING btree (supplier_order_id, sku)'),
      ('CREATE INDEX idx_supplier_order_items_sku ON public.supplier_order_items USING btree (sku)'),
      ('CREATE UNIQUE INDEX idx_pricing_rules_name ON public.pricing_rules USING btree (name)'),
      ('CREATE INDEX idx_pricing_rules_supplier_id ON public.pricing_rules USING btree (supplier_id)'),
      ('CREATE INDEX idx_pricing_rules_priority ON public.pricing_rules USING btree (priority DESC, id) WHERE is_active'),
      ('CREATE INDEX idx_pricing_rules_band ON public.pricing_rules USING btree (min_cost_cents, max_cost_cents) WHERE is_active'),
      ('CREATE UNIQUE INDEX idx_supplier_performance_period ON public.supplier_performance USING btree (supplier_id, period_start)'),
      ('CREATE INDEX idx_supplier_performance_period_start ON public.supplier_performance USING btree (period_start, supplier_id)'),
      ('CREATE INDEX idx_supplier_performance_rating ON public.supplier_performance USING btree (rating_bps DESC, supplier_id)'),
      ('CREATE INDEX idx_supplier_performance_calculated_at ON public.supplier_performance USING btree (calculated_at)')
    ) AS v(definition)
  LOOP
    SELECT pg_get_indexdef(to_regclass('public.' || wanted.name)) INTO found;
    IF found IS NULL THEN
      EXECUTE wanted.definition;
      EXECUTE format('COMMENT ON INDEX public.%I IS %L', wanted.name, '(made by drover: dropshipping)');
    ELSIF found <> wanted.definition THEN
      differences := differences || format('%s, wanted: %s', found, wanted.definition);
    END IF;
  END LOOP;
  IF differences <> '{}' THEN
    RAISE EXCEPTION 'indexes are there already, but not as this job makes them: %', array_to_string(differences, '; ')
      USING HINT = 'Rename or drop them, then run again.';
  END IF;
END
$step$;
