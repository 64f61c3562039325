#include "transform/keyword.h"

#include <stdlib.h>
#include <string.h>

struct keyword {
    const char *word;
    enum dv_keyword category;
    bool bare_label;
};

/* pg_get_keywords() of PostgreSQL 15 without the words that are free in every place, in byte order. */
static const struct keyword keywords[] = {
    {"all", DV_KEYWORD_RESERVED, true},
    {"analyse", DV_KEYWORD_RESERVED, true},
    {"analyze", DV_KEYWORD_RESERVED, true},
    {"and", DV_KEYWORD_RESERVED, true},
    {"any", DV_KEYWORD_RESERVED, true},
    {"array", DV_KEYWORD_RESERVED, false},
    {"as", DV_KEYWORD_RESERVED, false},
    {"asc", DV_KEYWORD_RESERVED, true},
    {"asymmetric", DV_KEYWORD_RESERVED, true},
    {"authorization", DV_KEYWORD_FUNCTION, true},
    {"between", DV_KEYWORD_COLUMN, true},
    {"bigint", DV_KEYWORD_COLUMN, true},
    {"binary", DV_KEYWORD_FUNCTION, true},
    {"bit", DV_KEYWORD_COLUMN, true},
    {"boolean", DV_KEYWORD_COLUMN, true},
    {"both", DV_KEYWORD_RESERVED, true},
    {"case", DV_KEYWORD_RESERVED, true},
    {"cast", DV_KEYWORD_RESERVED, true},
    {"char", DV_KEYWORD_COLUMN, false},
    {"character", DV_KEYWORD_COLUMN, false},
    {"check", DV_KEYWORD_RESERVED, true},
    {"coalesce", DV_KEYWORD_COLUMN, true},
    {"collate", DV_KEYWORD_RESERVED, true},
    {"collation", DV_KEYWORD_FUNCTION, true},
    {"column", DV_KEYWORD_RESERVED, true},
    {"concurrently", DV_KEYWORD_FUNCTION, true},
    {"constraint", DV_KEYWORD_RESERVED, true},
    {"create", DV_KEYWORD_RESERVED, false},
    {"cross", DV_KEYWORD_FUNCTION, true},
    {"current_catalog", DV_KEYWORD_RESERVED, true},
    {"current_date", DV_KEYWORD_RESERVED, true},
    {"current_role", DV_KEYWORD_RESERVED, true},
    {"current_schema", DV_KEYWORD_FUNCTION, true},
    {"current_time", DV_KEYWORD_RESERVED, true},
    {"current_timestamp", DV_KEYWORD_RESERVED, true},
    {"current_user", DV_KEYWORD_RESERVED, true},
    {"day", DV_KEYWORD_FREE, false},
    {"dec", DV_KEYWORD_COLUMN, true},
    {"decimal", DV_KEYWORD_COLUMN, true},
    {"default", DV_KEYWORD_RESERVED, true},
    {"deferrable", DV_KEYWORD_RESERVED, true},
    {"desc", DV_KEYWORD_RESERVED, true},
    {"distinct", DV_KEYWORD_RESERVED, true},
    {"do", DV_KEYWORD_RESERVED, true},
    {"else", DV_KEYWORD_RESERVED, true},
    {"end", DV_KEYWORD_RESERVED, true},
    {"except", DV_KEYWORD_RESERVED, false},
    {"exists", DV_KEYWORD_COLUMN, true},
    {"extract", DV_KEYWORD_COLUMN, true},
    {"false", DV_KEYWORD_RESERVED, true},
    {"fetch", DV_KEYWORD_RESERVED, false},
    {"filter", DV_KEYWORD_FREE, false},
    {"float", DV_KEYWORD_COLUMN, true},
    {"for", DV_KEYWORD_RESERVED, false},
    {"foreign", DV_KEYWORD_RESERVED, true},
    {"freeze", DV_KEYWORD_FUNCTION, true},
    {"from", DV_KEYWORD_RESERVED, false},
    {"full", DV_KEYWORD_FUNCTION, true},
    {"grant", DV_KEYWORD_RESERVED, false},
    {"greatest", DV_KEYWORD_COLUMN, true},
    {"group", DV_KEYWORD_RESERVED, false},
    {"grouping", DV_KEYWORD_COLUMN, true},
    {"having", DV_KEYWORD_RESERVED, false},
    {"hour", DV_KEYWORD_FREE, false},
    {"ilike", DV_KEYWORD_FUNCTION, true},
    {"in", DV_KEYWORD_RESERVED, true},
    {"initially", DV_KEYWORD_RESERVED, true},
    {"inner", DV_KEYWORD_FUNCTION, true},
    {"inout", DV_KEYWORD_COLUMN, true},
    {"int", DV_KEYWORD_COLUMN, true},
    {"integer", DV_KEYWORD_COLUMN, true},
    {"intersect", DV_KEYWORD_RESERVED, false},
    {"interval", DV_KEYWORD_COLUMN, true},
    {"into", DV_KEYWORD_RESERVED, false},
    {"is", DV_KEYWORD_FUNCTION, true},
    {"isnull", DV_KEYWORD_FUNCTION, false},
    {"join", DV_KEYWORD_FUNCTION, true},
    {"lateral", DV_KEYWORD_RESERVED, true},
    {"leading", DV_KEYWORD_RESERVED, true},
    {"least", DV_KEYWORD_COLUMN, true},
    {"left", DV_KEYWORD_FUNCTION, true},
    {"like", DV_KEYWORD_FUNCTION, true},
    {"limit", DV_KEYWORD_RESERVED, false},
    {"localtime", DV_KEYWORD_RESERVED, true},
    {"localtimestamp", DV_KEYWORD_RESERVED, true},
    {"minute", DV_KEYWORD_FREE, false},
    {"month", DV_KEYWORD_FREE, false},
    {"national", DV_KEYWORD_COLUMN, true},
    {"natural", DV_KEYWORD_FUNCTION, true},
    {"nchar", DV_KEYWORD_COLUMN, true},
    {"none", DV_KEYWORD_COLUMN, true},
    {"normalize", DV_KEYWORD_COLUMN, true},
    {"not", DV_KEYWORD_RESERVED, true},
    {"notnull", DV_KEYWORD_FUNCTION, false},
    {"null", DV_KEYWORD_RESERVED, true},
    {"nullif", DV_KEYWORD_COLUMN, true},
    {"numeric", DV_KEYWORD_COLUMN, true},
    {"offset", DV_KEYWORD_RESERVED, false},
    {"on", DV_KEYWORD_RESERVED, false},
    {"only", DV_KEYWORD_RESERVED, true},
    {"or", DV_KEYWORD_RESERVED, true},
    {"order", DV_KEYWORD_RESERVED, false},
    {"out", DV_KEYWORD_COLUMN, true},
    {"outer", DV_KEYWORD_FUNCTION, true},
    {"over", DV_KEYWORD_FREE, false},
    {"overlaps", DV_KEYWORD_FUNCTION, false},
    {"overlay", DV_KEYWORD_COLUMN, true},
    {"placing", DV_KEYWORD_RESERVED, true},
    {"position", DV_KEYWORD_COLUMN, true},
    {"precision", DV_KEYWORD_COLUMN, false},
    {"primary", DV_KEYWORD_RESERVED, true},
    {"real", DV_KEYWORD_COLUMN, true},
    {"references", DV_KEYWORD_RESERVED, true},
    {"returning", DV_KEYWORD_RESERVED, false},
    {"right", DV_KEYWORD_FUNCTION, true},
    {"row", DV_KEYWORD_COLUMN, true},
    {"second", DV_KEYWORD_FREE, false},
    {"select", DV_KEYWORD_RESERVED, true},
    {"session_user", DV_KEYWORD_RESERVED, true},
    {"setof", DV_KEYWORD_COLUMN, true},
    {"similar", DV_KEYWORD_FUNCTION, true},
    {"smallint", DV_KEYWORD_COLUMN, true},
    {"some", DV_KEYWORD_RESERVED, true},
    {"substring", DV_KEYWORD_COLUMN, true},
    {"symmetric", DV_KEYWORD_RESERVED, true},
    {"table", DV_KEYWORD_RESERVED, true},
    {"tablesample", DV_KEYWORD_FUNCTION, true},
    {"then", DV_KEYWORD_RESERVED, true},
    {"time", DV_KEYWORD_COLUMN, true},
    {"timestamp", DV_KEYWORD_COLUMN, true},
    {"to", DV_KEYWORD_RESERVED, false},
    {"trailing", DV_KEYWORD_RESERVED, true},
    {"treat", DV_KEYWORD_COLUMN, true},
    {"trim", DV_KEYWORD_COLUMN, true},
    {"true", DV_KEYWORD_RESERVED, true},
    {"union", DV_KEYWORD_RESERVED, false},
    {"unique", DV_KEYWORD_RESERVED, true},
    {"user", DV_KEYWORD_RESERVED, true},
    {"using", DV_KEYWORD_RESERVED, true},
    {"values", DV_KEYWORD_COLUMN, true},
    {"varchar", DV_KEYWORD_COLUMN, true},
    {"variadic", DV_KEYWORD_RESERVED, true},
    {"varying", DV_KEYWORD_FREE, false},
    {"verbose", DV_KEYWORD_FUNCTION, true},
    {"when", DV_KEYWORD_RESERVED, true},
    {"where", DV_KEYWORD_RESERVED, false},
    {"window", DV_KEYWORD_RESERVED, false},
    {"with", DV_KEYWORD_RESERVED, false},
    {"within", DV_KEYWORD_FREE, false},
    {"without", DV_KEYWORD_FREE, false},
    {"xmlattributes", DV_KEYWORD_COLUMN, true},
    {"xmlconcat", DV_KEYWORD_COLUMN, true},
    {"xmlelement", DV_KEYWORD_COLUMN, true},
    {"xmlexists", DV_KEYWORD_COLUMN, true},
    {"xmlforest", DV_KEYWORD_COLUMN, true},
    {"xmlnamespaces", DV_KEYWORD_COLUMN, true},
    {"xmlparse", DV_KEYWORD_COLUMN, true},
    {"xmlpi", DV_KEYWORD_COLUMN, true},
    {"xmlroot", DV_KEYWORD_COLUMN, true},
    {"xmlserialize", DV_KEYWORD_COLUMN, true},
    {"xmltable", DV_KEYWORD_COLUMN, true},
    {"year", DV_KEYWORD_FREE, false},
};

