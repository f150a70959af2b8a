/*
 * ring [sqpoll] WORD...: performs the acts given as words through io_uring, one
 * after the other, with raw system calls. The exit status is 0 if each
 * succeeded, 2 if the kernel has no ring to give.
 *
 *   idle                   nothing: the ring was made, and that is all
 *   nop                    a submission about no file
 *   open FILE, statx PATH, rename FROM TO, unlink FILE, mkdir DIR, symlink TEXT LINK, link FROM TO
 *   read FILE, write FILE  opened by an ordinary call; what follows goes through the ring
 *   input                  a read of standard input
 *   linger FILE            an ordinary open with O_TRUNC and an ordinary write of a byte; then, within the same tick of the
 *                          clock, a write of a page begins, of which a line tells, and goes on until standard input ends
 *   linger-plain FILE      ... all of it by ordinary calls
 *
 * With sqpoll it is a thread of the kernel's own that submits.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/stat.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

struct ring {
    int fd;
    struct io_uring_params params;
    char *queues;
    struct io_uring_sqe *entries;
};

static char bytes[4096];

static int ring_open(struct ring *r, unsigned flags)
{
    r->params.flags = flags;
    r->params.sq_thread_idle = 100;
    r->fd = (int)syscall(SYS_io_uring_setup, 4, &r->params);
    if (r->fd < 0)
        return -1;
    /* One mapping holds both queues since Linux 5.4. */
    size_t submissions = r->params.sq_off.array + r->params.sq_entries * sizeof(unsigned);
    size_t completions = r->params.cq_off.cqes + r->params.cq_entries * sizeof(struct io_uring_cqe);
    r->queues = mmap(NULL, submissions > completions ? submissions : completions, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
    r->entries = mmap(NULL, r->params.sq_entries * sizeof(*r->entries), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
    return r->queues == MAP_FAILED || r->entries == MAP_FAILED ? -1 : 0;
}

static _Atomic unsigned *field(const struct ring *r, unsigned offset)
{
    return (_Atomic unsigned *)(void *)(r->queues + offset);
}

/* Submits one entry, waits for it and gives its result. */
static int submit(struct ring *r, struct io_uring_sqe entry)
{
    unsigned mask = *field(r, r->params.sq_off.ring_mask);
    unsigned tail = *field(r, r->params.sq_off.tail);
    unsigned head = *field(r, r->params.cq_off.head);
    const struct io_uring_cqe *done = (void *)(r->queues + r->params.cq_off.cqes);
    unsigned flags = IORING_ENTER_GETEVENTS;

    r->entries[tail & mask] = entry;
    *field(r, r->params.sq_off.array + (tail & mask) * (unsigned)sizeof(unsigned)) = tail & mask;
    *field(r, r->params.sq_off.tail) = tail + 1;
    if (r->params.flags & IORING_SETUP_SQPOLL)
        flags |= IORING_ENTER_SQ_WAKEUP;
    if (syscall(SYS_io_uring_enter, r->fd, 1, 1, flags, NULL, 0) < 0)
        return -errno;
    int result = done[head & *field(r, r->params.cq_off.ring_mask)].res;
    *field(r, r->params.cq_off.head) = head + 1;
    return result;
}

static int by_name(struct ring *r, unsigned char opcode, const char *path, const char *other)
{
    struct io_uring_sqe entry = { .opcode = opcode, .fd = AT_FDCWD, .addr = (uintptr_t)path };
    static struct statx found;

    if (opcode == IORING_OP_STATX) {
        entry.off = (uintptr_t)&found;
        entry.len = STATX_BASIC_STATS;
    } else if (opcode == IORING_OP_SYMLINKAT || opcode == IORING_OP_RENAMEAT || opcode == IORING_OP_LINKAT) {
        entry.addr2 = (uintptr_t)other;
        if (opcode != IORING_OP_SYMLINKAT)
            entry.len = (unsigned)AT_FDCWD;
    } else if (opcode == IORING_OP_MKDIRAT) {
        entry.len = 0755;
    }
    return submit(r, entry);
}

static int by_descriptor(struct ring *r, unsigned char opcode, int fd)
{
    struct io_uring_sqe entry = { .opcode = opcode, .fd = fd, .addr = (uintptr_t)bytes, .len = 1 };
    int result = fd < 0 ? -errno : submit(r, entry);

    if (fd > 0)
        close(fd);
    return result;
}

static struct {
    int faults;
    char *page; /* is not there until somebody needs it and was let wait for it */
    struct timespec tick; /* in which it began */
    atomic_bool done;
} lingering;

static struct timespec tick(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now;
}

static void *give_page(void *unused)
{
    struct uffdio_zeropage page = { .range = { (uintptr_t)lingering.page, PAGE } };
    struct uffd_msg fault;

    while (read(lingering.faults, &fault, sizeof(fault)) == sizeof(fault)) {
        struct timespec now = tick();
        if (now.tv_sec == lingering.tick.tv_sec && now.tv_nsec == lingering.tick.tv_nsec) {
            puts("begun");
            fflush(stdout);
            while (getchar() != EOF)
                ;
            lingering.done = true;
        }
        ioctl(lingering.faults, UFFDIO_ZEROPAGE, &page);
    }
    return unused;
}

static int lingering_open(void)
{
    struct uffdio_api api = { .api = UFFD_API };
    struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
    pthread_t giver;

    lingering.faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    lingering.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    area.range = (struct uffdio_range){ (uintptr_t)lingering.page, PAGE };
    if (lingering.faults < 0 || lingering.page == MAP_FAILED || ioctl(lingering.faults, UFFDIO_API, &api) < 0 ||
        ioctl(lingering.faults, UFFDIO_REGISTER, &area) < 0)
        return -errno;
    return -pthread_create(&giver, NULL, give_page, NULL);
}

/* A worker takes the write, as it would one that has to wait. */
static int write_page(struct ring *r, bool plain, int fd)
{
    struct io_uring_sqe entry = {
        .opcode = IORING_OP_WRITE,
        .flags = IOSQE_ASYNC,
        .fd = fd,
        .addr = (uintptr_t)lingering.page,
        .len = PAGE,
        .off = 1,
    };

    return plain ? (int)write(fd, lingering.page, PAGE) : submit(r, entry);
}

static int linger(struct ring *r, bool plain, const char *file)
{
    int result = lingering_open();

    while (result >= 0 && !lingering.done) {
        madvise(lingering.page, PAGE, MADV_DONTNEED);
        lingering.tick = tick();
        int fd = open(file, O_WRONLY | O_TRUNC);
        if (fd < 0 || write(fd, bytes, 1) != 1)
            return -errno;
        result = write_page(r, plain, fd);
        close(fd);
    }
    return result;
}

struct act {
    const char *name;
    int words;
    unsigned char opcode;
};

static const struct act acts[] = {
    { "open", 1, IORING_OP_OPENAT },    { "statx", 1, IORING_OP_STATX },     { "rename", 2, IORING_OP_RENAMEAT },
    { "unlink", 1, IORING_OP_UNLINKAT }, { "mkdir", 1, IORING_OP_MKDIRAT }, { "symlink", 2, IORING_OP_SYMLINKAT },
    { "link", 2, IORING_OP_LINKAT },
};

/* Returns how many words were taken, or -1. */
static int perform(struct ring *r, char **words, int count)
{
    const char *name = words[0];
    int result = -EINVAL;

    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
        if (strcmp(name, acts[i].name) == 0 && acts[i].words < count) {
            result = by_name(r, acts[i].opcode, words[1], acts[i].words == 2 ? words[2] : NULL);
            count = acts[i].words + 1;
        }
    if (result != -EINVAL)
        ;
    else if (strcmp(name, "idle") == 0 || strcmp(name, "nop") == 0) {
        result = name[0] == 'i' ? 0 : submit(r, (struct io_uring_sqe){ .opcode = IORING_OP_NOP });
        count = 1;
    } else if (strcmp(name, "input") == 0) {
        result = by_descriptor(r, IORING_OP_READ, STDIN_FILENO);
        count = 1;
    } else if (count > 1 && strcmp(name, "read") == 0) {
        result = by_descriptor(r, IORING_OP_READ, open(words[1], O_RDONLY | O_CLOEXEC));
        count = 2;
    } else if (count > 1 && strcmp(name, "write") == 0) {
        result = by_descriptor(r, IORING_OP_WRITE, open(words[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
        count = 2;
    } else if (count > 1 && strncmp(name, "linger", 6) == 0) {
        result = linger(r, strcmp(name, "linger-plain") == 0, words[1]);
        count = 2;
    }
    if (result < 0)
        fprintf(stderr, "ring: %s: %s\n", name, strerror(-result));
    return result < 0 ? -1 : count;
}

int main(int argc, char **argv)
{
    struct ring ring = { .fd = -1 };
    int at = 1, taken;
    unsigned flags = 0;

    if (at < argc && strcmp(argv[at], "sqpoll") == 0) {
        flags = IORING_SETUP_SQPOLL;
        at++;
    }
    if (ring_open(&ring, flags) < 0) {
        perror("ring: io_uring_setup");
        return 2;
    }
    for (; at < argc; at += taken)
        if ((taken = perform(&ring, argv + at, argc - at)) < 0)
            return 1;
    return 0;
}
