/* Expressions judged by PostgreSQL: makes typed expressions at random, evaluates each over a table of awkward
 * values both in a PostgreSQL 15 server and in drover, and prints what differs (value, type, or that one of
 * them fails).
 *
 *   expr_oracle URI SEED COUNT        random expressions
 *   expr_oracle URI file PATH         one expression a line (lines that begin with # are skipped)
 *
 * The server's database must be UTF8 with the ICU collation "und", without the extension uuid-ossp, and the
 * user its superuser. Everything is made in schema expr_oracle and a temporary table; nothing stays. Exit
 * code: 0 nothing differs, 1 something does, 2 it could not run. */
#include "core/csv.h"
#include "tests/oracle/expr_grammar.h"
#include "transform/expr.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS         24
#define SERVER_BEGIN '\1'
#define SERVER_END   '\2'

static uint64_t state = 1;
static unsigned long unsettled; /* rows */

static unsigned pick(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 11) % n);
}

static void generate(struct dv_buf *out, const char *type, unsigned depth);

static void quoted(struct dv_buf *out, const char *text)
{
    bool escaped = strpbrk(text, "\\\n\t\r") != NULL;
    dv_buf_str(out, escaped ? "E'" : "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            dv_buf_byte(out, *text);
        if (*text == '\n')
            dv_buf_str(out, "\\n");
        else if (*text == '\r')
            dv_buf_str(out, "\\r");
        else if (*text == '\t')
            dv_buf_str(out, "\\t");
        else
            dv_buf_byte(out, *text);
    }
    dv_buf_byte(out, '\'');
}

static const struct column *column_named(const char *name)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    abort();
}

static unsigned value_count(const struct column *column)
{
    unsigned n = 0;
    while (column->values[n] != NULL)
        n++;
    return n;
}

static void leaf(struct dv_buf *out, const struct column *column)
{
    unsigned kind = pick(10);
    if (kind < 7) {
        dv_buf_str(out, column->name);
    } else if (kind < 9) {
        quoted(out, column->values[pick(value_count(column))]);
        dv_buf_printf(out, "::%s", column->type);
    } else {
        dv_buf_printf(out, "null::%s", column->type);
    }
}

