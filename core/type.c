#include "core/type.h"

#include "core/buf.h"
#include "core/value_error.h"

#include <stdio.h>
#include <string.h>

enum modifier { NO_MODIFIER, LENGTH, PRECISION_SCALE, FRACTION, BITS };

struct type_name {
    const char *name; /* lower case, one blank between words, without the modifier */
    enum dv_type_id id;
    enum modifier modifier;
};

/* The first name of an id is the one that format_type() prints. */
static const struct type_name names[] = {
    {"unknown", DV_TYPE_UNKNOWN, NO_MODIFIER},
    {"boolean", DV_TYPE_BOOL, NO_MODIFIER},
    {"bool", DV_TYPE_BOOL, NO_MODIFIER},
    {"smallint", DV_TYPE_INT2, NO_MODIFIER},
    {"int2", DV_TYPE_INT2, NO_MODIFIER},
    {"integer", DV_TYPE_INT4, NO_MODIFIER},
    {"int", DV_TYPE_INT4, NO_MODIFIER},
    {"int4", DV_TYPE_INT4, NO_MODIFIER},
    {"bigint", DV_TYPE_INT8, NO_MODIFIER},
    {"int8", DV_TYPE_INT8, NO_MODIFIER},
    {"numeric", DV_TYPE_NUMERIC, PRECISION_SCALE},
    {"decimal", DV_TYPE_NUMERIC, PRECISION_SCALE},
    {"dec", DV_TYPE_NUMERIC, PRECISION_SCALE},
    {"real", DV_TYPE_FLOAT4, NO_MODIFIER},
    {"float4", DV_TYPE_FLOAT4, NO_MODIFIER},
    {"double precision", DV_TYPE_FLOAT8, NO_MODIFIER},
    {"float8", DV_TYPE_FLOAT8, NO_MODIFIER},
    {"float", DV_TYPE_FLOAT8, BITS},
    {"text", DV_TYPE_TEXT, NO_MODIFIER},
    {"character varying", DV_TYPE_VARCHAR, LENGTH},
    {"varchar", DV_TYPE_VARCHAR, LENGTH},
    {"char varying", DV_TYPE_VARCHAR, LENGTH},
    {"national character varying", DV_TYPE_VARCHAR, LENGTH},
    {"nchar varying", DV_TYPE_VARCHAR, LENGTH},
    {"character", DV_TYPE_BPCHAR, LENGTH},
    {"national character", DV_TYPE_BPCHAR, LENGTH},
    {"char", DV_TYPE_BPCHAR, LENGTH},
    {"nchar", DV_TYPE_BPCHAR, LENGTH},
    {"bpchar", DV_TYPE_BPCHAR, LENGTH},
    {"uuid", DV_TYPE_UUID, NO_MODIFIER},
    {"date", DV_TYPE_DATE, NO_MODIFIER},
    {"time without time zone", DV_TYPE_TIME, FRACTION},
    {"time", DV_TYPE_TIME, FRACTION},
    {"timestamp without time zone", DV_TYPE_TIMESTAMP, FRACTION},
    {"timestamp", DV_TYPE_TIMESTAMP, FRACTION},
    {"timestamp with time zone", DV_TYPE_TIMESTAMPTZ, FRACTION},
    {"timestamptz", DV_TYPE_TIMESTAMPTZ, FRACTION},
    {"interval", DV_TYPE_INTERVAL, FRACTION},
    {"json", DV_TYPE_JSON, NO_MODIFIER},
    {"jsonb", DV_TYPE_JSONB, NO_MODIFIER},
    {"bytea", DV_TYPE_BYTEA, NO_MODIFIER},
};

struct dv_type dv_type_of(enum dv_type_id id)
{
    struct dv_type type;
    memset(&type, 0, sizeof type);
    type.id = id;
    type.precision = -1;
    type.scale = -1;
    return type;
}

static enum dv_status bad_type(struct dv_err *err, const char *text, size_t length, const char *why)
{
    enum dv_status status =
        dv_fail(err, DV_EXIT_USAGE, "the type \"%.*s\" %s", (int)(length < 200 ? length : 200), text, why);
    dv_err_hint(err, "write the type as PostgreSQL's format_type() names it, for example numeric(12,2)");
    return status;
}