/* What a model's clauses are made of; the words that a slip is looked for among. */
static const char *const clause_words[] = {
    "select",  "distinct", "from",       "where",   "group",     "having",    "order", "limit",  "offset",
    "union",   "join",     "left",       "inner",   "cross",     "using",     "with",  "case",   "when",
    "then",    "else",     "exists",     "between", "recursive", "partition", "over",  "filter", "cast",
    "lateral", "nulls",    "ordinality", "and",     "not",       "null",      "end",
};

static int compare_keyword(const void *key, const void *element)
{
    const struct keyword *keyword = element;
    return strcmp(key, keyword->word);
}

static const struct keyword *find_keyword(const char *word)
{
    return bsearch(word, keywords, sizeof keywords / sizeof *keywords, sizeof *keywords, compare_keyword);
}

enum dv_keyword dv_keyword_of(const char *word)
{
    const struct keyword *keyword = find_keyword(word);
    return keyword == NULL ? DV_KEYWORD_FREE : keyword->category;
}

bool dv_keyword_bare_label(const char *word)
{
    const struct keyword *keyword = find_keyword(word);
    return keyword == NULL || keyword->bare_label;
}

enum { LONGEST = 16, FAR = 99 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edits between two words, an exchange of neighbours being one; FAR where a word is long past any keyword. */
static unsigned distance(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    unsigned cost[LONGEST + 1][LONGEST + 1];
    if (a_length > LONGEST || b_length > LONGEST)
        return FAR;
    for (unsigned i = 0; i <= a_length; i++)
        cost[i][0] = i;
    for (unsigned j = 0; j <= b_length; j++)
        cost[0][j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        for (unsigned j = 1; j <= b_length; j++) {
            unsigned change = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            cost[i][j] = least(change, least(cost[i - 1][j], cost[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a_length][b_length];
}

const char *dv_keyword_near(const char *word)
{
    const char *nearest = NULL;
    unsigned best = FAR;
    if (strlen(word) < 3 || find_keyword(word) != NULL)
        return NULL;
    for (size_t i = 0; i < sizeof clause_words / sizeof *clause_words; i++) {
        unsigned allowed = strlen(clause_words[i]) >= 6 ? 2 : 1;
        unsigned edits = distance(word, clause_words[i]);
        if (edits == 0)
            return NULL;
        if (edits <= allowed && edits < best) {
            best = edits;
            nearest = clause_words[i];
        }
    }
    return nearest;
}

bool dv_keyword_slip(const char *word, const char *meant)
{
    return distance(word, meant) == 1;
}