static void expand(struct dv_buf *out, const char *text, unsigned depth)
{
    const char *start = text;
    while (*text != '\0') {
        bool after_less = text > start && text[-1] == '<';
        if (*text == '@' && text[1] != '>' && !after_less) { /* not of @> and <@ */
            dv_buf_printf(out, "%u", pick(6));
            text++;
        } else if (*text == '$') {
            char name[8];
            size_t n = 0;
            text++;
            if (*text == '?') {
                generate(out, columns[pick(COLUMNS)].name, depth);
                text++;
                continue;
            }
            while (n < 7 && ((*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9')))
                name[n++] = *text++;
            name[n] = '\0';
            generate(out, name, depth);
        } else {
            dv_buf_byte(out, *text == '{' && text[1] == ' '    ? SERVER_BEGIN
                             : *text == '}' && text[-1] == '"' ? SERVER_END
                                                               : *text);
            text++;
        }
    }
}

static void generate(struct dv_buf *out, const char *type, unsigned depth)
{
    unsigned matching = 0, chosen;
    for (size_t i = 0; i < RULES; i++)
        matching += strcmp(rules[i].type, type) == 0;
    if (depth == 0 || matching == 0 || pick(4) == 0) {
        leaf(out, column_named(type));
        return;
    }
    chosen = pick(matching);
    for (size_t i = 0; i < RULES; i++) {
        if (strcmp(rules[i].type, type) != 0 || chosen-- != 0)
            continue;
        dv_buf_byte(out, '(');
        expand(out, rules[i].text, depth - 1);
        dv_buf_byte(out, ')');
        return;
    }
}

/* ---- the server
 * ------------------------------------------------------------------------------------------------- */

static PGconn *server;

static void must(const char *sql)
{
    PGresult *result = PQexec(server, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        (void)fprintf(stderr, "%s\n%s", sql, PQerrorMessage(server));
        exit(2);
    }
    PQclear(result);
}

static void make_table(void)
{
    struct dv_buf sql = {0};
    must("SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET client_min_messages = error; SET "
         "extra_float_digits = 1;"
         "SET intervalstyle = 'postgres'; DROP SCHEMA IF EXISTS expr_oracle CASCADE; CREATE SCHEMA "
         "expr_oracle;"
         "CREATE EXTENSION \"uuid-ossp\" SCHEMA expr_oracle; SET search_path = expr_oracle, public");
    must("CREATE FUNCTION uuid5(namespace text, name text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS "
         "$$ SELECT expr_oracle.uuid_generate_v5(expr_oracle.uuid_generate_v5(expr_oracle.uuid_ns_url(), "
         "namespace), name) $$");
    must(
        "CREATE FUNCTION slug(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(nullif(btrim("
        "regexp_replace(translate(replace(replace(replace(replace(regexp_replace(lower(normalize(t, NFKD)), "
        "U&'[\\0300-\\036F]', '', 'g'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'øđðłı', 'oddli'), "
        "'[^a-z0-9]+', '-', 'g'), '-'), ''), 'item') $$");
    dv_buf_str(&sql, "CREATE TEMP TABLE x (id int");
    for (size_t i = 0; i < COLUMNS; i++)
        dv_buf_printf(&sql, ", %s %s", columns[i].name, columns[i].type);
    dv_buf_str(&sql, ")");
    must(dv_buf_cstr(&sql));
    for (unsigned row = 0; row < ROWS; row++) {
        dv_buf_reset(&sql);
        dv_buf_printf(&sql, "INSERT INTO x VALUES (%u", row);
        for (size_t i = 0; i < COLUMNS; i++) {
            dv_buf_str(&sql, ", ");
            if (pick(12) == 0)
                dv_buf_str(&sql, "NULL");
            else
                quoted(&sql, columns[i].values[row < 12 ? row % value_count(&columns[i])
                                                        : pick(value_count(&columns[i]))]);
        }
        dv_buf_str(&sql, ")");
        must(dv_buf_cstr(&sql));
    }
    dv_buf_release(&sql);
}

static struct dv_buf table_csv;
static struct dv_value table[ROWS][COLUMNS];

static void read_table(void)
{
    struct dv_err err = DV_ERR_INIT;
    char *chunk;
    int length;
    const char *at;
    PGresult *result = PQexec(
        server, "COPY (SELECT b,i2,i4,i8,n,f4,f8,t,v,c,u,d,tm,ts,tz,iv,j,jb,\"by\" FROM x ORDER BY id) "
                "TO STDOUT (FORMAT csv)");
    PQclear(result);
    while ((length = PQgetCopyData(server, &chunk, 0)) > 0) {
        dv_buf_append(&table_csv, chunk, (size_t)length);
        PQfreemem(chunk);
    }
    while ((result = PQgetResult(server)) != NULL)
        PQclear(result);
    at = table_csv.data;
    for (unsigned row = 0; row < ROWS; row++) {
        if (dv_csv_split(at, table_csv.data + table_csv.len, table[row], COLUMNS, &at, &err) != DV_OK) {
            (void)fprintf(stderr, "%s\n", err.message);
            exit(2);
        }
    }
}

/* ---- comparison
 * ------------------------------------------------------------------------------------------------- */

struct answer {
    bool failed;
    char sqlstate[6], message[256];
    bool null;
    char *text; /* owned */
};

struct answers {
    char type[80];
    struct answer rows[ROWS];
};

static void free_answers(struct answers *answers)
{
    for (unsigned i = 0; i < ROWS; i++)
        free(answers->rows[i].text);
}

static void take_row(struct answer *answer, const PGresult *result, int row)
{
    answer->null = PQgetisnull(result, row, 0) != 0;
    answer->text = strdup(PQgetvalue(result, row, 0));
}

static void take_error(struct answer *answer, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    answer->failed = true;
    (void)snprintf(answer->sqlstate, sizeof(answer->sqlstate), "%s", code != NULL ? code : "");
    (void)snprintf(answer->message, sizeof(answer->message), "%s", text != NULL ? text : "");
}

/* The expression as one of the two sees it: what is for the server alone kept or left out. */
static char *seen_by(const char *expression, bool by_server)
{
    char *copy = malloc(strlen(expression) + 1), *to = copy;
    bool inside = false;
    if (copy == NULL)
        abort();
    for (; *expression != '\0'; expression++) {
        if (*expression == SERVER_BEGIN || *expression == SERVER_END)
            inside = *expression == SERVER_BEGIN;
        else if (by_server || !inside)
            *to++ = *expression;
    }
    *to = '\0';
    return copy;
}

static void ask_server(const char *expression, struct answers *answers)
{
    struct dv_buf sql = {0};
    PGresult *result;
    dv_buf_printf(&sql, "SELECT (%s), pg_typeof(%s) FROM x ORDER BY id", expression, expression);
    result = PQexec(server, dv_buf_cstr(&sql));
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        for (unsigned row = 0; row < ROWS; row++)
            take_row(&answers->rows[row], result, (int)row);
        (void)snprintf(answers->type, sizeof(answers->type), "%s", PQgetvalue(result, 0, 1));
        PQclear(result);
        dv_buf_release(&sql);
        return;
    }
    PQclear(result);
    for (unsigned row = 0; row < ROWS; row++) {
        dv_buf_reset(&sql);
        dv_buf_printf(&sql, "SELECT (%s), pg_typeof(%s) FROM x WHERE id = %u", expression, expression, row);
        result = PQexec(server, dv_buf_cstr(&sql));
        if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            take_row(&answers->rows[row], result, 0);
            (void)snprintf(answers->type, sizeof(answers->type), "%s", PQgetvalue(result, 0, 1));
        } else {
            take_error(&answers->rows[row], result);
        }
        PQclear(result);
    }
    dv_buf_release(&sql);
}

static void all_failed(struct answers *answers, const struct dv_err *err)
{
    for (unsigned row = 0; row < ROWS; row++) {
        answers->rows[row].failed = true;
        (void)snprintf(answers->rows[row].sqlstate, 6, "%s", err->sqlstate);
        (void)snprintf(answers->rows[row].message, 256, "%.255s", err->message);
    }
}

static void ask_drover(const char *expression, struct answers *answers)
{
    struct dv_arena arena = {0}, batch = {0};
    struct dv_scope_column scope_columns[COLUMNS];
    struct dv_scope scope = {scope_columns, COLUMNS};
    struct dv_binder binder = {.file = "expression", .arena = &arena};
    struct dv_keep keep = {0};
    struct dv_eval eval = {.arena = &batch, .keep = &keep};
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf text = {0};
    struct dv_type bare;
    struct dv_ast *ast = NULL;
    struct dv_expr *expr = NULL;
    for (unsigned i = 0; i < COLUMNS; i++) {
        scope_columns[i] = (struct dv_scope_column){.name = columns[i].name, .slot = i};
        if (dv_type_parse(columns[i].type, strlen(columns[i].type), &scope_columns[i].type, &err) != DV_OK)
            exit(2);
    }
    if (dv_parse_expression(expression, strlen(expression), "expression", &arena, &ast, &err) != DV_OK ||
        dv_bind_expr(&binder, ast, &scope, &expr, &err) != DV_OK) {
        all_failed(answers, &err);
        goto done;
    }
    if (expr->type.id == DV_TYPE_UNKNOWN) {
        struct dv_type to = dv_type_of(DV_TYPE_TEXT);
        if (dv_bind_coerce(&binder, expr, &to, &expr, &err) != DV_OK)
            exit(2);
    }
    bare = expr->type;
    bare.precision = bare.scale = -1;
    dv_type_format(&bare, &text);
    (void)snprintf(answers->type, sizeof(answers->type), "%s",
                   bare.id == DV_TYPE_BPCHAR ? "character" : dv_buf_cstr(&text)); /* pg_typeof's own way */
    for (unsigned row = 0; row < ROWS; row++) {
        struct dv_value copy[COLUMNS], value;
        struct answer *answer = &answers->rows[row];
        memcpy(copy, table[row], sizeof(copy));
        eval.row = copy;
        dv_buf_reset(&text);
        if (dv_expr_eval(expr, &eval, &value, &err) != DV_OK) {
            answer->failed = true;
            (void)snprintf(answer->sqlstate, 6, "%s", err.sqlstate);
            (void)snprintf(answer->message, 256, "%.255s", err.message);
            continue;
        }
        answer->null = value.state == DV_NULL;
        if (!answer->null)
            dv_value_to_text(&value, &expr->type, &text);
        dv_buf_byte(&text, '\0');
        answer->text = strdup(text.data);
        dv_arena_reset(&batch);
    }
done:
    dv_buf_release(&text);
    dv_buf_release(&eval.scratch);
    dv_keep_release(&keep);
    dv_arena_release(&arena);
    dv_arena_release(&batch);
}

static void show(const char *who, const struct answer *answer)
{
    if (answer->failed)
        (void)printf("    %-10s error %s %s\n", who, answer->sqlstate, answer->message);
    else
        (void)printf("    %-10s %s%s%s\n", who, answer->null ? "" : "\"",
                     answer->null ? "NULL" : answer->text, answer->null ? "" : "\"");
}

/* Which constant parts PostgreSQL computes beforehand, and so which parts it never comes to, depends on what
 * it knows of the time zone and on where they stand: whether such an expression fails is left open, its
 * values are not. */
static bool may_pass_over(const char *expression)
{
    static const char *const words[] = {"case ",     "coalesce(", " and ",    " or ",
                                        "timestamp", "date",      "to_char(", "extract("};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(expression, words[i]) != NULL)
            return true;
    return false;
}