/* Lower case outside double quotes, one blank for many, none beside brackets and commas. Returns the length,
 * or size - 1 where the text is longer than that. */
static size_t squeeze(const char *text, size_t length, char *out, size_t size)
{
    size_t len = 0;
    bool quoted = false, blank = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (!quoted && dv_is_blank(c)) {
            blank = true;
            continue;
        }
        bool tight =
            len == 0 || (!quoted && strchr("()[],", c) != NULL) || strchr("([,", out[len - 1]) != NULL;
        if (blank && !tight && len < size - 1)
            out[len++] = ' ';
        blank = false;
        if (c == '"')
            quoted = !quoted;
        if (len < size - 1)
            out[len++] = quoted ? c : dv_lower_ascii(c);
    }
    out[len] = '\0';
    return len;
}

/* "(12,2)" to two numbers; count of them, 0 where it is not such a list. *end behind the bracket. */
static int read_modifiers(const char *at, int32_t numbers[2], const char **end)
{
    int count = 0;
    do {
        at++; /* the bracket or the comma */
        int32_t sign = 1, value = 0;
        if (*at == '-' && count == 1) {
            sign = -1;
            at++;
        }
        const char *digits = at;
        for (; dv_is_digit(*at) && at - digits < 9; at++)
            value = value * 10 + (*at - '0');
        if (at == digits || count == 2)
            return 0;
        numbers[count++] = value * sign;
    } while (*at == ',');
    if (*at != ')')
        return 0;
    *end = at + 1;
    return count;
}

/* Fits the numbers in brackets to the type; NULL, or what is wrong. */
static const char *apply_modifiers(struct dv_type *type, enum modifier modifier, const int32_t numbers[2],
                                   int count)
{
    switch (modifier) {
    case LENGTH:
        if (count != 1 || numbers[0] < 1 || numbers[0] > 10485760)
            return "has a length that is not between 1 and 10485760";
        type->precision = numbers[0];
        return NULL;
    case PRECISION_SCALE:
        if (numbers[0] < 1 || numbers[0] > 1000)
            return "has a precision that is not between 1 and 1000";
        type->precision = numbers[0];
        type->scale = count == 2 ? numbers[1] : 0;
        return type->scale < -1000 || type->scale > 1000 ? "has a scale that is not between -1000 and 1000"
                                                         : NULL;
    case FRACTION:
        if (count != 1)
            return "has more than one number in brackets";
        type->precision = numbers[0] > 6 ? 6 : numbers[0]; /* as PostgreSQL, which only warns */
        return NULL;
    case BITS:
        if (count != 1 || numbers[0] < 1 || numbers[0] > 53)
            return "has a precision that is not between 1 and 53";
        type->id = numbers[0] < 25 ? DV_TYPE_FLOAT4 : DV_TYPE_FLOAT8;
        return NULL;
    case NO_MODIFIER:
        break;
    }
    return "takes no number in brackets";
}

/* A known type, or id DV_TYPE_OTHER. */
static const char *parse_base(const char *name, struct dv_type *type)
{
    char bare[160];
    const char *bracket = strchr(name, '('), *rest = "";
    int32_t numbers[2] = {0, 0};
    int count = 0;
    *type = dv_type_of(DV_TYPE_OTHER);
    if (strncmp(name, "pg_catalog.", 11) == 0)
        name += 11;
    if (bracket != NULL && (count = read_modifiers(bracket, numbers, &rest)) == 0)
        return NULL;
    size_t length = bracket == NULL ? strlen(name) : (size_t)(bracket - name);
    snprintf(bare, sizeof bare, "%.*s%s%s", (int)length, name, *rest == '\0' || *rest == ' ' ? "" : " ",
             rest);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(bare, names[i].name) != 0)
            continue;
        type->id = names[i].id;
        if (count > 0)
            return apply_modifiers(type, names[i].modifier, numbers, count);
        if (type->id == DV_TYPE_BPCHAR && strcmp(bare, "bpchar") != 0)
            type->precision = 1; /* character is character(1) */
        return NULL;
    }
    return NULL;
}

