/*
 * reader: prints what it finds at a path, by the way that its first word names.
 *
 *   reader WAY PATH
 *
 * The content of a file:
 *   open           open and read of the C library
 *   syscall        openat and read by syscall(2)
 *   raw            ... by the processor's own instruction, past the C library
 *   openat2        openat2 by syscall(2)
 *   openat         openat from a descriptor of the directory above it
 *   handed         O_PATH first, then an open of /proc/self/fd/N
 *   thread         open in a thread other than the first
 *   map            mmap
 *   sendfile       sendfile to stdout
 *   copy           copy_file_range to stdout, which must be a file
 *   splice         splice into a pipe, and from there
 *   ring           io_uring; ordinary calls where the kernel refuses it
 *   ring-only      io_uring; it fails where the kernel refuses it
 * What can be seen without opening a file:
 *   stat           its size, by stat of the C library
 *   old-stat       ... by the entry __xstat, which programs linked long ago call
 *   statx          ... by statx
 *   raw-stat       ... by newfstatat by the processor's own instruction
 *   descriptor     ... by fstat of a descriptor opened with O_PATH
 *   readlink       the text of a symbolic link, by readlink
 * The names in a directory, in the order in which the kernel gives them:
 *   list           getdents64 by syscall(2)
 *
 * A path that is not there prints "none" and is no failure, so that looking for
 * something in vain is an ordinary act. Exit status 1: something else failed, and a
 * line on stderr says what. Exit status 2: there is no such way.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct way {
    const char *name;
    int (*print)(const char *path);
};

static int print_bytes(const char *bytes, ssize_t length)
{
    return length >= 0 && write(STDOUT_FILENO, bytes, (size_t)length) == length ? 0 : -1;
}

static int print_descriptor(int fd)
{
    char bytes[4096];
    ssize_t got;

    if (fd < 0)
        return -1;
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        if (print_bytes(bytes, got) < 0)
            return -1;
    close(fd);
    return (int)got;
}

static int by_open(const char *path)
{
    return print_descriptor(open(path, O_RDONLY));
}

static int by_syscall(const char *path)
{
    return print_descriptor((int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
}

static long raw_call(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
    long result;
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long call __asm__("x8") = number;
    register long result __asm__("x0") = a;
    register long second __asm__("x1") = b;
    register long third __asm__("x2") = c;
    register long fourth __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(result) : "r"(call), "r"(second), "r"(third), "r"(fourth) : "memory");
#else
#error "the instruction of a system call is not known for this processor"
#endif
    if (result < 0 && result > -4096) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

static int by_raw(const char *path)
{
    return print_descriptor((int)raw_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0));
}

static int by_openat2(const char *path)
{
    struct open_how how = {.flags = O_RDONLY};
    return print_descriptor((int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
}

static int by_openat(const char *path)
{
    char above[PATH_MAX];
    char name[PATH_MAX];

    if (snprintf(above, sizeof above, "%s", path) >= PATH_MAX || snprintf(name, sizeof name, "%s", path) >= PATH_MAX)
        return -1;
    int directory = open(dirname(above), O_RDONLY | O_DIRECTORY);
    return directory < 0 ? -1 : print_descriptor(openat(directory, basename(name), O_RDONLY));
}

static int by_handed(const char *path)
{
    char descriptor[64];
    int fd = open(path, O_PATH);

    if (fd < 0)
        return -1;
    snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", fd);
    return by_open(descriptor);
}

static void *open_and_print(void *path)
{
    return (void *)(intptr_t)(by_open(path) < 0 ? errno : 0);
}

static int by_thread(const char *path)
{
    pthread_t thread;
    void *failure = NULL;

    if ((errno = pthread_create(&thread, NULL, open_and_print, (void *)path)) != 0 ||
        (errno = pthread_join(thread, &failure)) != 0)
        return -1;
    errno = (int)(intptr_t)failure;
    return errno == 0 ? 0 : -1;
}

/* The descriptor of the file, and its size. */
static int open_sized(const char *path, off_t *size)
{
    struct stat state;
    int fd = open(path, O_RDONLY);

    if (fd < 0 || fstat(fd, &state) < 0)
        return -1;
    *size = state.st_size;
    return fd;
}

static int by_map(const char *path)
{
    off_t size = 0;
    int fd = open_sized(path, &size);
    char *bytes = fd < 0 ? MAP_FAILED : mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);

    return bytes == MAP_FAILED ? -1 : print_bytes(bytes, size);
}

static int by_sendfile(const char *path)
{
    off_t size = 0;
    int fd = open_sized(path, &size);

    return fd < 0 || sendfile(STDOUT_FILENO, fd, NULL, (size_t)size) != size ? -1 : 0;
}

static int by_copy(const char *path)
{
    off_t size = 0;
    int fd = open_sized(path, &size);

    return fd < 0 || copy_file_range(fd, NULL, STDOUT_FILENO, NULL, (size_t)size, 0) != size ? -1 : 0;
}

static int by_splice(const char *path)
{
    off_t size = 0;
    int ends[2];
    int fd = open_sized(path, &size);

    if (fd < 0 || pipe(ends) < 0)
        return -1;
    return splice(fd, NULL, ends[1], NULL, (size_t)size, 0) != size ||
                   splice(ends[0], NULL, STDOUT_FILENO, NULL, (size_t)size, 0) != size
               ? -1
               : 0;
}

struct ring {
    int fd;
    struct io_uring_params params;
    char *queues;
    struct io_uring_sqe *entries;
};

