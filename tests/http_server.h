/* A little HTTP server on a free port of the loopback, for tests. The path says how it answers:
 *   /status/N    with status N
 *   /redirect    301, to /status/200?token=secret
 *   /slow        200, but only after half a minute
 *   /flaky/N     503 the first N times, then 200
 *   /mute        nothing: it closes the connection
 *   /endless     200, and a body that never ends */
#ifndef DV_TESTS_HTTP_SERVER_H
#define DV_TESTS_HTTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_uint http_asked; /* requests so far */
static atomic_uint http_flaky;

/* *port: the one that was free. -1: none. */
static inline int http_listen(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 16) != 0 || getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    return listener;
}

/* False where the other side is gone. */
static inline int http_say(int connection, const char *text)
{
    size_t length = strlen(text);
    return send(connection, text, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static inline void http_status(int connection, unsigned status)
{
    char text[128];
    (void)snprintf(text, sizeof text, "HTTP/1.1 %u X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
                   status);
    (void)http_say(connection, text);
}

static inline void *http_answer(void *argument)
{
    int connection = (int)(intptr_t)argument;
    char request[2048] = "";
    ssize_t got = recv(connection, request, sizeof request - 1, 0);
    const char *path = got > 0 && strncmp(request, "GET ", 4) == 0 ? request + 4 : "";
    atomic_fetch_add(&http_asked, 1);
    if (strncmp(path, "/status/", 8) == 0)
        http_status(connection, (unsigned)strtoul(path + 8, NULL, 10));
    else if (strncmp(path, "/flaky/", 7) == 0)
        http_status(connection, atomic_fetch_add(&http_flaky, 1) < strtoul(path + 7, NULL, 10) ? 503 : 200);
    else if (strncmp(path, "/redirect", 9) == 0)
        (void)http_say(connection, "HTTP/1.1 301 Moved\r\nLocation: /status/200?token=secret\r\n"
                                   "Content-Length: 0\r\nConnection: close\r\n\r\n");
    else if (strncmp(path, "/endless", 8) == 0 && http_say(connection, "HTTP/1.1 200 OK\r\n\r\n"))
        while (http_say(connection, "more and more of it\n"))
            usleep(1000);
    else if (strncmp(path, "/slow", 5) == 0)
        sleep(30);
    (void)close(connection);
    return NULL;
}

/* Each request on a thread of its own. Never returns. argument: the listener. */
static inline void *http_serve(void *argument)
{
    int listener = (int)(intptr_t)argument;
    for (;;) {
        pthread_t thread;
        int connection = accept(listener, NULL, NULL);
        if (connection >= 0 && pthread_create(&thread, NULL, http_answer, (void *)(intptr_t)connection) == 0)
            (void)pthread_detach(thread);
    }
    return NULL;
}

#endif
