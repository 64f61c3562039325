# Shared by the run-dropshipping scripts: the feeds beside a fixture, and the catalog against the oracle. Source it behind
# job.sh.
# shellcheck shell=bash disable=SC2034,SC2154

legacy_tables=(suppliers products product_variants orders)
tables=(supplier_catalogs pricing_rules suppliers products product_variants orders)
existing_tables=(supplier_catalogs)
catalog_columns="supplier_id, sku_key, sku, title, currency, cost_cents, margin_bps, price_cents, stock_quantity, lead_time_days,
                 product_variant_id, match_status"

# The two feeds, and what they mean, in $work/feeds.
feeds_with() { # ROWS SEED
    local file
    mkdir -p "$work/feeds"
    for file in north.csv south.csv feed_lines.sql; do
        "$fixtures" dropshipping "$file" --rows "$1" --seed "$2" >"$work/feeds/$file"
    done
}

fixture() { # ROWS SEED FIRST_ID
    feeds_with "$1" "$2"
    "$fixtures" dropshipping --no-schema --rows "$1" --seed "$2" --first-id "$3"
}

# Most of what is in a small fixture is dirt.
legacy_with() { # COMMAND…
    options=(--source "dir:$work/feeds" --max-rejects 100%)
    mkdir -p "$work/feeds"
    [ "$*" != "cat $nasty" ] || cp "${nasty%.sql}"/* "$work/feeds"
    database legacy empty_legacy
    "$@" | sql legacy
}

# The two rules that the job begins with; a script may have others.
oracle_rules() {
    printf "INSERT INTO target.pricing_rules VALUES (1, 'default margin', NULL, 0, NULL, 3000, 0, true), (2, 'cheap goods', NULL, 0, 2000, 5000, 10, true);"
}

oracle_files() { # DATABASE
    sql "$1" -f "$work/feeds/feed_lines.sql" -c "
        CREATE SCHEMA target
        CREATE TABLE pricing_rules (id bigint, name text, supplier_id bigint, min_cost_cents bigint, max_cost_cents bigint,
                                    margin_bps integer, priority integer, is_active boolean)"
    oracle_rules | sql "$1" >/dev/null
    sql "$1" -c 'ANALYZE feed_lines, target.pricing_rules'
}

compare_all() { # DATABASE
    compare "the catalog" "$1" "SELECT $catalog_columns FROM expected.supplier_catalogs" \
        "SELECT $catalog_columns FROM public.supplier_catalogs"
}
