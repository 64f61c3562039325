#include "transform/bind_query.h"
#include "transform/json_path.h"
#include "transform/relation.h"

#include "core/alloc.h"
#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_LIMIT (4U * 1024U * 1024U) /* bytes of one model file */

struct dv_relation *dv_program_relation(const struct dv_program *program, const char *name)
{
    for (unsigned r = 0; r < program->relation_count; r++)
        if (strcmp(program->relations[r]->name, name) == 0)
            return program->relations[r];
    return NULL;
}

enum dv_status dv_program_add(struct dv_program *program, struct dv_relation *relation, struct dv_err *err)
{
    if (program->relation_count == program->relation_capacity) {
        unsigned capacity = program->relation_capacity < 16 ? 16 : program->relation_capacity * 2;
        struct dv_relation **relations =
            dv_arena_zalloc(&program->arena, capacity * sizeof(struct dv_relation *));
        if (relations == NULL)
            return dv_fail_memory(err);
        if (program->relation_count > 0)
            memcpy(relations, program->relations, program->relation_count * sizeof(struct dv_relation *));
        program->relations = relations;
        program->relation_capacity = capacity;
    }
    program->relations[program->relation_count++] = relation;
    return DV_OK;
}

static enum dv_status add_inputs(struct dv_program *program, const struct dv_input *inputs, unsigned count,
                                 struct dv_err *err)
{
    for (unsigned i = 0; i < count; i++) {
        struct dv_relation *relation = dv_arena_zalloc(&program->arena, sizeof *relation);
        size_t bytes = inputs[i].column_count * sizeof *relation->columns;
        if (relation == NULL)
            return dv_fail_memory(err);
        relation->name = dv_arena_strdup(&program->arena, inputs[i].name);
        relation->columns = dv_arena_zalloc(&program->arena, bytes + 1);
        if (relation->name == NULL || relation->columns == NULL)
            return dv_fail_memory(err);
        if (bytes > 0)
            memcpy(relation->columns, inputs[i].columns, bytes);
        relation->column_count = inputs[i].column_count;
        relation->input = relation->bound = relation->materialized = true;
        enum dv_status status = dv_program_add(program, relation, err);
        if (status != DV_OK)
            return status;
    }
    program->input_count = count;
    return DV_OK;
}

static enum dv_status add_params(struct dv_program *program, const struct dv_program_param *params,
                                 unsigned count, struct dv_err *err)
{
    program->params = dv_arena_zalloc(&program->arena, (count + 1) * sizeof *program->params);
    if (program->params == NULL)
        return dv_fail_memory(err);
    program->params[program->param_count++] =
        (struct dv_param){.name = "now",
                          .type = dv_type_of(DV_TYPE_TIMESTAMPTZ),
                          .value = {.u.i = program->now_us, .state = DV_SET}};
    for (unsigned p = 0; p < count; p++) {
        struct dv_param *param = &program->params[program->param_count];
        param->name = dv_arena_strdup(&program->arena, params[p].name);
        if (param->name == NULL)
            return dv_fail_memory(err);
        enum dv_status status = dv_type_parse(params[p].type, strlen(params[p].type), &param->type, err);
        if (status == DV_OK && params[p].value != NULL) {
            char *text = dv_arena_strdup(&program->arena, params[p].value);
            status = text == NULL ? dv_fail_memory(err)
                                  : dv_value_from_text(text, strlen(text), &param->type, &program->arena,
                                                       &param->value, err);
        }
        if (status != DV_OK) {
            err->code = DV_EXIT_USAGE;
            dv_err_hint(err, "parameter %s is of type %s: give --param %s=VALUE", params[p].name,
                        params[p].type, params[p].name);
            return status;
        }
        program->param_count++;
    }
    return DV_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The model names of the folder, sorted: the order of files on disk must not show. An absent folder has none.
 */
static enum dv_status list_models(struct dv_program *program, char ***names, unsigned *count,
                                  struct dv_err *err)
{
    unsigned capacity = 64;
    DIR *folder = opendir(program->models_dir);
    *count = 0;
    *names = dv_arena_alloc(&program->arena, capacity * sizeof **names);
    if (folder == NULL && errno != ENOENT)
        return dv_fail_os(err, errno, "cannot read the folder %s", program->models_dir);
    enum dv_status status = *names == NULL ? dv_fail_memory(err) : DV_OK;
    while (status == DV_OK && folder != NULL) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL && errno != 0)
            status = dv_fail_os(err, errno, "cannot read the folder %s", program->models_dir);
        if (entry == NULL)
            break;
        size_t length = strlen(entry->d_name);
        if (length <= 4 || entry->d_name[0] == '.' || strcmp(entry->d_name + length - 4, ".sql") != 0)
            continue;
        if (*count == capacity) {
            char **more = dv_arena_alloc(&program->arena, (size_t)capacity * 2 * sizeof *more);
            if (more == NULL) {
                status = dv_fail_memory(err);
                break;
            }
            memcpy(more, *names, capacity * sizeof *more);
            *names = more;
            capacity *= 2;
        }
        (*names)[*count] = dv_arena_copy(&program->arena, entry->d_name, length - 4);
        if ((*names)[(*count)++] == NULL)
            status = dv_fail_memory(err);
    }
    if (folder != NULL)
        closedir(folder);
    if (status == DV_OK)
        qsort(*names, *count, sizeof **names, by_name);
    return status;
}

