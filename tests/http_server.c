/* The server of http_server.h as a program, for scripts: prints its port, answers until it is killed. */
#include "tests/http_server.h"

int main(void)
{
    unsigned port;
    int listener = http_listen(&port);
    if (listener < 0)
        return 1;
    printf("%u\n", port);
    (void)fflush(stdout);
    (void)http_serve((void *)(intptr_t)listener);
    return 0;
}
