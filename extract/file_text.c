#include "extract/file_text.h"

#include "core/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>

#define WINDOW ((size_t)1024 * 1024)
#define INPUT  ((size_t)128 * 1024)
/* Every layer makes progress with so much: no character of UTF-8 is as long. */
#define LEAST_ROOM ((size_t)64)

/* One layer's input: bytes of the layer below that it has not used yet. */
struct input {
    char *data; /* owned; INPUT bytes */
    size_t at, end;
    bool last;
};

struct dv_file_text_source {
    int fd;
    bool gzip, inflating, converting;
    struct input packed, foreign;
    z_stream stream;
    bool member_open; /* inside a gzip member */
    iconv_t converter;
    char *window; /* owned */
    size_t capacity;
    uint64_t offset;    /* of window[0] */
    const char *hashed; /* in the window: everything before it is in the hash */
    XXH3_state_t *hash; /* owned */
    bool drained;       /* the layers have no more */
};

static enum dv_status read_file(struct dv_file_text *text, char *out, size_t room, size_t *got,
                                struct dv_err *err)
{
    for (;;) {
        ssize_t count = read(text->source->fd, out, room);
        if (count >= 0) {
            *got = (size_t)count;
            return DV_OK;
        }
        if (errno != EINTR)
            return dv_fail_os(err, errno, "cannot read %s", text->path);
    }
}

typedef enum dv_status (*read_fn)(struct dv_file_text *text, char *out, size_t room, size_t *got,
                                  struct dv_err *err);

/* Moves the unused bytes to the front and reads behind them. */
static enum dv_status refill(struct dv_file_text *text, struct input *input, read_fn read_below,
                             struct dv_err *err)
{
    size_t left = input->end - input->at, got = 0;
    memmove(input->data, input->data + input->at, left);
    input->at = 0;
    input->end = left;
    enum dv_status status = read_below(text, input->data + left, INPUT - left, &got, err);
    if (status != DV_OK)
        return status;
    input->end += got;
    input->last = got == 0;
    return DV_OK;
}

static enum dv_status damaged(const struct dv_file_text *text, const char *how, struct dv_err *err)
{
    enum dv_status status = dv_fail(err, DV_EXIT_FAULT, "%s is damaged: %s", text->path, how);
    dv_err_hint(err, "gzip -t %s tells more; have the file sent again", text->path);
    return status;
}

/* The next byte begins a member, or there is none: zeros may pad the file's end, as on tapes. */
static enum dv_status next_member(struct dv_file_text *text, bool *any, struct dv_err *err)
{
    struct dv_file_text_source *source = text->source;
    struct input *input = &source->packed;
    bool first = source->stream.total_in == 0;
    enum dv_status status = DV_OK;
    if (input->end - input->at < 2 && !input->last)
        status = refill(text, input, read_file, err);
    while (status == DV_OK && !first && (input->at < input->end || !input->last) &&
           (input->at == input->end || input->data[input->at] == '\0')) {
        if (input->at == input->end)
            status = refill(text, input, read_file, err);
        else
            input->at++;
    }
    if (status == DV_OK && input->end - input->at == 1 && !input->last)
        status = refill(text, input, read_file, err);
    *any = input->at < input->end;
    if (status != DV_OK || !*any)
        return status;
    if (input->end - input->at >= 2 && memcmp(input->data + input->at, "\x1f\x8b", 2) == 0)
        return DV_OK;
    if (!first)
        return damaged(text, "something that is not gzip stands behind its end", err);
    status = dv_fail(err, DV_EXIT_FAULT, "%s is not a gzip file, though its name says so", text->path);
    dv_err_hint(err, "rename it, or have it sent again");
    return status;
}

static enum dv_status read_inflated(struct dv_file_text *text, char *out, size_t room, size_t *got,
                                    struct dv_err *err)
{
    struct dv_file_text_source *source = text->source;
    struct input *input = &source->packed;
    z_stream *stream = &source->stream;
    *got = 0;
    while (*got == 0) {
        if (!source->member_open) {
            bool any;
            enum dv_status status = next_member(text, &any, err);
            if (status != DV_OK || !any)
                return status;
            (void)inflateReset2(stream, 16 + MAX_WBITS);
            source->member_open = true;
        }
        if (input->at == input->end && !input->last) {
            enum dv_status status = refill(text, input, read_file, err);
            if (status != DV_OK)
                return status;
        }
        stream->next_in = (Bytef *)(input->data + input->at);
        stream->avail_in = (uInt)(input->end - input->at);
        stream->next_out = (Bytef *)out;
        stream->avail_out = (uInt)room;
        int result = inflate(stream, Z_NO_FLUSH);
        input->at = input->end - stream->avail_in;
        *got = room - stream->avail_out;
        if (result == Z_STREAM_END)
            source->member_open = false;
        else if (result == Z_MEM_ERROR)
            return dv_fail_memory(err);
        else if (result == Z_BUF_ERROR && input->last && input->at == input->end)
            return damaged(text, "it ends in the middle", err);
        else if (result != Z_OK && result != Z_BUF_ERROR)
            return damaged(text, stream->msg != NULL ? stream->msg : "its gzip data is wrong", err);
    }
    return DV_OK;
}