static enum dv_status read_model(struct dv_program *program, const char *name,
                                 const struct dv_model_spec *spec, struct dv_relation **out,
                                 struct dv_err *err)
{
    struct dv_buf text = {0};
    struct dv_relation *relation = dv_arena_zalloc(&program->arena, sizeof *relation);
    char *path = dv_arena_printf(&program->arena, "%s/%s.sql", program->models_dir, name);
    enum dv_status status = DV_OK;
    if (relation == NULL || path == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_file_read(path, MODEL_LIMIT, &text, err));
    char *sql = dv_arena_copy(&program->arena, text.data, text.len);
    relation->name = name;
    relation->file = dv_arena_printf(&program->arena, "transform/%s.sql", name);
    relation->spec = spec;
    if (sql == NULL || relation->file == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_parse_model(sql, text.len, relation->file, &program->arena, &relation->ast, err));
    relation->ephemeral = relation->ast->ephemeral;
    relation->description = relation->ast->description;
    *out = relation;
done:
    dv_buf_release(&text);
    return status;
}

static const struct dv_model_spec *find_spec(const struct dv_model_spec *specs, unsigned count,
                                             const char *name)
{
    for (unsigned s = 0; s < count; s++)
        if (strcmp(specs[s].name, name) == 0)
            return &specs[s];
    return NULL;
}

/* Every model is parsed before any is bound, as they may name one another in any order. A model that is not
 * yet bound stands behind the bound ones: binding moves it to its place. */
static enum dv_status bind_models(struct dv_program *program, struct dv_relation **models, unsigned count,
                                  struct dv_err *err)
{
    unsigned inputs = program->relation_count;
    enum dv_status status = DV_OK;
    program->unbound = models;
    program->unbound_count = count;
    for (unsigned m = 0; m < count; m++) {
        for (unsigned i = 0; i < inputs; i++)
            if (strcmp(models[m]->name, program->relations[i]->name) == 0)
                return dv_fail(err, DV_EXIT_USAGE, "%s: \"%s\" is also the name of an extracted dataset",
                               models[m]->file, models[m]->name);
    }
    for (unsigned m = 0; m < count; m++)
        DV_TRY(dv_bind_relation(program, models[m], err));
done:
    return status;
}

