#include "transform/regex_set.h"

#include <string.h>
#include <unicode/uchar.h>

static enum dv_status add_range(struct dv_regex_set *set, uint32_t low, uint32_t high, struct dv_arena *arena,
                                struct dv_err *err)
{
    if (set->range_count > 0 && set->ranges[set->range_count - 1].high + 1 == low) {
        set->ranges[set->range_count - 1].high = high;
        return DV_OK;
    }
    if (set->range_count == set->range_cap) {
        unsigned cap = set->range_cap == 0 ? 4 : set->range_cap * 2;
        struct dv_regex_range *grown = dv_arena_alloc(arena, sizeof(*grown) * cap);
        if (grown == NULL)
            return dv_fail_memory(err);
        if (set->range_count > 0)
            memcpy(grown, set->ranges, sizeof(*grown) * set->range_count);
        set->ranges = grown;
        set->range_cap = cap;
    }
    set->ranges[set->range_count++] = (struct dv_regex_range){low, high};
    return DV_OK;
}

static uint32_t lower(uint32_t c)
{
    return c <= 0x10ffff ? (uint32_t)u_tolower((UChar32)c) : c;
}

static uint32_t upper(uint32_t c)
{
    return c <= 0x10ffff ? (uint32_t)u_toupper((UChar32)c) : c;
}

enum dv_status dv_regex_set_char(struct dv_regex_set *set, uint32_t c, bool any_case, struct dv_arena *arena,
                                 struct dv_err *err)
{
    enum dv_status status;
    if (!any_case)
        return add_range(set, c, c, arena, err);
    status = add_range(set, lower(c), lower(c), arena, err);
    return status == DV_OK && upper(c) != lower(c) ? add_range(set, upper(c), upper(c), arena, err) : status;
}

/* ---- [...] --------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint8_t c;
} names[] = {{"NUL", 0},
             {"SOH", 1},
             {"STX", 2},
             {"ETX", 3},
             {"EOT", 4},
             {"ENQ", 5},
             {"ACK", 6},
             {"BEL", 7},
             {"alert", 7},
             {"BS", 8},
             {"backspace", 8},
             {"HT", 9},
             {"tab", 9},
             {"LF", 10},
             {"newline", 10},
             {"VT", 11},
             {"vertical-tab", 11},
             {"FF", 12},
             {"form-feed", 12},
             {"CR", 13},
             {"carriage-return", 13},
             {"SO", 14},
             {"SI", 15},
             {"DLE", 16},
             {"DC1", 17},
             {"DC2", 18},
             {"DC3", 19},
             {"DC4", 20},
             {"NAK", 21},
             {"SYN", 22},
             {"ETB", 23},
             {"CAN", 24},
             {"EM", 25},
             {"SUB", 26},
             {"ESC", 27},
             {"IS4", 28},
             {"FS", 28},
             {"IS3", 29},
             {"GS", 29},
             {"IS2", 30},
             {"RS", 30},
             {"IS1", 31},
             {"US", 31},
             {"space", ' '},
             {"exclamation-mark", '!'},
             {"quotation-mark", '"'},
             {"number-sign", '#'},
             {"dollar-sign", '$'},
             {"percent-sign", '%'},
             {"ampersand", '&'},
             {"apostrophe", '\''},
             {"left-parenthesis", '('},
             {"right-parenthesis", ')'},
             {"asterisk", '*'},
             {"plus-sign", '+'},
             {"comma", ','},
             {"hyphen", '-'},
             {"hyphen-minus", '-'},
             {"period", '.'},
             {"full-stop", '.'},
             {"slash", '/'},
             {"solidus", '/'},
             {"zero", '0'},
             {"one", '1'},
             {"two", '2'},
             {"three", '3'},
             {"four", '4'},
             {"five", '5'},
             {"six", '6'},
             {"seven", '7'},
             {"eight", '8'},
             {"nine", '9'},
             {"colon", ':'},
             {"semicolon", ';'},
             {"less-than-sign", '<'},
             {"equals-sign", '='},
             {"greater-than-sign", '>'},
             {"question-mark", '?'},
             {"commercial-at", '@'},
             {"left-square-bracket", '['},
             {"backslash", '\\'},
             {"reverse-solidus", '\\'},
             {"right-square-bracket", ']'},
             {"circumflex", '^'},
             {"circumflex-accent", '^'},
             {"underscore", '_'},
             {"low-line", '_'},
             {"grave-accent", '`'},
             {"left-brace", '{'},
             {"left-curly-bracket", '{'},
             {"vertical-line", '|'},
             {"right-brace", '}'},
             {"right-curly-bracket", '}'},
             {"tilde", '~'},
             {"DEL", 127}};

static const char *const class_names[DV_CLASS_COUNT] = {"alnum", "alpha", "ascii",  "blank", "cntrl",
                                                        "digit", "graph", "lower",  "print", "punct",
                                                        "space", "upper", "xdigit", "word"};

static bool same_name(const uint32_t *p, size_t length, const char *name)
{
    for (size_t i = 0; i < length; i++)
        if (name[i] == '\0' || p[i] != (unsigned char)name[i])
            return false;
    return name[length] == '\0';
}

/* The text up to `closing` and ]. */
static enum dv_status enclosed(struct dv_regex_lexer *lexer, uint32_t closing, const uint32_t **p,
                               size_t *length)
{
    *p = lexer->at;
    for (; lexer->end - lexer->at >= 2; lexer->at++) {
        if (lexer->at[0] != closing || lexer->at[1] != ']')
            continue;
        *length = (size_t)(lexer->at - *p);
        lexer->at += 2;
        return DV_OK;
    }
    return dv_regex_bad(lexer->err, "brackets [] not balanced");
}

