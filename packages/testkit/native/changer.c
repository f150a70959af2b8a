/*
 * changer ACT FILE [FILE]: changes a file in one way, by raw calls where the C library has several. The exit status is
 * 0 if that succeeded.
 *
 *   write, vector, at       a byte each: write(2), writev(2), pwrite(2)
 *   twice                   two bytes, by two calls
 *   send, splice, copy      from the second file, by sendfile(2), splice(2), copy_file_range(2)
 *   queue                   a byte, by io_submit(2)
 *   empty                   open(2) with O_TRUNC
 *   make                    open(2) with O_CREAT
 *   truncate, ftruncate     to a byte
 *   punch, zero, collapse, insert, extend
 *                           the second page, by fallocate(2); extend: ten pages
 *   advise                  the second page, by madvise(2)
 *   map                     mmap(2), shared and writable
 *   store                   the same, and a byte stored
 *   protect                 mmap(2), shared and readable; made writable by mprotect(2)
 *   fill                    a shared mapping, by read(2)
 *   look                    mmap(2), shared and readable, and private and writable; a byte stored in that
 *   exchange                with the second file, by renameat2(2)
 *   flags                   FS_IOC_SETFLAGS
 *   times, attribute        utimensat(2), setxattr(2)
 *   burst                   a hundred thousand times a byte
 *   crowd                   16 processes that write to FILE.0 to FILE.15, a byte, 50 times, all at once; each prints its pid
 *   thread                  executes the second file by a thread that is not the first
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PAGE 4096
#define CROWD 16
#define CROWD_WRITES 50
#define BURST 100000

static int open_file(const char *file)
{
    int fd = open(file, O_RDWR);

    if (fd < 0) {
        perror(file);
        exit(1);
    }
    return fd;
}

static int write_vector(int fd)
{
    struct iovec byte = { "v", 1 };

    return (int)writev(fd, &byte, 1);
}

static int queue(int fd)
{
    struct iocb block = { .aio_fildes = (uint32_t)fd, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_nbytes = 1 }, *blocks = &block;
    struct io_event event;
    aio_context_t context = 0;

    block.aio_buf = (uint64_t)(uintptr_t)"q";
    if (syscall(SYS_io_setup, 1, &context) < 0 || syscall(SYS_io_submit, context, 1, &blocks) != 1)
        return -1;
    return syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1 && event.res == 1 ? 0 : -1;
}

static int splice_from(int from, int to)
{
    int ends[2];

    return pipe(ends) < 0 || splice(from, NULL, ends[1], NULL, 1, 0) != 1 ? -1 : (int)splice(ends[0], NULL, to, NULL, 1, 0);
}

static char *map(int fd, int protection, int kind)
{
    char *memory = mmap(NULL, 2 * PAGE, protection, kind, fd, 0);

    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return memory;
}

static int advise(int fd)
{
    return madvise(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED) + PAGE, PAGE, MADV_REMOVE);
}

static int protect(int fd)
{
    return mprotect(map(fd, PROT_READ, MAP_SHARED), 2 * PAGE, PROT_READ | PROT_WRITE);
}

static int store(int fd)
{
    *(volatile char *)map(fd, PROT_READ | PROT_WRITE, MAP_SHARED) = 's';
    return 0;
}

static int fill(int fd)
{
    int zero = open("/dev/zero", O_RDONLY);

    return (int)read(zero, map(fd, PROT_READ | PROT_WRITE, MAP_SHARED), 10);
}

static int look(int fd)
{
    char byte = *(volatile char *)map(fd, PROT_READ, MAP_SHARED);

    *(volatile char *)map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE) = byte;
    return 0;
}

static int set_flags(int fd)
{
    int flags;

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
        return -1;
    flags ^= FS_NODUMP_FL;
    return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static int burst(int fd)
{
    for (int i = 0; i < BURST; i++)
        if (pwrite(fd, "b", 1, 0) != 1)
            return -1;
    return 0;
}

static int crowd(const char *file)
{
    char name[PAGE];
    int start[2], failed = 0, status;

    if (pipe(start) < 0)
        return -1;
    for (int i = 0; i < CROWD; i++)
        if (fork() == 0) {
            snprintf(name, sizeof(name), "%s.%d", file, i);
            int fd = open_file(name);
            char byte;
            close(start[1]);
            if (read(start[0], &byte, 1) != 0)
                _exit(1);
            for (int j = 0; j < CROWD_WRITES; j++)
                if (write(fd, "c", 1) != 1)
                    _exit(1);
            dprintf(STDOUT_FILENO, "%d %d\n", i, (int)getpid());
            _exit(0);
        }
    close(start[0]);
    close(start[1]);
    while (wait(&status) > 0)
        failed |= status;
    return failed ? -1 : 0;
}

static void *execute(void *file)
{
    execl(file, file, (char *)NULL);
    return NULL;
}

static int execute_by_thread(char *file)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, execute, file) != 0)
        return -1;
    pthread_join(thread, NULL);
    return -1;
}

static int act(const char *name, char *file, char *other)
{
#define IS(word) (strcmp(name, word) == 0)
    if (IS("empty"))
        return open(file, O_WRONLY | O_TRUNC);
    if (IS("make"))
        return open(file, O_WRONLY | O_CREAT, 0644);
    if (IS("truncate"))
        return truncate(file, 1);
    if (IS("exchange"))
        return (int)syscall(SYS_renameat2, AT_FDCWD, file, AT_FDCWD, other, RENAME_EXCHANGE);
    if (IS("times"))
        return utimensat(AT_FDCWD, file, NULL, 0);
    if (IS("attribute"))
        return setxattr(file, "user.a", "b", 1, 0);
    if (IS("crowd"))
        return crowd(file);
    if (IS("thread"))
        return execute_by_thread(other);

    int fd = open_file(file), from = other == NULL ? -1 : open(other, O_RDONLY);
    if (IS("write"))
        return (int)write(fd, "w", 1);
    if (IS("twice"))
        return write(fd, "1", 1) == 1 ? (int)write(fd, "2", 1) : -1;
    if (IS("vector"))
        return write_vector(fd);
    if (IS("at"))
        return (int)pwrite(fd, "a", 1, 0);
    if (IS("send"))
        return (int)sendfile(fd, from, NULL, 1);
    if (IS("splice"))
        return splice_from(from, fd);
    if (IS("copy"))
        return (int)copy_file_range(from, NULL, fd, NULL, 1, 0);
    if (IS("queue"))
        return queue(fd);
    if (IS("ftruncate"))
        return ftruncate(fd, 1);
    if (IS("punch"))
        return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, PAGE);
    if (IS("zero"))
        return fallocate(fd, FALLOC_FL_ZERO_RANGE, PAGE, PAGE);
    if (IS("collapse"))
        return fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, PAGE, PAGE);
    if (IS("insert"))
        return fallocate(fd, FALLOC_FL_INSERT_RANGE, PAGE, PAGE);
    if (IS("extend"))
        return fallocate(fd, 0, 0, 10 * PAGE);
    if (IS("advise"))
        return advise(fd);
    if (IS("map"))
        return map(fd, PROT_READ | PROT_WRITE, MAP_SHARED) == NULL;
    if (IS("store"))
        return store(fd);
    if (IS("protect"))
        return protect(fd);
    if (IS("fill"))
        return fill(fd);
    if (IS("look"))
        return look(fd);
    if (IS("flags"))
        return set_flags(fd);
    if (IS("burst"))
        return burst(fd);
    errno = ENOSYS;
    return -1;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("changer: ACT FILE [FILE]\n", stderr);
        return 2;
    }
    if (act(argv[1], argv[2], argv[3]) < 0) {
        perror(argv[1]);
        return 1;
    }
    return 0;
}