/* Whether the two agree; prints the first row in which they do not. Of several errors in one expression the
 * two may meet different ones first: SQLSTATEs are compared only with exact_errors. */
static bool compare(const char *expression, bool exact_errors)
{
    struct answers theirs = {0}, ours = {0};
    bool same = true;
    char *for_server = seen_by(expression, true), *for_drover = seen_by(expression, false);
    ask_server(for_server, &theirs);
    ask_drover(for_drover, &ours);
    if (theirs.type[0] != '\0' && ours.type[0] != '\0' && strcmp(theirs.type, ours.type) != 0) {
        (void)printf("%s\n    type: PostgreSQL %s, drover %s\n", expression, theirs.type, ours.type);
        same = false;
    }
    for (unsigned row = 0; same && row < ROWS; row++) {
        const struct answer *a = &theirs.rows[row], *b = &ours.rows[row];
        if (a->failed != b->failed && !exact_errors && may_pass_over(expression))
            unsettled++;
        else if (a->failed || b->failed)
            same = a->failed == b->failed && (!exact_errors || strcmp(a->sqlstate, b->sqlstate) == 0);
        else
            same = a->null == b->null && (a->null || strcmp(a->text, b->text) == 0);
        if (!same) {
            (void)printf("%s\n  row %u\n", expression, row);
            show("PostgreSQL", a);
            show("drover", b);
        }
    }
    free(for_server);
    free(for_drover);
    free_answers(&theirs);
    free_answers(&ours);
    return same;
}

