-- drover: phase=index
-- drover: references=public.suppliers, references=public.product_variants, references=public.orders
-- Every foreign key, not yet validated: that takes a moment, and new rows are checked from here on. None cascades: what has
-- been ordered or stocked is not deleted by accident. A key that refers to the same columns already is left as it is.
DO $step$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT relation, relation || '_' || name || '_fkey' AS name, definition
    FROM (VALUES
      ('supplier_catalogs',     'supplier_id',         'FOREIGN KEY (supplier_id) REFERENCES suppliers(id)'),
      ('supplier_catalogs',     'product_variant_id',  'FOREIGN KEY (product_variant_id) REFERENCES product_variants(id)'),
      ('inventory_sources',     'product_variant_id',  'FOREIGN KEY (product_variant_id) REFERENCES product_variants(id)'),
      ('inventory_sources',     'supplier_id_sku_key', 'FOREIGN KEY (supplier_id, sku_key) REFERENCES supplier_catalogs(supplier_id, sku_key)'),
      ('fulfillment_inventory', 'inventory_source_id', 'FOREIGN KEY (inventory_source_id) REFERENCES inventory_sources(id)'),
      ('fulfillment_inventory', 'product_variant_id',  'FOREIGN KEY (product_variant_id) REFERENCES product_variants(id)'),
      ('supplier_orders',       'order_id',            'FOREIGN KEY (order_id) REFERENCES orders(id)'),
      ('supplier_orders',       'supplier_id',         'FOREIGN KEY (supplier_id) REFERENCES suppliers(id)'),
      ('supplier_order_items',  'supplier_order_id',   'FOREIGN KEY (supplier_order_id) REFERENCES supplier_orders(id)'),
      ('supplier_order_items',  'product_variant_id',  'FOREIGN KEY (product_variant_id) REFERENCES product_variants(id)'),
      ('pricing_rules',         'supplier_id',         'FOREIGN KEY (supplier_id) REFERENCES suppliers(id)'),
      ('supplier_performance',  'supplier_id',         'FOREIGN KEY (supplier_id) REFERENCES suppliers(id)')
    ) AS v(relation, name, definition)
    WHERE NOT EXISTS (SELECT FROM pg_constraint
                      WHERE conrelid = to_regclass('public.' || relation) AND contype = 'f'
                        AND replace(replace(pg_get_constraintdef(oid), ' NOT VALID', ''), 'public.', '') = definition)
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I %s NOT VALID', wanted.relation, wanted.name,
                   replace(wanted.definition, 'REFERENCES ', 'REFERENCES public.'));
    EXECUTE format('COMMENT ON CONSTRAINT %I ON public.%I IS %L', wanted.name, wanted.relation, '(made by drover: dropshipping)');
  END LOOP;
END
$step$;