static enum dv_status element(struct dv_regex_lexer *lexer, uint32_t closing, uint32_t *c)
{
    const uint32_t *p = NULL;
    size_t length = 0;
    enum dv_status status = enclosed(lexer, closing, &p, &length);
    if (status != DV_OK)
        return status;
    if (length == 1) {
        *c = *p;
        return DV_OK;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (same_name(p, length, names[i].name)) {
            *c = names[i].c;
            return DV_OK;
        }
    }
    return dv_regex_bad(lexer->err, "invalid collating element");
}

static enum dv_status named_class(struct dv_regex_lexer *lexer, struct dv_regex_set *set)
{
    const uint32_t *p = NULL;
    size_t length = 0;
    enum dv_status status = enclosed(lexer, ':', &p, &length);
    if (status != DV_OK)
        return status;
    for (unsigned i = 0; i < DV_CLASS_COUNT; i++) {
        if (!same_name(p, length, class_names[i]))
            continue;
        if ((lexer->flags & DV_REGEX_ICASE) != 0 && (i == DV_CLASS_LOWER || i == DV_CLASS_UPPER))
            i = DV_CLASS_ALPHA;
        set->classes |= 1U << i;
        return DV_OK;
    }
    return dv_regex_bad(lexer->err, "invalid character class");
}

/* One end of a range, or a character alone; *what: 'c' a character, 's' a set already added, '-' a hyphen
 * that makes a range, ']' the end. */
static enum dv_status bracket_token(struct dv_regex_lexer *lexer, struct dv_regex_set *set, bool first,
                                    struct dv_arena *arena, char *what, uint32_t *c)
{
    enum dv_status status = DV_OK;
    *what = 'c';
    if (lexer->at == lexer->end)
        return dv_regex_bad(lexer->err, "brackets [] not balanced");
    *c = *lexer->at++;
    if (*c == '-' && !first && !(lexer->at < lexer->end && *lexer->at == ']')) {
        *what = '-';
    } else if (*c == ']' && !first) {
        *what = ']';
    } else if (*c == '\\') {
        status = dv_regex_escape(lexer);
        if (status != DV_OK)
            return status;
        *c = lexer->value;
        if (lexer->token == DV_RE_CLASS || lexer->token == DV_RE_NOT_CLASS) {
            *(lexer->token == DV_RE_CLASS ? &set->classes : &set->not_classes) |= 1U << lexer->value;
            *what = 's';
        } else if (lexer->token != DV_RE_PLAIN) {
            return dv_regex_bad(lexer->err, "invalid escape \\ sequence");
        }
    } else if (*c == '[') {
        uint32_t kind = lexer->at < lexer->end ? *lexer->at : 0;
        if (lexer->at == lexer->end)
            return dv_regex_bad(lexer->err, "brackets [] not balanced");
        if (kind != '.' && kind != '=' && kind != ':')
            return DV_OK;
        lexer->at++;
        *what = kind == '.' ? 'c' : 's';
        if (kind == ':')
            return named_class(lexer, set);
        status = element(lexer, kind, c);
        if (status == DV_OK && kind == '=')
            status = dv_regex_set_char(set, *c, (lexer->flags & DV_REGEX_ICASE) != 0, arena, lexer->err);
    }
    return status;
}