static unsigned run_file(const char *path, unsigned *count)
{
    char line[4096];
    unsigned different = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        ++*count;
        different += compare(line, true) ? 0 : 1;
    }
    (void)fclose(file);
    return different;
}

int main(int argc, char **argv)
{
    unsigned different = 0, count = 0;
    struct dv_buf expression = {0};
    bool from_file = argc == 4 && strcmp(argv[2], "file") == 0;
    if (argc != 4) {
        (void)fprintf(stderr, "usage: %s URI SEED COUNT | URI file PATH\n", argv[0]);
        return 2;
    }
    server = PQconnectdb(argv[1]);
    if (PQstatus(server) != CONNECTION_OK) {
        (void)fprintf(stderr, "%s", PQerrorMessage(server));
        return 2;
    }
    state = (from_file ? 1 : strtoull(argv[2], NULL, 10)) * 0x9e3779b97f4a7c15ULL + 1;
    make_table();
    read_table();
    if (from_file) {
        different = run_file(argv[3], &count);
    } else {
        for (count = 0; count < (unsigned)strtoul(argv[3], NULL, 10); count++) {
            unsigned depth = 1 + pick(3);
            dv_buf_reset(&expression);
            generate(&expression, columns[pick(COLUMNS)].name, depth);
            different += compare(dv_buf_cstr(&expression), depth == 1) ? 0 : 1;
        }
    }
    must("DROP SCHEMA expr_oracle CASCADE");
    (void)printf("%u expressions over %d rows, %u differ, %lu rows unsettled\n", count, ROWS, different,
                 unsettled);
    dv_buf_release(&expression);
    dv_buf_release(&table_csv);
    PQfinish(server);
    return different > 0 ? 1 : 0;
}