/* job.json's word on models against what the folder holds. */
static enum dv_status check_specs(const struct dv_program *program, const struct dv_model_spec *specs,
                                  unsigned count, struct dv_err *err)
{
    for (unsigned s = 0; s < count; s++) {
        if (dv_program_relation(program, specs[s].name) == NULL)
            return dv_fail(err, DV_EXIT_USAGE, "job.json: transform.%s: there is no model transform/%s.sql",
                           specs[s].name, specs[s].name);
        if (specs[s].crosswalk != NULL && dv_program_relation(program, specs[s].crosswalk) == NULL)
            return dv_fail(err, DV_EXIT_USAGE, "job.json: transform.%s.crosswalk: there is no model \"%s\"",
                           specs[s].name, specs[s].crosswalk);
    }
    return DV_OK;
}

enum dv_status dv_program_new(struct dv_program **out, const char *models_dir, const struct dv_input *inputs,
                              unsigned input_count, const struct dv_model_spec *specs, unsigned spec_count,
                              const struct dv_program_param *params, unsigned param_count, int64_t now_us,
                              struct dv_err *err)
{
    struct dv_program *program = dv_calloc(1, sizeof *program);
    enum dv_status status = DV_OK;
    char **names;
    unsigned count;
    *out = NULL;
    if (program == NULL)
        return dv_fail_memory(err);
    program->now_us = now_us;
    program->models_dir = dv_arena_strdup(&program->arena, models_dir);
    if (program->models_dir == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(add_inputs(program, inputs, input_count, err));
    DV_TRY(add_params(program, params, param_count, err));
    DV_TRY(list_models(program, &names, &count, err));
    struct dv_relation **models =
        dv_arena_zalloc(&program->arena, (count + 1) * sizeof(struct dv_relation *));
    if (models == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (unsigned m = 0; m < count; m++)
        DV_TRY(read_model(program, names[m], find_spec(specs, spec_count, names[m]), &models[m], err));
    DV_TRY(bind_models(program, models, count, err));
    DV_TRY(check_specs(program, specs, spec_count, err));
    dv_schedule(program);
    DV_TRY(dv_mark_needed(program, err));
    DV_TRY(dv_json_plan(program, err));
done:
    if (status != DV_OK)
        dv_program_free(program);
    else
        *out = program;
    return status;
}

void dv_program_free(struct dv_program *program)
{
    if (program == NULL)
        return;
    dv_arena_release(&program->arena);
    dv_free(program);
}

/* ---- what there is ---- */

/* Models of files, in running order; the nested ones that WITH and sub-selects made are not counted. */
static const struct dv_relation *model_at(const struct dv_program *program, unsigned model)
{
    for (unsigned r = 0; r < program->relation_count; r++) {
        const struct dv_relation *relation = program->relations[r];
        if (relation->input || strchr(relation->name, '.') != NULL)
            continue;
        if (model-- == 0)
            return relation;
    }
    return NULL;
}

unsigned dv_program_model_count(const struct dv_program *program)
{
    unsigned count = 0;
    while (model_at(program, count) != NULL)
        count++;
    return count;
}

const char *dv_program_model_name(const struct dv_program *program, unsigned model)
{
    return model_at(program, model)->name;
}

bool dv_program_model_ephemeral(const struct dv_program *program, unsigned model)
{
    return !model_at(program, model)->materialized;
}

const char *dv_program_model_description(const struct dv_program *program, unsigned model)
{
    return model_at(program, model)->description;
}

const struct dv_column *dv_program_columns(const struct dv_program *program, const char *model,
                                           unsigned *count)
{
    const struct dv_relation *relation = dv_program_relation(program, model);
    *count = 0;
    if (relation == NULL || relation->input)
        return NULL;
    *count = relation->column_count;
    return relation->columns;
}

enum dv_status dv_program_used_columns(const struct dv_program *program, const char *input, bool *used,
                                       struct dv_err *err)
{
    const struct dv_relation *relation = dv_program_relation(program, input);
    if (relation == NULL || !relation->input)
        return dv_fail(err, DV_EXIT_BUG, "\"%s\" is no extracted dataset", input);
    for (unsigned c = 0; c < relation->column_count; c++)
        used[c] = used[c] || relation->needed[c];
    return DV_OK;
}