static int ring_open(struct ring *r)
{
    r->fd = (int)syscall(SYS_io_uring_setup, 4, &r->params);
    if (r->fd < 0)
        return -1;
    /* One mapping holds both queues since Linux 5.4. */
    size_t submissions = r->params.sq_off.array + r->params.sq_entries * sizeof(unsigned);
    size_t completions = r->params.cq_off.cqes + r->params.cq_entries * sizeof(struct io_uring_cqe);
    r->queues = mmap(NULL, submissions > completions ? submissions : completions, PROT_READ | PROT_WRITE, MAP_SHARED,
                     r->fd, IORING_OFF_SQ_RING);
    r->entries = mmap(NULL, r->params.sq_entries * sizeof *r->entries, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
                      IORING_OFF_SQES);
    return r->queues == MAP_FAILED || r->entries == MAP_FAILED ? -1 : 0;
}

static unsigned *ring_field(struct ring *r, unsigned offset)
{
    return (unsigned *)(r->queues + offset);
}

/* Submits one entry, waits for it and gives its result. */
static int ring_submit(struct ring *r, const struct io_uring_sqe *entry)
{
    unsigned mask = *ring_field(r, r->params.sq_off.ring_mask);
    unsigned tail = *ring_field(r, r->params.sq_off.tail);
    unsigned head = *ring_field(r, r->params.cq_off.head);
    const struct io_uring_cqe *done = (void *)(r->queues + r->params.cq_off.cqes);

    r->entries[tail & mask] = *entry;
    ring_field(r, r->params.sq_off.array)[tail & mask] = tail & mask;
    atomic_store((_Atomic unsigned *)ring_field(r, r->params.sq_off.tail), tail + 1);
    if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
        return -1;
    int result = done[head & *ring_field(r, r->params.cq_off.ring_mask)].res;
    atomic_store((_Atomic unsigned *)ring_field(r, r->params.cq_off.head), head + 1);
    if (result >= 0)
        return result;
    errno = -result;
    return -1;
}

static int by_ring_only(const char *path)
{
    struct ring ring = {.fd = -1};
    char bytes[4096];

    if (ring_open(&ring) < 0)
        return -1;
    struct io_uring_sqe opening = {
        .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)path, .open_flags = O_RDONLY};
    int fd = ring_submit(&ring, &opening);
    if (fd < 0)
        return -1;
    struct io_uring_sqe reading = {
        .opcode = IORING_OP_READ, .fd = fd, .addr = (uintptr_t)bytes, .len = sizeof bytes};
    return print_bytes(bytes, ring_submit(&ring, &reading));
}

static int by_ring(const char *path)
{
    struct ring ring = {.fd = -1};

    if (ring_open(&ring) < 0)
        return by_open(path);
    close(ring.fd);
    return by_ring_only(path);
}

static int print_number(long long number)
{
    return printf("%lld\n", number) < 0 || fflush(stdout) != 0 ? -1 : 0;
}

static int by_stat(const char *path)
{
    struct stat state;
    return stat(path, &state) < 0 ? -1 : print_number(state.st_size);
}

static int by_old_stat(const char *path)
{
#if defined(__x86_64__)
    const char *since = "GLIBC_2.2.5";
    const int version = 1;
#else
    const char *since = "GLIBC_2.17";
    const int version = 0;
#endif
    struct stat state;
    int (*old)(int, const char *, struct stat *) = NULL;
    void *found = dlvsym(RTLD_DEFAULT, "__xstat", since);

    memcpy(&old, &found, sizeof old);
    if (old == NULL) {
        errno = ENOSYS;
        return -1;
    }
    return old(version, path, &state) < 0 ? -1 : print_number(state.st_size);
}

static int by_statx(const char *path)
{
    struct statx state;
    return statx(AT_FDCWD, path, 0, STATX_SIZE, &state) < 0 ? -1 : print_number((long long)state.stx_size);
}

static int by_raw_stat(const char *path)
{
    struct stat state;
    return raw_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)&state, 0) < 0 ? -1 : print_number(state.st_size);
}

static int by_descriptor(const char *path)
{
    struct stat state;
    int fd = open(path, O_PATH);
    return fd < 0 || fstat(fd, &state) < 0 ? -1 : print_number(state.st_size);
}

static int by_readlink(const char *path)
{
    char text[PATH_MAX];
    return print_bytes(text, readlink(path, text, sizeof text));
}

struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static int by_list(const char *path)
{
    _Alignas(struct entry) char entries[32768];
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    long got = fd < 0 ? -1 : syscall(SYS_getdents64, fd, entries, sizeof entries);

    for (long at = 0; at < got;) {
        const struct entry *next = (const struct entry *)(entries + at);
        puts(next->name);
        at += next->length;
    }
    return got < 0 || fflush(stdout) != 0 ? -1 : 0;
}

static const struct way ways[] = {
    {"open", by_open},
    {"syscall", by_syscall},
    {"raw", by_raw},
    {"openat2", by_openat2},
    {"openat", by_openat},
    {"handed", by_handed},
    {"thread", by_thread},
    {"map", by_map},
    {"sendfile", by_sendfile},
    {"copy", by_copy},
    {"splice", by_splice},
    {"ring", by_ring},
    {"ring-only", by_ring_only},
    {"stat", by_stat},
    {"old-stat", by_old_stat},
    {"statx", by_statx},
    {"raw-stat", by_raw_stat},
    {"descriptor", by_descriptor},
    {"readlink", by_readlink},
    {"list", by_list},
};

int main(int argc, char **argv)
{
    const struct way *way = NULL;

    for (size_t i = 0; argc == 3 && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, argv[1]) == 0)
            way = &ways[i];
    if (way == NULL) {
        fprintf(stderr, "reader: there is no such way, or no path\n");
        return 2;
    }
    if (way->print(argv[2]) == 0)
        return 0;
    if (errno == ENOENT)
        return puts("none") < 0;
    fprintf(stderr, "reader: %s %s: %s\n", argv[1], argv[2], strerror(errno));
    return 1;
}
