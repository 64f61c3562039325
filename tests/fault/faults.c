#include "faults.h"

#include <errno.h>
#include <execinfo.h>
#include <inttypes.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST     48    /* frames of a stack that tell a place from another */
#define TOP         7     /* those that tell a site, two of this library's own among them */
#define MOST_PLACES 65536 /* a power of two */
#define MOST_FILES  128   /* libraries that the program has loaded, itself included */

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EMFILE", EMFILE},
    {"ENOMEM", ENOMEM}, {"EDQUOT", EDQUOT}, {"EACCES", EACCES},
    {"EINTR", EINTR},   {"EAGAIN", EAGAIN}, {"ECONNRESET", ECONNRESET},
    {"EROFS", EROFS},
};

static struct {
    unsigned call; /* FAULT_MOST_CALLS: none */
    uint64_t place;
    const char *path;
    unsigned long at;
    bool forever, cut;
    int number;
    const char *counts, *places;
} asked = {.call = FAULT_MOST_CALLS};

static struct place {
    uint64_t hash; /* 0: free */
    uint64_t site;
    unsigned call;
    unsigned long count, first;
} places[MOST_PLACES];

static struct {
    uintptr_t from, to;
} files[MOST_FILES];

static unsigned file_count, place_count;
static pthread_mutex_t places_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_ulong came[FAULT_MOST_CALLS], matched;
static _Thread_local bool inside; /* what finding a stack does itself is no call of the program's */

static int note_file(struct dl_phdr_info *info, size_t size, void *context)
{
    uintptr_t from = UINTPTR_MAX, to = 0;
    (void)size;
    (void)context;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t at = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD)
            continue;
        from = at < from ? at : from;
        to = at + segment->p_memsz > to ? at + segment->p_memsz : to;
    }
    files[file_count].from = from;
    files[file_count].to = to;
    return ++file_count == MOST_FILES;
}

__attribute__((constructor)) static void read_environment(void)
{
    void *frame;
    const char *call = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"), *error = getenv("FAULT_ERROR");
    const char *place = getenv("FAULT_PLACE");
    inside = true;
    (void)backtrace(&frame, 1); /* loads what it needs now, rather than amid a call */
    (void)dl_iterate_phdr(note_file, NULL);
    asked.path = getenv("FAULT_PATH");
    asked.counts = getenv("FAULT_COUNTS");
    asked.places = getenv("FAULT_PLACES");
    asked.place = place == NULL ? 0 : strtoull(place, NULL, 16);
    for (unsigned i = 0; call != NULL && fault_calls[i] != NULL; i++)
        if (strcmp(call, fault_calls[i]) == 0)
            asked.call = i;
    char *rest = NULL;
    asked.at = at == NULL ? 0 : strtoul(at, &rest, 10);
    asked.forever = rest != NULL && *rest == '+';
    asked.cut = error != NULL && strcmp(error, "SHORT") == 0;
    asked.number = EIO;
    for (unsigned i = 0; error != NULL && i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(error, errors[i].name) == 0)
            asked.number = errors[i].number;
    inside = false;
}

static int by_first(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

__attribute__((destructor)) static void tell_counts(void)
{
    inside = true;
    FILE *file = asked.counts == NULL ? NULL : fopen(asked.counts, "w");
    for (unsigned i = 0; file != NULL && fault_calls[i] != NULL; i++)
        fprintf(file, "%s %lu\n", fault_calls[i], atomic_load(&came[i]));
    if (file != NULL)
        fclose(file);
    file = asked.places == NULL ? NULL : fopen(asked.places, "w");
    if (file == NULL)
        return;
    qsort(places, MOST_PLACES, sizeof places[0], by_first);
    for (unsigned i = 0; i < MOST_PLACES; i++)
        if (places[i].hash != 0)
            fprintf(file, "%s %016" PRIx64 " %016" PRIx64 " %lu\n", fault_calls[places[i].call],
                    places[i].hash, places[i].site, places[i].count);
    fclose(file);
}

bool fault_in_program(const void *address)
{
    return (uintptr_t)address >= files[0].from && (uintptr_t)address < files[0].to;
}

/* The stack's return addresses, each as where it lies in its file: where files are loaded differs from run to
 * run. */
static uint64_t stack_hash(unsigned call, uint64_t *site)
{
    void *frames[DEEPEST];
    int count = backtrace(frames, DEEPEST);
    uint64_t hash = 0xcbf29ce484222325 ^ call;
    for (int i = 0; i < count; i++) {
        uintptr_t at = (uintptr_t)frames[i];
        unsigned file = 0;
        while (file < file_count && (at < files[file].from || at >= files[file].to))
            file++;
        hash = (hash ^ (file < file_count ? at - files[file].from : 0)) * 0x100000001b3;
        hash = (hash ^ file) * 0x100000001b3;
        if (i < TOP)
            *site = hash;
    }
    return hash | 1;
}

static void note_place(unsigned call, uint64_t hash, uint64_t site)
{
    pthread_mutex_lock(&places_lock);
    unsigned at = (unsigned)(hash >> 1) % MOST_PLACES;
    while (places[at].hash != 0 && places[at].hash != hash)
        at = (at + 1) % MOST_PLACES;
    if (places[at].hash == 0 && place_count < MOST_PLACES - 1)
        places[at] = (struct place){.hash = hash, .site = site, .call = call, .first = ++place_count};
    places[at].count++;
    pthread_mutex_unlock(&places_lock);
}

static bool ends_in(const char *path, const char *end)
{
    size_t length = path != NULL ? strlen(path) : 0, wanted = strlen(end);
    return length >= wanted && strcmp(path + length - wanted, end) == 0;
}

/* Whether it is one of the calls that FAULT_AT counts. */
static bool matches(unsigned call, uint64_t hash, const char *path)
{
    return call == asked.call && (asked.place == 0 || asked.place == hash) &&
           (asked.path == NULL || ends_in(path, asked.path));
}

static bool hit(unsigned call, const char *path)
{
    uint64_t hash = 0, site = 0;
    if (inside)
        return false;
    inside = true;
    atomic_fetch_add(&came[call], 1);
    if (asked.places != NULL || (call == asked.call && asked.place != 0))
        hash = stack_hash(call, &site);
    if (asked.places != NULL)
        note_place(call, hash, site);
    inside = false;
    if (call == asked.call && asked.forever && atomic_load(&matched) >= asked.at)
        return true;
    return matches(call, hash, path) && atomic_fetch_add(&matched, 1) + 1 == asked.at;
}

bool fault_fails(unsigned call, const char *path, size_t *length)
{
    int before = errno;
    bool hits = hit(call, path);
    errno = before;
    if (!hits)
        return false;
    if (!asked.cut) {
        errno = asked.number;
        return true;
    }
    if (length != NULL && *length > 1)
        *length /= 2;
    return false;
}
