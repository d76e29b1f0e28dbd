/* What a disk, a clock and a crash do to one process, under its LD_PRELOAD.
 *
 * FAULTS_CONTROL names a page that the run shares with the process: the run writes what
 * is to go wrong, the shim what it did. FAULTS_PATH begins the name of every file (or
 * "socket:") that is concerned; others are never touched. The layout is control.py's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
    NOTHING, TORN, ERRNO, DROP_SYNC, KILL_BEFORE_WRITE, KILL_BEFORE_SYNC, KILL_AFTER_READ
};

struct control {
    volatile int64_t mode;
    volatile int64_t code;         /* the errno to answer with */
    volatile int64_t countdown;    /* calls that still go well */
    volatile int64_t clock_offset; /* seconds added to the wall clock */
    volatile int64_t refused;      /* calls answered with the errno */
    volatile int64_t unsynced;     /* syncs that were promised and not done */
    volatile int64_t struck;       /* the process was ended at its step */
    volatile int64_t misread;      /* times the wall clock was told wrongly */
};

static struct control nothing;
static struct control *control = &nothing;
static const char *prefix = "";
static size_t prefix_length;

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("FAULTS_CONTROL");
    int fd = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED)
        control = page;
    /* A copy: PostgreSQL writes its title over the memory of its environment. */
    prefix = strdup(getenv("FAULTS_PATH") ? getenv("FAULTS_PATH") : "");
    prefix_length = strlen(prefix);
}

static int concerns(int fd)
{
    char link[32], name[4096];
    if (!prefix_length)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    return length >= (ssize_t)prefix_length && !memcmp(name, prefix, prefix_length);
}

static int due(void)
{
    return __atomic_sub_fetch(&control->countdown, 1, __ATOMIC_SEQ_CST) < 0;
}

static void strike(void)
{
    __atomic_add_fetch(&control->struck, 1, __ATOMIC_SEQ_CST);
    control->mode = NOTHING;
    kill(getpid(), SIGKILL);
}

static int refuse(void)
{
    __atomic_add_fetch(&control->refused, 1, __ATOMIC_SEQ_CST);
    errno = (int)control->code;
    return -1;
}

/* -1: refused; otherwise how many of the bytes may be written. */
static ssize_t allowed(int fd, size_t size)
{
    int64_t mode = control->mode;
    if ((mode != TORN && mode != ERRNO && mode != KILL_BEFORE_WRITE) || !concerns(fd))
        return (ssize_t)size;
    if (mode == ERRNO)
        return refuse();
    if (!due())
        return (ssize_t)size;
    if (mode == KILL_BEFORE_WRITE)
        strike();
    return (ssize_t)(size / 2);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    ssize_t most = allowed(fd, size);
    if (most < 0)
        return -1;
    ssize_t done = syscall(SYS_write, fd, bytes, (size_t)most);
    if ((size_t)most < size)
        strike();
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    ssize_t most = allowed(fd, size);
    if (most < 0)
        return -1;
    ssize_t done = syscall(SYS_pwrite64, fd, bytes, (size_t)most, at);
    if ((size_t)most < size)
        strike();
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return pwrite64(fd, bytes, size, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    if (control->mode != NOTHING && allowed(fd, 2) < 2) {
        if (control->mode == TORN)
            strike();
        return -1;
    }
    return syscall(SYS_pwritev, fd, parts, count, at, 0);
}

ssize_t read(int fd, void *bytes, size_t size)
{
    ssize_t done = syscall(SYS_read, fd, bytes, size);
    if (control->mode == KILL_AFTER_READ && done > 0 && concerns(fd) && due())
        strike();
    return done;
}

static int sync_fd(int fd, long number)
{
    int64_t mode = control->mode;
    if (mode != NOTHING && concerns(fd)) {
        if (mode == ERRNO && control->code == EIO)
            return refuse();
        if (mode == KILL_BEFORE_SYNC && due())
            strike();
        if (mode == DROP_SYNC) {
            __atomic_add_fetch(&control->unsynced, 1, __ATOMIC_SEQ_CST);
            return 0;
        }
    }
    return (int)syscall(number, fd);
}

int fsync(int fd)
{
    return sync_fd(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return sync_fd(fd, SYS_fdatasync);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    int64_t offset = control->clock_offset;
    if (!failed && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += offset;
        __atomic_add_fetch(&control->misread, 1, __ATOMIC_SEQ_CST);
    }
    return failed;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise))
        return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *into)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into)
        *into = now.tv_sec;
    return now.tv_sec;
}
