/* Finding the function or operator that a call means, by PostgreSQL's rules (manual, "Type Conversion":
 * operators and functions), and making its node. */
#include "transform/functions.h"

#include "transform/aggregate.h"

#include <stdio.h>
#include <string.h>

static const struct dv_function_table *const function_tables[] = {
    &dv_functions_text,   &dv_functions_encode, &dv_functions_regex,  &dv_functions_array,
    &dv_functions_number, &dv_functions_math,   &dv_functions_json,   &dv_functions_jsonb,
    &dv_functions_time,   &dv_functions_clock,  &dv_functions_format, &dv_functions_number_format,
    &dv_functions_misc};
#define TABLE_COUNT (sizeof(function_tables) / sizeof(function_tables[0]))

#define CANDIDATES 96
#define ANY        100 /* in signatures: any type */
#define NONARRAY   101 /* any type but an array */
#define ANYARRAY   102
#define ARRAY_OF   128 /* or'ed to the element type: text[] */

struct candidate {
    const struct dv_function *function;
    uint8_t types[DV_CALL_ARGS];
    enum dv_type_id result;
};

static const struct {
    const char *name;
    uint8_t id;
} type_names[] = {{"bool", DV_TYPE_BOOL},
                  {"int2", DV_TYPE_INT2},
                  {"int4", DV_TYPE_INT4},
                  {"int8", DV_TYPE_INT8},
                  {"numeric", DV_TYPE_NUMERIC},
                  {"float4", DV_TYPE_FLOAT4},
                  {"float8", DV_TYPE_FLOAT8},
                  {"text", DV_TYPE_TEXT},
                  {"bpchar", DV_TYPE_BPCHAR},
                  {"uuid", DV_TYPE_UUID},
                  {"date", DV_TYPE_DATE},
                  {"time", DV_TYPE_TIME},
                  {"timestamp", DV_TYPE_TIMESTAMP},
                  {"timestamptz", DV_TYPE_TIMESTAMPTZ},
                  {"interval", DV_TYPE_INTERVAL},
                  {"json", DV_TYPE_JSON},
                  {"jsonb", DV_TYPE_JSONB},
                  {"bytea", DV_TYPE_BYTEA},
                  {"any", ANY},
                  {"nonarray", NONARRAY},
                  {"array", ANYARRAY},
                  {"other", DV_TYPE_OTHER}};

static uint8_t code_of(const struct dv_type *type)
{
    return (uint8_t)(type->id == DV_TYPE_ARRAY ? ARRAY_OF | (unsigned)type->element : (unsigned)type->id);
}

static struct dv_type type_of_code(unsigned code)
{
    struct dv_type type;
    if (code < DV_TYPE_COUNT)
        return dv_type_of((enum dv_type_id)code);
    type = dv_type_of(DV_TYPE_ARRAY);
    type.element = (enum dv_type_id)(code & ~(unsigned)ARRAY_OF);
    return type;
}

static uint8_t type_named(const char *name, size_t length)
{
    if (length > 2 && name[length - 1] == ']')
        return (uint8_t)(ARRAY_OF | type_named(name, length - 2));
    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
        if (strncmp(type_names[i].name, name, length) == 0 && type_names[i].name[length] == '\0')
            return type_names[i].id;
    return ANY;
}

/* The argument types of a call with `count` arguments by the signature; false: another number of arguments.
 */
static bool parse_signature(const char *signature, unsigned count, struct candidate *out)
{
    unsigned n = 0;
    bool rest = false;
    const char *at = signature, *result = strchr(signature, '>');
    while (at < result) {
        size_t length = strcspn(at, ",>");
        rest = length > 3 && strncmp(at + length - 3, "...", 3) == 0;
        if (rest) {
            uint8_t type = type_named(at, length - 3);
            while (n < count)
                out->types[n++] = type;
        } else if (n < count) {
            out->types[n++] = type_named(at, length);
        } else {
            return false;
        }
        at += length + (at[length] == ',');
    }
    out->result = (enum dv_type_id)type_named(result + 1, strlen(result + 1));
    return n == count;
}

