/* Makes whole models at random, and data for them that hurts: the same for the same seed.
 *
 * Order of calls: model_seed, then model_case for each case, model_case_release. A case is two or three
 * tables and a chain of one to four models over them. What a model leaves to chance in PostgreSQL (ties,
 * which of two equal values stands for a group) is not generated. One thread. */
#ifndef TESTS_ORACLE_MODEL_GEN_H
#define TESTS_ORACLE_MODEL_GEN_H

#include "core/buf.h"

#include <stdint.h>

#define CASE_TABLES 3
#define CASE_MODELS 4
/* In a model's SQL before a table's name where the model may be asked about one row alone: row by row it says
 * which rows fail. */
#define ROW_MARK '\1'

struct case_table {
    char name[64];
    struct dv_buf columns; /* "id integer, t text" */
    struct dv_buf csv;
};

struct case_model {
    char name[64];
    struct dv_buf sql;
    bool ephemeral;
};

struct test_case {
    struct case_table tables[CASE_TABLES];
    struct case_model models[CASE_MODELS];
    unsigned table_count, model_count;
    bool risky;          /* expressions may fail, and which are reached is not laid down */
    const char *feature; /* a construct that drover may refuse: the case is skipped then; NULL: none */
};

void model_seed(uint64_t seed);
unsigned model_pick(unsigned n); /* 0..n-1 */
void model_case(struct test_case *out, unsigned most_rows);
void model_case_release(struct test_case *released);

#endif
