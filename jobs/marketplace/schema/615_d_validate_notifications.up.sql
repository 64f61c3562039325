-- drover: phase=index when=:new_notification_system
-- Validates the foreign keys and checks of the notification tables; readers and writers go on meanwhile.
CALL marketplace_steps.validate('notifications');
CALL marketplace_steps.validate('notification_preferences');