static bool names_match(const char *entry, const char *name)
{
    if (strcmp(entry, name) == 0)
        return true;
    return strcmp(entry, "<=>") == 0 &&
           (strcmp(name, "=") == 0 || strcmp(name, "<>") == 0 || strcmp(name, "<") == 0 ||
            strcmp(name, "<=") == 0 || strcmp(name, ">") == 0 || strcmp(name, ">=") == 0);
}

static bool accepts(uint8_t wanted, const struct dv_type *type)
{
    struct dv_type to;
    if (type->id == DV_TYPE_UNKNOWN || wanted == ANY)
        return true;
    if (wanted == NONARRAY)
        return type->id != DV_TYPE_ARRAY;
    if (wanted == ANYARRAY)
        return type->id == DV_TYPE_ARRAY;
    if (wanted == DV_TYPE_OTHER)
        return type->id == DV_TYPE_OTHER;
    to = type_of_code(wanted);
    return dv_cast_exists(type, &to, DV_CAST_IMPLICIT);
}

static unsigned gather(const struct dv_function_table *const *tables, unsigned table_count, const char *name,
                       struct dv_expr **args, unsigned count, struct candidate *out)
{
    unsigned found = 0;
    for (unsigned t = 0; t < table_count; t++) {
        for (unsigned e = 0; e < tables[t]->count && found < CANDIDATES; e++) {
            const struct dv_function *function = &tables[t]->entries[e];
            bool fits = function->signature != NULL && names_match(function->name, name) &&
                        parse_signature(function->signature, count, &out[found]);
            for (unsigned i = 0; fits && i < count; i++)
                fits = accepts(out[found].types[i], &args[i]->type);
            if (fits)
                out[found++].function = function;
        }
    }
    return found;
}

static bool all_match(const struct candidate *candidate, const uint8_t *types, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (candidate->types[i] != types[i])
            return false;
    return true;
}

/* Keeps the candidates with the most arguments that match exactly (or, with preferred, are of a preferred
 * type). */
static unsigned keep_best(struct candidate *list, unsigned n, struct dv_expr **args, unsigned count,
                          bool preferred)
{
    unsigned best = 0, kept = 0;
    for (unsigned c = 0; c < n; c++) {
        unsigned matches = 0;
        for (unsigned i = 0; i < count; i++) {
            enum dv_type_id type = args[i]->type.id;
            if (type == DV_TYPE_UNKNOWN)
                continue;
            if (list[c].types[i] == code_of(&args[i]->type) ||
                (preferred && list[c].types[i] < DV_TYPE_COUNT &&
                 dv_type_preferred((enum dv_type_id)list[c].types[i]) &&
                 dv_type_category((enum dv_type_id)list[c].types[i]) == dv_type_category(type)))
                matches++;
        }
        if (matches > best) {
            best = matches;
            kept = 0;
        }
        if (matches == best)
            list[kept++] = list[c];
    }
    return kept;
}

static char category(uint8_t type)
{
    return type < DV_TYPE_COUNT ? dv_type_category((enum dv_type_id)type) : type >= ARRAY_OF ? 'A' : 'P';
}