static enum dv_status add_cases(struct dv_regex_lexer *lexer, struct dv_regex_set *set, uint32_t low,
                                uint32_t high, struct dv_arena *arena)
{
    enum dv_status status = DV_OK;
    for (uint32_t c = low; status == DV_OK && c <= high && c <= 0x10ffff; c++) {
        uint32_t l = lower(c), u = upper(c);
        if (l != c && (l < low || l > high))
            status = add_range(set, l, l, arena, lexer->err);
        if (status == DV_OK && u != c && (u < low || u > high))
            status = add_range(set, u, u, arena, lexer->err);
    }
    return status;
}

enum dv_status dv_regex_read_bracket(struct dv_regex_lexer *lexer, struct dv_regex_set *set,
                                     struct dv_arena *arena)
{
    bool any_case = (lexer->flags & DV_REGEX_ICASE) != 0;
    for (bool first = true;; first = false) {
        uint32_t low = 0, high;
        char what;
        enum dv_status status = bracket_token(lexer, set, first, arena, &what, &low);
        if (status != DV_OK || what == ']')
            return status;
        if (what == 's')
            continue;
        if (what == '-')
            return dv_regex_bad(lexer->err, "invalid character range");
        high = low;
        if (lexer->end - lexer->at >= 2 && lexer->at[0] == '-' && lexer->at[1] != ']') {
            lexer->at++;
            status = bracket_token(lexer, set, false, arena, &what, &high);
            if (status != DV_OK)
                return status;
            if (what == 's' || what == ']' || high < low)
                return dv_regex_bad(lexer->err, "invalid character range");
        } else {
            status = dv_regex_set_char(set, low, any_case, arena, lexer->err);
            if (status != DV_OK)
                return status;
            continue;
        }
        status = add_range(set, low, high, arena, lexer->err);
        if (status == DV_OK && any_case)
            status = add_cases(lexer, set, low, high, arena);
        if (status != DV_OK)
            return status;
    }
}

enum dv_status dv_regex_add_set(struct dv_regex *regex, const struct dv_regex_set *set,
                                struct dv_arena *arena, unsigned *number, struct dv_err *err)
{
    for (unsigned i = 0; i < regex->set_count; i++) {
        const struct dv_regex_set *have = &regex->sets[i];
        if (have->range_count == set->range_count && have->classes == set->classes &&
            have->not_classes == set->not_classes && have->negated == set->negated &&
            have->without_newline == set->without_newline &&
            (set->range_count == 0 ||
             memcmp(have->ranges, set->ranges, sizeof(*set->ranges) * set->range_count) == 0)) {
            *number = i;
            return DV_OK;
        }
    }
    if ((regex->set_count & (regex->set_count - 1)) == 0) { /* full at every power of two */
        struct dv_regex_set *grown = dv_arena_alloc(
            arena, sizeof(*grown) * (regex->set_count == 0 ? 1 : (size_t)regex->set_count * 2));
        if (grown == NULL)
            return dv_fail_memory(err);
        if (regex->set_count > 0)
            memcpy(grown, regex->sets, sizeof(*grown) * regex->set_count);
        regex->sets = grown;
    }
    *number = regex->set_count;
    regex->sets[regex->set_count++] = *set;
    return DV_OK;
}

/* ---- classes ------------------------------------------------------------------------------------------- */

bool dv_regex_in_class(uint32_t c, enum dv_regex_class wanted)
{
    UChar32 u = (UChar32)c;
    if (c > 0x10ffff)
        return false;
    switch (wanted) {
    case DV_CLASS_ALNUM:
        return u_isalnum(u) != 0;
    case DV_CLASS_ALPHA:
        return u_isalpha(u) != 0;
    case DV_CLASS_ASCII:
        return c < 0x80;
    case DV_CLASS_BLANK:
        return c == ' ' || c == '\t';
    case DV_CLASS_CNTRL:
        return c < 0x20 || (c >= 0x7f && c <= 0x9f);
    case DV_CLASS_DIGIT:
        return u_isdigit(u) != 0;
    case DV_CLASS_GRAPH:
        return u_isgraph(u) != 0;
    case DV_CLASS_LOWER:
        return u_islower(u) != 0;
    case DV_CLASS_PRINT:
        return u_isprint(u) != 0;
    case DV_CLASS_PUNCT:
        return u_ispunct(u) != 0;
    case DV_CLASS_SPACE:
        return u_isspace(u) != 0;
    case DV_CLASS_UPPER:
        return u_isupper(u) != 0;
    case DV_CLASS_XDIGIT:
        return (c >= '0' && c <= '9') || ((c | 0x20U) >= 'a' && (c | 0x20U) <= 'f' && c < 0x80);
    default:
        return c == '_' || u_isalnum(u) != 0;
    }
}
