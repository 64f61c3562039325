-- drover: phase=expand
-- Cart items: the price when they were put in.
CALL marketplace_steps.add_columns('410_enhance_cart_items_table', 'cart_items',
  'price_when_added numeric(10,2)');