/* For untyped literals: the category that the candidates agree on, or string where any takes one. */
static unsigned keep_categories(struct candidate *list, unsigned n, struct dv_expr **args, unsigned count)
{
    char wanted[DV_CALL_ARGS];
    bool has_preferred[DV_CALL_ARGS];
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        bool conflict = false;
        wanted[i] = '\0';
        has_preferred[i] = false;
        if (args[i]->type.id != DV_TYPE_UNKNOWN)
            continue;
        for (unsigned c = 0; c < n; c++) {
            char now = category(list[c].types[i]);
            bool preferred =
                list[c].types[i] < DV_TYPE_COUNT && dv_type_preferred((enum dv_type_id)list[c].types[i]);
            if (wanted[i] == '\0' || (now == 'S' && wanted[i] != 'S')) {
                conflict = conflict || wanted[i] != '\0';
                wanted[i] = now;
                has_preferred[i] = preferred;
            } else if (now == wanted[i]) {
                has_preferred[i] = has_preferred[i] || preferred;
            } else {
                conflict = true;
            }
        }
        if (conflict && wanted[i] != 'S')
            return n;
    }
    for (unsigned c = 0; c < n; c++) {
        bool keep = true;
        for (unsigned i = 0; keep && i < count; i++) {
            if (wanted[i] == '\0')
                continue;
            keep = category(list[c].types[i]) == wanted[i] &&
                   (!has_preferred[i] || (list[c].types[i] < DV_TYPE_COUNT &&
                                          dv_type_preferred((enum dv_type_id)list[c].types[i])));
        }
        if (keep)
            kept++;
    }
    if (kept == 0)
        return n;
    kept = 0;
    for (unsigned c = 0; c < n; c++) {
        bool keep = true;
        for (unsigned i = 0; keep && i < count; i++)
            keep = wanted[i] == '\0' ||
                   (category(list[c].types[i]) == wanted[i] &&
                    (!has_preferred[i] || (list[c].types[i] < DV_TYPE_COUNT &&
                                           dv_type_preferred((enum dv_type_id)list[c].types[i]))));
        if (keep)
            list[kept++] = list[c];
    }
    return kept;
}

/* The last resort: literals are of the one type that all other arguments have. */
static unsigned keep_same(struct candidate *list, unsigned n, struct dv_expr **args, unsigned count)
{
    const struct dv_type *known = NULL;
    unsigned matches = 0, last = 0;
    for (unsigned i = 0; i < count; i++) {
        if (args[i]->type.id == DV_TYPE_UNKNOWN)
            continue;
        if (known != NULL && known->id != args[i]->type.id)
            return n;
        known = &args[i]->type;
    }
    if (known == NULL)
        return n;
    for (unsigned c = 0; c < n; c++) {
        bool all = true;
        for (unsigned i = 0; all && i < count; i++)
            all = accepts(list[c].types[i], known);
        if (all) {
            matches++;
            last = c;
        }
    }
    if (matches != 1)
        return n;
    list[0] = list[last];
    return 1;
}

static unsigned exact_match(struct candidate *list, unsigned n, struct dv_expr **args, unsigned count,
                            bool as_operator)
{
    uint8_t types[DV_CALL_ARGS];
    for (unsigned i = 0; i < count; i++)
        types[i] = code_of(&args[i]->type);
    if (as_operator && count == 2) {
        if (types[0] == DV_TYPE_UNKNOWN)
            types[0] = types[1];
        else if (types[1] == DV_TYPE_UNKNOWN)
            types[1] = types[0];
    }
    for (unsigned c = 0; c < n; c++) {
        if (all_match(&list[c], types, count)) {
            list[0] = list[c];
            return 1;
        }
    }
    return n;
}

static enum dv_resolution resolve(struct candidate *list, unsigned n, struct dv_expr **args, unsigned count,
                                  bool as_operator)
{
    if (n == 0)
        return DV_RESOLVE_NONE;
    n = exact_match(list, n, args, count, as_operator);
    if (n > 1)
        n = keep_best(list, n, args, count, false);
    if (n > 1)
        n = keep_best(list, n, args, count, true);
    if (n > 1)
        n = keep_categories(list, n, args, count);
    if (n > 1)
        n = keep_same(list, n, args, count);
    return n == 1 ? DV_RESOLVED : DV_RESOLVE_AMBIGUOUS;
}

enum dv_resolution dv_function_resolve(const struct dv_function_table *const *tables, unsigned table_count,
                                       const char *name, struct dv_expr **args, unsigned count,
                                       bool as_operator, const struct dv_function **found,
                                       enum dv_type_id *types, enum dv_type_id *result)
{
    struct candidate list[CANDIDATES];
    enum dv_resolution resolution;
    if (count > DV_CALL_ARGS)
        return DV_RESOLVE_NONE;
    resolution =
        resolve(list, gather(tables, table_count, name, args, count, list), args, count, as_operator);
    if (resolution != DV_RESOLVED)
        return resolution;
    *found = list[0].function;
    *result = list[0].result;
    for (unsigned i = 0; i < count; i++) {
        if ((list[0].types[i] < DV_TYPE_COUNT && list[0].types[i] != DV_TYPE_OTHER) ||
            list[0].types[i] >= ARRAY_OF)
            types[i] = (enum dv_type_id)list[0].types[i];
        else
            types[i] = DV_TYPE_UNKNOWN; /* stays what it is */
    }
    return DV_RESOLVED;
}

