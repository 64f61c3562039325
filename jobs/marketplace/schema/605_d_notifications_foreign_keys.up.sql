-- drover: phase=index when=:new_notification_system
-- Of the notification tables.
CALL marketplace_steps.add_foreign_keys('605_d_notifications_foreign_keys', ARRAY[
  ARRAY['notifications', 'user_id', 'users'],
  ARRAY['notification_preferences', 'user_id', 'users']]);