static enum dv_status read_converted(struct dv_file_text *text, char *out, size_t room, size_t *got,
                                     struct dv_err *err)
{
    struct dv_file_text_source *source = text->source;
    struct input *input = &source->foreign;
    read_fn below = source->gzip ? read_inflated : read_file;
    *got = 0;
    while (*got == 0) {
        if (!input->last && input->end - input->at < INPUT / 2) {
            enum dv_status status = refill(text, input, below, err);
            if (status != DV_OK)
                return status;
        }
        if (input->at == input->end)
            return DV_OK;
        char *from = input->data + input->at, *to = out;
        size_t left = input->end - input->at, to_room = room - 1;
        size_t result = iconv(source->converter, &from, &left, &to, &to_room);
        int why = result == (size_t)-1 ? errno : 0;
        input->at = input->end - left;
        if (why == EILSEQ || (why == EINVAL && input->last)) {
            *to++ = DV_UNKNOWN_BYTE;
            input->at++;
        }
        *got = (size_t)(to - out);
    }
    return DV_OK;
}

static enum dv_status prepare(struct dv_file_text *text, const struct dv_file_spec *spec,
                              const struct dv_encoding *encoding, struct dv_err *err)
{
    struct dv_file_text_source *source = text->source;
    source->gzip = spec->gzip;
    source->capacity = WINDOW;
    source->window = dv_alloc(source->capacity);
    source->hash = XXH3_createState();
    source->packed.data = source->gzip ? dv_alloc(INPUT) : NULL;
    source->foreign.data = encoding->kind == DV_ENCODING_STREAM ? dv_alloc(INPUT) : NULL;
    if (source->window == NULL || source->hash == NULL || (source->gzip && source->packed.data == NULL) ||
        (encoding->kind == DV_ENCODING_STREAM && source->foreign.data == NULL))
        return dv_fail_memory(err);
    (void)XXH3_128bits_reset(source->hash);
    text->at = text->end = source->hashed = source->window;
    if (source->gzip) {
        if (inflateInit2(&source->stream, 16 + MAX_WBITS) != Z_OK)
            return dv_fail_memory(err);
        source->inflating = true;
    }
    if (encoding->kind == DV_ENCODING_STREAM) {
        source->converter = iconv_open("UTF-8", encoding->name);
        if (source->converter == (iconv_t)-1)
            return dv_fail_os(err, errno, "cannot convert from %s", encoding->name);
        source->converting = true;
    }
    return DV_OK;
}