enum dv_status dv_function_make(struct dv_binder *binder, const struct dv_function *function,
                                const enum dv_type_id *types, enum dv_type_id result, struct dv_expr **args,
                                unsigned count, const void *data, int line, int column, struct dv_expr **out,
                                struct dv_err *err)
{
    struct dv_type type =
        result < DV_TYPE_COUNT || result >= ARRAY_OF ? type_of_code(result) : dv_type_of(DV_TYPE_TEXT);
    enum dv_status status;
    struct dv_call *call;
    for (unsigned i = 0; i < count; i++) {
        struct dv_type to = type_of_code(types[i]);
        if (types[i] == DV_TYPE_UNKNOWN)
            status = dv_known(binder, &args[i], err);
        else if (code_of(&args[i]->type) == (uint8_t)types[i])
            continue;
        else
            status = dv_cast(binder, args[i], &to, DV_CAST_IMPLICIT, args[i]->line, args[i]->column, &args[i],
                             err);
        if (status != DV_OK)
            return status;
    }
    status = dv_node_call(binder, line, column, function->eval, (function->flags & DV_FN_NULLS) == 0, &type,
                          args, count, data, out, err);
    if (status != DV_OK)
        return status;
    call = (struct dv_call *)*out;
    call->stable = (function->flags & DV_FN_STABLE) != 0;
    if (function->bind != NULL) {
        status = function->bind(binder, call, err);
        if (status != DV_OK)
            return status;
    }
    return dv_node_fold(binder, out, err);
}

/* ---- calls --------------------------------------------------------------------------------------------- */

/* Functions that PostgreSQL has and drover leaves out, with what to write instead. */
static const char *const left_out[][2] = {
    {"regexp_matches", "write regexp_match for the first match, regexp_count, or regexp_split_to_array"},
    {"regexp_split_to_table", "write unnest(regexp_split_to_array(...)) in FROM"},
    {"random", "a model gives the same rows whenever it runs; use uuid5 for made-up keys"},
    {"setseed", "a model gives the same rows whenever it runs"},
    {"gen_random_uuid", "a model gives the same rows whenever it runs; use uuid5('namespace', key)"},
    {"uuid_generate_v4", "a model gives the same rows whenever it runs; use uuid5('namespace', key)"},
    {"uuid_generate_v5", "write uuid5('namespace', name)"},
    {"clock_timestamp", "use now(), the run's own clock"},
    {"statement_timestamp", "use now(), the run's own clock"},
    {"timeofday", "use now()::text, the run's own clock"},
    {"nextval", "let the target's default fill the column, or make a key with uuid5 or row_number()"},
    {"row_to_json", "name the columns: json_build_object('a', a, 'b', b)"},
    {"jsonb_path_query", "take members by -> and ->>, elements by jsonb_array_elements in FROM"},
    {"jsonb_path_query_first", "take members by -> and ->>, or #> with a path"},
    {"jsonb_path_query_array", "unnest with jsonb_array_elements in FROM, then jsonb_agg"},
    {"jsonb_path_exists", "write @>, ? or a comparison of what #>> gives"},
    {"jsonb_path_match", "compare what #>> gives"},
    {"jsonb_populate_record", "take the members one by one: (j->>'a')::integer"},
    {"jsonb_to_record", "take the members one by one: (j->>'a')::integer"},
    {"jsonb_set_lax", "write jsonb_set, or jsonb_strip_nulls over it"},
    {"json_populate_record", "take the members one by one: (j->>'a')::integer"},
    {"mode", "group by the value, count, and take the first"},
    {"percentile_cont", "number the rows with row_number() and take the middle"},
    {"percentile_disc", "number the rows with row_number() and take the middle"},
    {"to_tsvector", "full-text search is for the target; store the text"},
    {"similarity", "compare normalized text, or slugs"},
    {"unaccent", "write slug, or normalize and regexp_replace"},
    {"iif", "write CASE WHEN ... THEN ... ELSE ... END"},
    {"ifnull", "write coalesce"},
    {"isnull", "write x IS NULL, or coalesce"},
    {"nvl", "write coalesce"},
    {"if", "write CASE WHEN ... THEN ... ELSE ... END"},
    {"len", "write length"},
    {"instr", "write strpos"},
    {"getdate", "write now()"},
    {"group_concat", "write string_agg(x, ',' ORDER BY y)"},
    {"listagg", "write string_agg(x, ',' ORDER BY y)"},
    {"str_to_date", "write to_date(text, 'YYYY-MM-DD')"},
    {"date_format", "write to_char(time, 'YYYY-MM-DD')"},
    {"datediff", "subtract: date - date, or timestamp - timestamp"},
    {"dateadd", "add an interval: time + interval '1 day'"},
    {"year", "write extract(year from x)"},
    {"month", "write extract(month from x)"}};

