/* A TCP proxy before a PostgreSQL server on a Unix socket, for tests that lose connections.
 *
 *     proxy SOCKET MODE DIRECTION BYTES
 *
 * It listens on a port of 127.0.0.1 that the system chooses, and prints it. Once so many bytes in all have
 * gone in the DIRECTION, "up" (to the server) or "down", it does what MODE says, once, and prints the mode:
 *
 * - cut: closes the connection that the last of them went through on both sides, the client's with a reset.
 * - hole: passes nothing on any more on that connection, and does not close it: no side sees anything of it.
 * - hole-all: the same for all connections, those that come later as well, until SIGUSR1.
 * - none: nothing.
 *
 * SIGTERM ends it; it prints what has passed in all, "up BYTES down BYTES". */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST  64
#define PIECE 4096

/* Two ends: 0 the client, 1 the server. */
struct link {
    int ends[2];
    bool hole;
};

static struct {
    const char *path, *mode;
    int from; /* the end that sends in the direction that counts */
    unsigned long long left;
    bool over, all;
} job;
static volatile sig_atomic_t mended, ended;
static unsigned long long passed[2]; /* from the client, from the server */

static void mend(int signal_number)
{
    if (signal_number == SIGUSR1)
        mended = 1;
    else
        ended = 1;
}

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static int listening(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, MOST) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        fail("proxy: listen");
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    return fd;
}

static int to_server(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", job.path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void drop(struct link *link, bool reset)
{
    const struct linger now = {.l_onoff = 1};
    if (reset)
        (void)setsockopt(link->ends[0], SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(link->ends[0]);
    close(link->ends[1]);
    link->ends[0] = link->ends[1] = -1;
}

static bool send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static void happen(struct link *link)
{
    printf("%s\n", job.mode);
    job.over = true;
    if (strcmp(job.mode, "cut") == 0)
        drop(link, true);
    else
        link->hole = true;
    job.all = strcmp(job.mode, "hole-all") == 0;
}

/* What `from` of the link has sent goes to the other end. */
static void pass(struct link *link, int from)
{
    char piece[PIECE];
    bool counts = !job.over && from == job.from;
    size_t most = counts && job.left < sizeof piece ? (size_t)job.left : sizeof piece;
    ssize_t got = recv(link->ends[from], piece, most, 0);
    if (got < 0 && errno == EINTR)
        return;
    if (got <= 0 || !send_all(link->ends[1 - from], piece, (size_t)got)) {
        drop(link, false);
        return;
    }
    passed[from] += (unsigned long long)got;
    if (!counts)
        return;
    job.left -= (unsigned long long)got;
    if (job.left == 0)
        happen(link);
}

static void take(int listener, struct link *links, unsigned count)
{
    int client = accept(listener, NULL, NULL), server = client < 0 ? -1 : to_server();
    for (unsigned i = 0; i < count && server >= 0; i++)
        if (links[i].ends[0] < 0) {
            links[i] = (struct link){.ends = {client, server}};
            return;
        }
    if (server >= 0)
        close(server);
    if (client >= 0)
        close(client);
}

static void run(int listener)
{
    static struct link links[MOST];
    struct pollfd fds[1 + 2 * MOST];
    for (unsigned i = 0; i < MOST; i++)
        links[i] = (struct link){.ends = {-1, -1}};
    while (!ended) {
        if (mended)
            job.all = false;
        fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (unsigned i = 0; i < 2 * MOST; i++) {
            const struct link *link = &links[i / 2];
            fds[1 + i] =
                (struct pollfd){.fd = link->hole || job.all ? -1 : link->ends[i % 2], .events = POLLIN};
        }
        if (poll(fds, 1 + 2 * MOST, -1) < 0)
            continue;
        for (unsigned i = 0; i < 2 * MOST; i++)
            if (fds[1 + i].revents != 0 && links[i / 2].ends[i % 2] >= 0 && !links[i / 2].hole && !job.all)
                pass(&links[i / 2], (int)(i % 2));
        if (fds[0].revents != 0)
            take(listener, links, MOST);
    }
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = mend};
    if (argc != 5) {
        fputs("usage: proxy SOCKET none|cut|hole|hole-all up|down BYTES\n", stderr);
        return 2;
    }
    job.path = argv[1];
    job.mode = argv[2];
    job.from = strcmp(argv[3], "up") == 0 ? 0 : 1;
    job.left = strtoull(argv[4], NULL, 10);
    job.over = job.left == 0 || strcmp(job.mode, "none") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    run(listening());
    printf("up %llu down %llu\n", passed[0], passed[1]);
}
