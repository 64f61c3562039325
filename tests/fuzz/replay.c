/* Gives each file of a corpus folder to the fuzz target that this is linked with, as libFuzzer would: what
 * was found once stays found, in every build. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return -1;
    }
    uint8_t *data = malloc(1U << 20);
    size_t size = data != NULL ? fread(data, 1, 1U << 20, file) : 0;
    fclose(file);
    if (data == NULL)
        return -1;
    /* A copy of just that size, so that one byte too far is seen. */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact != NULL) {
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    free(data);
    return 0;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: %s CORPUS\n", arguments[0]);
        return 2;
    }
    DIR *folder = opendir(arguments[1]);
    unsigned files = 0;
    if (folder == NULL) {
        perror(arguments[1]);
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", arguments[1], entry->d_name);
        if (replay(path) != 0)
            return 1;
        files++;
    }
    closedir(folder);
    printf("%u inputs\n", files);
    return files > 0 ? 0 : 1; /* an empty corpus checks nothing */
}