enum dv_status dv_type_parse(const char *text, size_t length, struct dv_type *type, struct dv_err *err)
{
    char name[160], base[160];
    size_t len = squeeze(text, length, name, sizeof name);
    if (len == 0)
        return bad_type(err, text, length, "is empty");
    memcpy(base, name, len + 1);
    bool array = false;
    while (len > 2 &&
           base[len - 1] == ']') { /* [] or [3], once or more: dimensions mean nothing to PostgreSQL */
        size_t open = len - 2;
        while (open > 0 && dv_is_digit(base[open]))
            open--;
        if (base[open] != '[' || open == 0)
            break;
        len = open;
        base[len] = '\0';
        array = true;
    }
    struct dv_type found;
    const char *wrong = parse_base(base, &found);
    if (wrong != NULL)
        return bad_type(err, text, length, wrong);
    if (found.id == DV_TYPE_OTHER) {
        int written = snprintf(name, sizeof name, "%s%s", base, array ? "[]" : "");
        if (written < 0 || (size_t)written >= sizeof found.name)
            return bad_type(err, text, length, "has a name longer than 63 bytes");
        memcpy(found.name, name, (size_t)written + 1);
    } else if (array) {
        found.element = found.id;
        found.id = DV_TYPE_ARRAY;
    }
    *type = found;
    return DV_OK;
}

static const struct type_name *name_of(enum dv_type_id id)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].id == id)
            return &names[i];
    return &names[0];
}

void dv_type_format(const struct dv_type *type, struct dv_buf *out)
{
    enum dv_type_id id = type->id == DV_TYPE_ARRAY ? type->element : type->id;
    if (type->id == DV_TYPE_OTHER) {
        dv_buf_str(out, type->name);
        return;
    }
    const struct type_name *name = name_of(id);
    if (id == DV_TYPE_BPCHAR && type->precision < 0) {
        dv_buf_str(out, "bpchar");
    } else if (type->precision < 0) {
        dv_buf_str(out, name->name);
    } else if (name->modifier == PRECISION_SCALE) {
        dv_buf_printf(out, "%s(%d,%d)", name->name, (int)type->precision, (int)type->scale);
    } else { /* the number stands behind the first word of time types, behind the last of the others */
        const char *blank = name->modifier == FRACTION ? strchr(name->name, ' ') : NULL;
        size_t first = blank == NULL ? strlen(name->name) : (size_t)(blank - name->name);
        dv_buf_append(out, name->name, first);
        dv_buf_printf(out, "(%d)", (int)type->precision);
        dv_buf_str(out, name->name + first);
    }
    if (type->id == DV_TYPE_ARRAY)
        dv_buf_str(out, "[]");
}

bool dv_type_equal(const struct dv_type *a, const struct dv_type *b)
{
    if (a->id != b->id)
        return false;
    if (a->id == DV_TYPE_OTHER)
        return strcmp(a->name, b->name) == 0;
    if (a->id == DV_TYPE_ARRAY && a->element != b->element)
        return false;
    return a->precision == b->precision && (a->precision < 0 || a->scale == b->scale);
}

bool dv_type_is_text(const struct dv_type *type)
{
    return type->id == DV_TYPE_TEXT || type->id == DV_TYPE_VARCHAR || type->id == DV_TYPE_BPCHAR;
}

bool dv_type_is_number(const struct dv_type *type)
{
    return type->id >= DV_TYPE_INT2 && type->id <= DV_TYPE_FLOAT8;
}

bool dv_type_is_integer(const struct dv_type *type)
{
    return type->id >= DV_TYPE_INT2 && type->id <= DV_TYPE_INT8;
}

static bool is_taken(const struct dv_column *columns, unsigned column, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (i != column && strcmp(columns[i].name, columns[column].name) == 0)
            return true;
    return false;
}

void dv_columns_keep_apart(struct dv_column *columns, unsigned own, unsigned count)
{
    for (unsigned i = own; i < count; i++) {
        bool clashes = false;
        for (unsigned k = 0; k < own && !clashes; k++)
            clashes = strcmp(columns[i].name, columns[k].name) == 0;
        while (clashes) {
            size_t length = strlen(columns[i].name); /* a clashing name is short: one of our own */
            columns[i].name[length] = '_';
            columns[i].name[length + 1] = '\0';
            clashes = length + 2 < sizeof columns[i].name && is_taken(columns, i, count);
        }
    }
}
