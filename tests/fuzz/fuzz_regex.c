/* Any pattern over any text: refused with its SQLSTATE, or matched within the time that the fuzzer allows.
 * Both ways of searching (with a table of states and without) agree, and what the functions say of one
 * pattern and text fits together.
 *
 * Input: a line whose first byte's low bits are enum dv_regex_flag ("@": none, "A": any case), a line with
 * the pattern, then the text. */
#include "tests/fuzz/fuzz_expr.h"
#include "transform/regex.h"

#define MOST_PATTERN 128
#define MOST_TEXT    256
#define MOST_COPIES  256
#define MOST_SPANS   8

static struct fuzz_expr values[] = {
    {.text = "regexp_match(s, p)"},
    {.text = "regexp_replace(s, p, '[\\1\\2]', 'g')"},
    {.text = "regexp_replace(s, p, '<\\&>', 2, 1, 'i')"},
    {.text = "regexp_split_to_array(s, p)"},
    {.text = "regexp_split_to_array(s, p, 'x')"},
    {.text = "substring(s, p)"},
    {.text = "regexp_substr(s, p, 1, 2)"},
    {.text = "s LIKE p"},
    {.text = "s ILIKE p"},
};

static struct fuzz_expr facts[] = {
    {.text = "(s ~ p) = NOT (s !~ p) AND (s ~ p) = (regexp_count(s, p) > 0)"},
    {.text = "(s ~ p) = (regexp_instr(s, p) > 0) AND (s ~ p) = (regexp_match(s, p) IS NOT NULL)"},
    {.text = "regexp_replace(s, p, '\\&', 'g') = s"},
    {.text = "regexp_substr(s, p) = substr(s, regexp_instr(s, p), length(regexp_substr(s, p)))"},
};

static const struct dv_scope *columns(void)
{
    static struct dv_scope_column list[2] = {{.name = "s", .slot = 0}, {.name = "p", .slot = 1}};
    static const struct dv_scope scope = {.columns = list, .count = 2};
    list[0].type = list[1].type = dv_type_of(DV_TYPE_TEXT);
    return &scope;
}

/* What is counted is copied: a match over thousands of copies takes longer than a fuzzer allows. */
static bool copies_much(struct fuzz_text pattern)
{
    unsigned copies = 1, number = 0;
    for (size_t i = 0; i < pattern.length && copies <= MOST_COPIES; i++) {
        char c = pattern.p[i];
        if (c == '}' && number > 1)
            copies *= number;
        number = c >= '0' && c <= '9' && number <= MOST_COPIES ? number * 10 + (unsigned)(c - '0') : 0;
    }
    return copies > MOST_COPIES;
}

static bool starts_character(struct fuzz_text text, size_t at)
{
    return at == text.length || (at < text.length && ((unsigned char)text.p[at] & 0xc0) != 0x80);
}

static bool find(const struct dv_regex *regex, struct fuzz_text text, struct dv_regex_span *spans,
                 unsigned count, struct dv_arena *arena)
{
    struct dv_err err = DV_ERR_INIT;
    bool found = false;
    FUZZ_CHECK(dv_regex_find(regex, text.p, text.length, 0, spans, count, arena, &found, &err) == DV_OK);
    return found;
}

static void check_spans(const struct dv_regex_span *spans, unsigned captures, struct fuzz_text text)
{
    for (unsigned i = 0; i < MOST_SPANS; i++) {
        if (spans[i].start == DV_REGEX_NONE || spans[i].end == DV_REGEX_NONE) {
            FUZZ_CHECK(i > 0 && spans[i].start == spans[i].end);
            continue;
        }
        FUZZ_CHECK(i <= captures && spans[i].start <= spans[i].end);
        FUZZ_CHECK(spans[i].start >= spans[0].start && spans[i].end <= spans[0].end);
        FUZZ_CHECK(starts_character(text, spans[i].start) && starts_character(text, spans[i].end));
    }
}

static void check_literal(struct fuzz_text pattern, struct fuzz_text text, bool found,
                          const struct dv_regex_span *whole)
{
    const char *at = pattern.length > 0 ? memmem(text.p, text.length, pattern.p, pattern.length) : text.p;
    FUZZ_CHECK(found == (at != NULL));
    FUZZ_CHECK(!found ||
               (whole->start == (size_t)(at - text.p) && whole->end == whole->start + pattern.length));
}

/* One pattern and text by every way of searching. false: no pattern. */
static bool search(unsigned flags, struct fuzz_text pattern, struct fuzz_text text, struct dv_arena *arena)
{
    struct dv_regex_span all[MOST_SPANS], once_all[MOST_SPANS], whole;
    const struct dv_regex *regex, *once;
    struct dv_err err = DV_ERR_INIT;
    enum dv_status status = dv_regex_compile(pattern.p, pattern.length, flags, arena, &regex, &err);
    if (status != DV_OK) {
        FUZZ_CHECK_OF(status == DV_FAILED && err.sqlstate[0] != '\0', err.message);
        return false;
    }
    FUZZ_CHECK(dv_regex_compile(pattern.p, pattern.length, flags | DV_REGEX_ONCE, arena, &once, &err) ==
               DV_OK);
    bool found = find(regex, text, all, MOST_SPANS, arena);
    FUZZ_CHECK(find(regex, text, NULL, 0, arena) == found && find(once, text, NULL, 0, arena) == found);
    FUZZ_CHECK(find(regex, text, &whole, 1, arena) == found);
    FUZZ_CHECK(find(once, text, once_all, MOST_SPANS, arena) == found);
    if (found) {
        check_spans(all, dv_regex_captures(regex), text);
        FUZZ_CHECK(memcmp(all, once_all, sizeof all) == 0);
        FUZZ_CHECK(whole.start == all[0].start && whole.end == all[0].end);
    }
    if ((flags & DV_REGEX_LITERAL) != 0 && (flags & DV_REGEX_ICASE) == 0)
        check_literal(pattern, text, found, &all[0]);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_text rest = {(const char *)data, size}, flags = fuzz_line(&rest), pattern = fuzz_line(&rest);
    struct dv_arena arena = {0};
    if (flags.length == 0 || pattern.length > MOST_PATTERN || rest.length > MOST_TEXT ||
        copies_much(pattern) || !fuzz_is_text(pattern.p, pattern.length) ||
        !fuzz_is_text(rest.p, rest.length))
        return 0;
    fuzz_bind(values, FUZZ_COUNT(values), columns());
    fuzz_bind(facts, FUZZ_COUNT(facts), columns());
    (void)search((unsigned char)flags.p[0] & 31U, pattern, rest, &arena);
    dv_arena_reset(&arena);
    bool good = search(0, pattern, rest, &arena);
    struct dv_value row[2] = {dv_text(rest.p, rest.length), dv_text(pattern.p, pattern.length)};
    fuzz_check_values(values, FUZZ_COUNT(values), row, &arena);
    if (good)
        fuzz_check_true(facts, FUZZ_COUNT(facts), row, &arena);
    dv_arena_release(&arena);
    return 0;
}
