-- The crosswalk: which student a ref of students.csv is.
SELECT r.ref, s.id AS student_id, s.user_id
FROM student_rows r
JOIN students s ON s.email = r.email