static void take_stamp(const struct stat *status, struct dv_file_text_stamp *stamp)
{
    stamp->size = (uint64_t)status->st_size;
    stamp->modified_ns = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

enum dv_status dv_file_text_open(struct dv_file_text *text, const char *path, const struct dv_file_spec *spec,
                                 const struct dv_encoding *encoding, struct dv_err *err)
{
    struct stat about;
    enum dv_status status;
    *text = (struct dv_file_text){.path = path, .source = dv_calloc(1, sizeof *text->source)};
    if (text->source == NULL)
        return dv_fail_memory(err);
    text->source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (text->source->fd < 0) {
        status = dv_fail_os(err, errno, "cannot open %s", path);
        goto done;
    }
    if (fstat(text->source->fd, &about) != 0) {
        status = dv_fail_os(err, errno, "cannot look at %s", path);
        goto done;
    }
    if (!S_ISREG(about.st_mode)) {
        status = dv_fail(err, DV_EXIT_FAULT, "%s is not a file", path);
        goto done;
    }
    take_stamp(&about, &text->stamp);
    status = prepare(text, spec, encoding, err);
done:
    if (status != DV_OK)
        dv_file_text_close(text);
    return status;
}

void dv_file_text_close(struct dv_file_text *text)
{
    struct dv_file_text_source *source = text->source;
    if (source != NULL) {
        if (source->fd >= 0)
            close(source->fd);
        if (source->inflating)
            (void)inflateEnd(&source->stream);
        if (source->converting)
            (void)iconv_close(source->converter);
        (void)XXH3_freeState(source->hash);
        dv_free(source->packed.data);
        dv_free(source->foreign.data);
        dv_free(source->window);
        dv_free(source);
    }
    *text = (struct dv_file_text){0};
}

bool dv_file_text_seekable(const struct dv_file_text *text)
{
    return !text->source->gzip && !text->source->converting;
}

uint64_t dv_file_text_offset(const struct dv_file_text *text)
{
    return text->source->offset + (uint64_t)(text->at - text->source->window);
}

/* Puts what was consumed into the hash. */
static void hash_consumed(struct dv_file_text *text)
{
    struct dv_file_text_source *source = text->source;
    (void)XXH3_128bits_update(source->hash, source->hashed, (size_t)(text->at - source->hashed));
    source->hashed = text->at;
}

static enum dv_status grow(struct dv_file_text *text, struct dv_err *err)
{
    struct dv_file_text_source *source = text->source;
    size_t capacity = source->capacity * 2;
    char *window = dv_realloc(source->window, capacity);
    if (window == NULL)
        return dv_fail_memory(err);
    text->at = window + (text->at - source->window);
    text->end = window + (text->end - source->window);
    source->hashed = window + (source->hashed - source->window);
    source->window = window;
    source->capacity = capacity;
    return DV_OK;
}

enum dv_status dv_file_text_more(struct dv_file_text *text, struct dv_err *err)
{
    struct dv_file_text_source *source = text->source;
    size_t left = (size_t)(text->end - text->at), got = 0;
    enum dv_status status;
    hash_consumed(text);
    source->offset = dv_file_text_offset(text);
    memmove(source->window, text->at, left);
    text->at = source->hashed = source->window;
    text->end = source->window + left;
    if (source->capacity - left < LEAST_ROOM) {
        status = grow(text, err);
        if (status != DV_OK)
            return status;
    }
    read_fn read_text = source->converting ? read_converted : source->gzip ? read_inflated : read_file;
    size_t room = source->capacity - left;
    while (room - got >= LEAST_ROOM) { /* full windows: the fewer, the less is moved */
        size_t count;
        status = read_text(text, source->window + left + got, room - got, &count, err);
        if (status != DV_OK)
            return status;
        if (count == 0) {
            source->drained = true;
            break;
        }
        got += count;
    }
    text->end += got;
    text->last = source->drained;
    return DV_OK;
}

enum dv_status dv_file_text_seek(struct dv_file_text *text, uint64_t offset, struct dv_err *err)
{
    struct dv_file_text_source *source = text->source;
    enum dv_status status = DV_OK;
    if (dv_file_text_seekable(text)) {
        if (lseek(source->fd, (off_t)offset, SEEK_SET) < 0)
            return dv_fail_os(err, errno, "cannot read %s at %" PRIu64, text->path, offset);
        source->offset = offset;
        text->at = text->end = source->hashed = source->window;
        text->last = source->drained = false;
    }
    while (dv_file_text_offset(text) < offset && status == DV_OK) {
        uint64_t left = offset - dv_file_text_offset(text);
        size_t there = (size_t)(text->end - text->at);
        text->at += there < left ? there : (size_t)left;
        if (there < left && text->last)
            return dv_file_text_same(text, NULL, err);
        if (there < left)
            status = dv_file_text_more(text, err);
    }
    source->hashed = text->at;
    (void)XXH3_128bits_reset(source->hash);
    return status;
}

void dv_file_text_hash(struct dv_file_text *text, char out[DV_FILE_TEXT_HASH])
{
    hash_consumed(text);
    XXH128_hash_t hash = XXH3_128bits_digest(text->source->hash);
    (void)snprintf(out, DV_FILE_TEXT_HASH, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
                   (uint64_t)hash.low64);
    (void)XXH3_128bits_reset(text->source->hash);
}

enum dv_status dv_file_text_same(const struct dv_file_text *text, const struct dv_file_text_stamp *stamp,
                                 struct dv_err *err)
{
    struct stat about;
    struct dv_file_text_stamp now;
    if (fstat(text->source->fd, &about) != 0)
        return dv_fail_os(err, errno, "cannot look at %s", text->path);
    take_stamp(&about, &now);
    if (stamp != NULL && now.size == stamp->size && now.modified_ns == stamp->modified_ns)
        return DV_OK;
    enum dv_status status =
        dv_fail(err, DV_EXIT_CHANGED, "%s changed since the run began to read it", text->path);
    dv_err_hint(err, "put the file back as it was to go on with this run, or start over with --new");
    return status;
}