static enum dv_status unknown_function(struct dv_binder *binder, const struct dv_ast *ast,
                                       struct dv_expr **args, unsigned count, bool ambiguous,
                                       struct dv_err *err)
{
    char list[512] = "";
    const char *nearest = NULL;
    unsigned best = 99;
    bool name_known = false;
    size_t used = 0;
    for (unsigned i = 0; i < count && used < sizeof(list); i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
                                 dv_type_text(binder, &args[i]->type));
    for (unsigned t = 0; t < TABLE_COUNT; t++) {
        for (unsigned e = 0; e < function_tables[t]->count; e++) {
            unsigned far = dv_name_distance(function_tables[t]->entries[e].name, ast->text);
            name_known = name_known || far == 0;
            if (far < best) {
                best = far;
                nearest = function_tables[t]->entries[e].name;
            }
        }
    }
    (void)dv_bind_fail(binder, ast->line, ast->column, ambiguous ? "42725" : "42883", err,
                       "function %s(%s) %s", ast->text, list, ambiguous ? "is not unique" : "does not exist");
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
        if (strcmp(left_out[i][0], ast->text) == 0) {
            dv_err_hint(err, "drover does not have %s: %s.", ast->text, left_out[i][1]);
            return DV_FAILED;
        }
    }
    if (name_known)
        dv_err_hint(err,
                    "No function of that name takes these types. You might need to add explicit type casts.");
    else if (nearest != NULL && best <= 1 + strlen(ast->text) / 3)
        dv_err_hint(err, "Perhaps you meant %s; docs/sql.md lists the functions that there are.", nearest);
    else
        dv_err_hint(err, "docs/sql.md lists the functions that there are.");
    return DV_FAILED;
}

enum dv_status dv_bind_call(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                            struct dv_expr **out, struct dv_err *err)
{
    const struct dv_function *found = NULL;
    enum dv_type_id types[DV_CALL_ARGS], result = DV_TYPE_UNKNOWN;
    enum dv_resolution resolution;
    unsigned count = ast->arg_count;
    for (unsigned t = 0; t < TABLE_COUNT; t++)
        for (unsigned e = 0; e < function_tables[t]->count; e++)
            if (function_tables[t]->entries[e].special != NULL &&
                strcmp(function_tables[t]->entries[e].name, ast->text) == 0)
                return function_tables[t]->entries[e].special(binder, ast, args, count, out, err);
    resolution = dv_function_resolve(function_tables, TABLE_COUNT, ast->text, args, count, false, &found,
                                     types, &result);
    if (resolution != DV_RESOLVED)
        return unknown_function(binder, ast, args, count, resolution == DV_RESOLVE_AMBIGUOUS, err);
    return dv_function_make(binder, found, types, result, args, count, NULL, ast->line, ast->column, out,
                            err);
}
