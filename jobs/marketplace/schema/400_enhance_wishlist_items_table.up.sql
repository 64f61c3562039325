-- drover: phase=expand
-- Wishlist items: notes, priority, prices.
CALL marketplace_steps.add_columns('400_enhance_wishlist_items_table', 'wishlist_items',
  'notes text',
  'priority integer NOT NULL DEFAULT 0',
  'price_when_added numeric(10,2)',
  'current_price numeric(10,2)',
  'price_drop_notified boolean NOT NULL DEFAULT false');
