# Shared by the scripts that test the tenancy job: source it behind lib.sh or job.sh. $sheets is the folder of the
# organization's CSV exports, $zone its time zone.
# shellcheck shell=bash disable=SC2034,SC2154
sheet_names=(professionals students appointments credits)
legacy_tables=(users posts likes)
tables=(organizations users posts likes students professionals appointments roles user_roles credit_balances
    credit_transactions availability_rules time_slots)
zone=Europe/Berlin
now=2025-03-10T08:00:00Z

# The sheets of a generated organization; behind FIRST_ID 1 they are added to those that are there.
sheets_with() { # ROWS SEED FIRST_ID
    local sheet
    for sheet in "${sheet_names[@]}"; do
        [ "$3" != 1 ] || "$fixtures" tenancy "$sheet.csv" --schema-only >"$sheets/$sheet.csv"
        "$fixtures" tenancy "$sheet.csv" --no-schema --rows "$1" --seed "$2" --first-id "$3" >>"$sheets/$sheet.csv"
    done
}

# The sheets as text tables, in schema sheet. Lines that are no CSV are in a fixture's refused.txt: the oracle is without them.
sheets_into() { # DATABASE
    local sheet
    sql "$1" -f "$top/jobs/tenancy/tests/sheets.sql"
    for sheet in "${sheet_names[@]}"; do
        { if [ -f "$sheets/refused.txt" ]; then grep -vxFf "$sheets/refused.txt" "$sheets/$sheet.csv"; else cat "$sheets/$sheet.csv"; fi; } |
            sql "$1" -c "\\copy sheet.$sheet ($(head -n 1 "$sheets/$sheet.csv")) FROM pstdin CSV HEADER"
    done
}

# Schema expected against the organization's rows, which are named as the oracle names them. KEY: which column of users, posts
# and likes holds the legacy id.
compare_organization() { # DATABASE SUBDOMAIN KEY
    local target=$1 key=$3 own person
    own="organization_id = (SELECT id FROM organizations WHERE subdomain = '$2')"
    person="lower(btrim(u.email, E' \\t\\r\\n'))"
    compare users "$target" 'SELECT * FROM expected.users' \
        "SELECT CASE WHEN $key IN (SELECT legacy_id FROM expected.users) THEN $key END, email, name, image, username, uid, role, phone,
                first_name, last_name, created_at, updated_at FROM public.users WHERE $own"
    compare posts "$target" 'SELECT * FROM expected.posts' \
        "SELECT $key, post_id, hash_id, source, metadata::text, filename, created_at, updated_at FROM public.posts WHERE $own"
    compare likes "$target" 'SELECT * FROM expected.likes' \
        "SELECT l.$key AS legacy_id, u.$key AS user_id, p.$key AS post_id, l.created_at, l.updated_at
         FROM public.likes l JOIN public.users u ON u.id = l.user_id JOIN public.posts p ON p.id = l.post_id WHERE l.$own"
    compare "user roles" "$target" 'SELECT * FROM expected.user_roles' \
        "SELECT $person, r.name FROM public.user_roles x JOIN public.users u ON u.id = x.user_id JOIN public.roles r ON r.id = x.role_id
         WHERE x.$own"
    compare professionals "$target" 'SELECT * FROM expected.professionals' \
        "SELECT $person, legacy_ref, title, specialization, license_number, session_price_cents, currency, weekly_schedule
         FROM public.professionals p JOIN public.users u ON u.id = p.user_id WHERE p.$own"
    compare students "$target" 'SELECT * FROM expected.students' \
        "SELECT $person, legacy_ref, guardian_email FROM public.students s JOIN public.users u ON u.id = s.user_id WHERE s.$own"
    compare "availability rules" "$target" 'SELECT * FROM expected.availability_rules' \
        "SELECT $person, day_of_week, start_time, end_time
         FROM public.availability_rules r JOIN public.professionals p ON p.id = r.professional_id JOIN public.users u ON u.id = p.user_id
         WHERE r.$own AND r.active"
    compare appointments "$target" \
        'SELECT ref, professional, student, starts_at, duration_minutes, status, uses_credit FROM expected.appointments' \
        "SELECT a.legacy_ref, $person AS professional, (SELECT $person FROM public.users u WHERE u.id = s.user_id) AS student, a.starts_at, a.duration_minutes,
                a.status, a.uses_credit
         FROM public.appointments a JOIN public.professionals p ON p.id = a.professional_id JOIN public.users u ON u.id = p.user_id
         JOIN public.students s ON s.id = a.student_id WHERE a.$own"
    compare "time slots" "$target" 'SELECT * FROM expected.time_slots' \
        "SELECT $person, t.date, t.start_time, t.end_time, a.legacy_ref, t.available
         FROM public.time_slots t JOIN public.professionals p ON p.id = t.professional_id JOIN public.users u ON u.id = p.user_id
         LEFT JOIN public.appointments a ON a.id = t.appointment_id WHERE t.$own"
    compare "credit balances" "$target" 'SELECT * FROM expected.credit_balances' \
        "SELECT $person, balance, lifetime_purchased, lifetime_used
         FROM public.credit_balances b JOIN public.users u ON u.id = b.user_id WHERE b.$own"
    compare "credit transactions" "$target" 'SELECT * FROM expected.credit_transactions' \
        "SELECT t.legacy_ref AS ref, $person, a.legacy_ref AS appointment, t.amount, t.transaction_type, t.status, t.metadata, t.payment_method,
                t.payment_reference, t.price_cents, t.processed_at
         FROM public.credit_transactions t JOIN public.users u ON u.id = t.user_id LEFT JOIN public.appointments a ON a.id = t.appointment_id
         WHERE t.$own"
}
