/* Any bytes, taken for a model and for an expression, are parsed or refused: no crash, no leak, no endless
 * loop. An accepted model's tree is walked, since whoever binds it walks it too. */
#include "core/arena.h"
#include "core/error.h"
#include "transform/ast.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum dv_status count_dataset(void *context, const char *name, int line, int column, struct dv_err *err)
{
    unsigned *count = context;
    (void)err;
    *count += name[0] != '\0' && line > 0 && column > 0;
    return DV_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_ast_model *model = NULL;
    struct dv_ast *expression = NULL;
    unsigned datasets = 0;
    enum dv_status status = dv_parse_model((const char *)data, size, "fuzz.sql", &arena, &model, &err);
    if (status == DV_OK)
        status = dv_ast_each_dataset(model->query, count_dataset, &datasets, &err);
    else if (err.code != DV_EXIT_USAGE || err.message[0] == '\0')
        abort(); /* every refusal says why */
    if (status == DV_BUG)
        abort();
    status = dv_parse_expression((const char *)data, size, "fuzz", &arena, &expression, &err);
    if (status == DV_OK && !dv_ast_equal(expression, expression))
        abort();
    dv_arena_release(&arena);
    return 0;
}
