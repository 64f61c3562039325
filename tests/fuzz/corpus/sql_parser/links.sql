-- The crosswalk, and the link that bookings.user_id holds; NULL where the booking has no address.
SELECT booking_id, user_id
FROM linked_bookings
