/* Figures of an analysed run: what each relation's own work took, in rows, bytes and time. */
#include "transform/flow.h"

#include <time.h>

uint64_t dv_flow_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* A node's time holds that of the nodes below it, which is taken off. */
void dv_flow_figures(struct dv_flow *flow)
{
    struct dv_run *run = flow->run;
    pthread_mutex_lock(&run->mutex);
    for (unsigned n = 0; n < flow->pipeline->node_count; n++) {
        const struct dv_node *node = flow->pipeline->nodes[n];
        const struct dv_flow_node *state = &flow->nodes[n];
        const struct dv_relation *relation =
            node->branch != NULL ? node->branch->relation : flow->pipeline->root;
        struct dv_operator_figures *figures =
            &run->relations[dv_relation_index(run->program, relation)].figures;
        uint64_t below = 0;
        for (unsigned c = 0; c < node->child_count; c++)
            below += flow->nodes[node->children[c]->index].nanoseconds;
        figures->nanoseconds += state->nanoseconds > below ? state->nanoseconds - below : 0;
        if (node->branch == NULL) {
            figures->rows_in += flow->row_number;
            figures->rows_out += flow->row_number;
            continue;
        }
        figures->rows_in +=
            node->feeds || n != flow->pipeline->top->index ? state->read + state->multiplied : 0;
        figures->rows_out += state->written;
        if (state->writer != NULL)
            figures->bytes_out += dv_stage_writer_raw_bytes(state->writer);
    }
    pthread_mutex_unlock(&run->mutex);
}
