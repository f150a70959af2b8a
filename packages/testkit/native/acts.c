/*
 * acts: performs the file system acts given as words, one after the other, and
 * says by its exit status whether each went as expected. It prints nothing then.
 *
 *   acts WORD...
 *
 * An act is its name and a fixed number of words. `name` must succeed;
 * `name=ENOENT` must fail, with exactly that error. So
 *
 *   acts read a.txt stat=ENOENT missing.h write out.txt fork [ chdir sub list . ]
 *
 * reads a.txt, looks for missing.h in vain, writes out.txt, and lists sub in a
 * child, which it waits for. Each act makes one system call on the path it
 * names (with a close and, where one is named below, the call in brackets), so
 * that the records it causes can be predicted. The words are bytes and are
 * passed on untouched.
 *
 * Opening:
 *   read FILE              open O_RDONLY [read]
 *   read-nofollow FILE     ... with O_NOFOLLOW
 *   open-directory DIR     ... with O_DIRECTORY, and lists nothing
 *   open-path PATH         open O_PATH
 *   write FILE             open O_WRONLY|O_CREAT|O_TRUNC [write]
 *   append FILE            open O_WRONLY|O_CREAT|O_APPEND [write]
 *   update FILE            open O_RDWR [read, write]
 *   create FILE            open O_WRONLY|O_CREAT|O_EXCL [write]
 *   tmpfile DIR            open O_RDWR|O_TMPFILE [write]
 *   creat FILE             the system call creat, where there is one, else as write
 *   openat2 FILE           the raw system call, O_RDONLY
 *   openat2-write FILE     the raw system call, O_WRONLY|O_CREAT|O_TRUNC [write]
 *   read-at DIR NAME       openat from a descriptor of DIR, O_RDONLY [openat O_PATH of DIR first]
 *   write-at DIR NAME      openat from a descriptor of DIR, as write [openat O_PATH of DIR first]
 * Looking:
 *   stat PATH, lstat PATH, access PATH, readlink PATH
 *   execute-access PATH    access X_OK
 *   statx PATH, faccessat2 PATH      the raw system calls
 *   stat-at DIR NAME       fstatat from a descriptor of DIR [openat O_PATH of DIR first]
 *   list DIR               open O_RDONLY|O_DIRECTORY [getdents64 to the end]
 * Changing:
 *   mkdir DIR, rmdir DIR, unlink FILE, truncate FILE
 *   rename FROM TO, rename-noreplace FROM TO, exchange ONE OTHER
 *   link FROM TO, symlink TEXT LINK
 *   chmod PATH             to 0755
 *   utimens PATH           to 2001-09-09 01:46:40 UTC
 *   bind PATH              a Unix socket, left there
 *   connect PATH           to a Unix socket
 *   fifo PATH
 * Memory, one page of a file for all of these, which stays mapped:
 *   map FILE               open O_RDWR [mmap, shared, for reading and writing]
 *   map-read FILE          ... for reading alone
 *   protect                mprotect of what was mapped last, for writing too
 *   store                  writes a byte to what was mapped last; no system call
 *   msync                  of what was mapped last
 * Processes:
 *   chdir DIR
 *   fchdir DIR             open O_RDONLY|O_DIRECTORY, then fchdir
 *   fork [ WORD... ]       a child does the words, and must succeed; the parent waits
 *   vfork [ WORD... ]      ... by vfork; the child executes this program for them
 *   thread [ WORD... ]     ... in a thread of this process
 *   leave [ WORD... ]      a child does the words; nobody waits
 *   repeat N [ WORD... ]   does the words N times
 *   forks N [ WORD... ]    N children do the words, which none begins before all are there
 *   threads N [ WORD... ]  ... N threads of this process
 *   call [ NAME ARG... ]   the system call NAME (or of that number), as it is; see below
 *   keep [ NAME ARG... ]   ... and keeps the descriptor that it returns: $1 is the first, $2 the next
 *   put ARG                write of one byte to a descriptor; as often as you like, unlike `call`
 *   call32 [ NUMBER ARG... ]   ... by int $0x80, as 32-bit programs do (x86-64 only)
 *   flip ONE OTHER N       open O_RDONLY of a name that another thread changes all the
 *                          time from ONE to OTHER, of the same length, and back; N times
 *   beside [ WORD... ]     a child does the words while this does all that follow; then it is
 *                          waited for, and must have succeeded
 *   beside-thread [ WORD... ]    ... in a thread of this process
 *   exec                   execve of this program, for the words that follow
 *   execveat               ... by execveat from a descriptor of "/"
 *   become FILE            execve of FILE, with no arguments; it does not come back
 *   exit STATUS            a number; it does not come back
 *   raise SIGNAL           a number
 *   remote SOCKET          connects to a Unix socket and does what it is told there:
 *                          each message is words, NUL after each, and an empty word at
 *                          the end; the answer is one line, "ok" or what went wrong.
 *                          The words after it follow when the other side closes.
 *
 * An ARG of `call` is
 *   12, -1, 0x10, AT_FDCWD, O_RDWR|O_CREAT   a number, or the kernel's names of some
 *   $1                                       a descriptor kept, or a word of memory kept: see @
 *   &                                        64 KiB of zeroes
 *   @                                        a word of memory that $N has, numbered like descriptors
 *   u64:ARG,ARG                              as many words of memory with these values
 *   un:PATH                                  the address of a Unix socket, struct sockaddr_un
 *   un:                                      ... its size
 *   =WORD, and any other word                the word as a string, `=` alone the empty one
 *
 * acts must be started by an absolute path, since it executes itself by that.
 * Exit status 1: an act did not go as expected, and a line on stderr says which.
 * Exit status 2: the words make no sense.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char *self;

struct act {
    const char *name;
    int words;
    int (*perform)(char **words);
};

static int perform_all(char **words);

static int close_after(int fd, bool reads, bool writes)
{
    char byte = '.';
    if (fd < 0)
        return -1;
    int failed = (reads && read(fd, &byte, 1) < 0) || (writes && write(fd, ".\n", 2) != 2);
    int saved = errno;
    close(fd);
    errno = saved;
    return failed ? -1 : 0;
}

static int open_act(const char *path, int flags)
{
    int access = flags & O_ACCMODE;
    bool contents = !(flags & (O_DIRECTORY | O_PATH)) || (flags & O_TMPFILE) == O_TMPFILE;
    return close_after(open(path, flags, 0666), contents && access != O_WRONLY, contents && access != O_RDONLY);
}

static int act_read(char **w) { return open_act(w[0], O_RDONLY); }
static int act_read_nofollow(char **w) { return open_act(w[0], O_RDONLY | O_NOFOLLOW); }
static int act_open_directory(char **w) { return open_act(w[0], O_RDONLY | O_DIRECTORY); }
static int act_open_path(char **w) { return open_act(w[0], O_PATH); }
static int act_write(char **w) { return open_act(w[0], O_WRONLY | O_CREAT | O_TRUNC); }
static int act_append(char **w) { return open_act(w[0], O_WRONLY | O_CREAT | O_APPEND); }
static int act_update(char **w) { return open_act(w[0], O_RDWR); }
static int act_create(char **w) { return open_act(w[0], O_WRONLY | O_CREAT | O_EXCL); }

static int act_tmpfile(char **w)
{
    return close_after(open(w[0], O_RDWR | O_TMPFILE, 0666), false, true);
}

static int act_creat(char **w)
{
#ifdef SYS_creat
    return close_after((int)syscall(SYS_creat, w[0], 0666), false, true);
#else
    return act_write(w);
#endif
}

static int openat2_act(const char *path, unsigned long long flags, bool writes)
{
    struct open_how how = {.flags = flags, .mode = writes ? 0666 : 0};
    return close_after((int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how), !writes, writes);
}

static int act_openat2(char **w) { return openat2_act(w[0], O_RDONLY, false); }
static int act_openat2_write(char **w) { return openat2_act(w[0], O_WRONLY | O_CREAT | O_TRUNC, true); }

static int openat_act(char **w, int flags)
{
    int directory = open(w[0], O_PATH | O_DIRECTORY);
    if (directory < 0)
        return -1;
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    int result = close_after(openat(directory, w[1], flags, 0666), !writes, writes);
    return close_after(directory, false, false) < 0 ? -1 : result;
}

static int act_read_at(char **w) { return openat_act(w, O_RDONLY); }
static int act_write_at(char **w) { return openat_act(w, O_WRONLY | O_CREAT | O_TRUNC); }

static int act_stat(char **w) { struct stat s; return stat(w[0], &s); }
static int act_lstat(char **w) { struct stat s; return lstat(w[0], &s); }
static int act_access(char **w) { return access(w[0], F_OK); }
static int act_execute_access(char **w) { return access(w[0], X_OK); }
static int act_readlink(char **w) { char text[4096]; return readlink(w[0], text, sizeof text) < 0 ? -1 : 0; }
static int act_faccessat2(char **w) { return (int)syscall(SYS_faccessat2, AT_FDCWD, w[0], F_OK, AT_EACCESS); }

static int act_statx(char **w)
{
    struct statx s;
    return (int)syscall(SYS_statx, AT_FDCWD, w[0], 0, STATX_BASIC_STATS, &s);
}

static int act_stat_at(char **w)
{
    struct stat s;
    int directory = open(w[0], O_PATH | O_DIRECTORY);
    if (directory < 0)
        return -1;
    int result = fstatat(directory, w[1], &s, 0);
    return close_after(directory, false, false) < 0 ? -1 : result;
}

static int act_list(char **w)
{
    char entries[32768];
    int fd = open(w[0], O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return -1;
    long got;
    while ((got = syscall(SYS_getdents64, fd, entries, sizeof entries)) > 0)
        continue;
    return close_after(fd, false, false) < 0 || got < 0 ? -1 : 0;
}

static int act_mkdir(char **w) { return mkdir(w[0], 0777); }
static int act_rmdir(char **w) { return rmdir(w[0]); }
static int act_unlink(char **w) { return unlink(w[0]); }
static int act_truncate(char **w) { return truncate(w[0], 0); }
static int act_rename(char **w) { return rename(w[0], w[1]); }
static int act_link(char **w) { return link(w[0], w[1]); }
static int act_symlink(char **w) { return symlink(w[0], w[1]); }
static int act_chmod(char **w) { return chmod(w[0], 0755); }
static int act_fifo(char **w) { return mkfifo(w[0], 0666); }
static int act_chdir(char **w) { return chdir(w[0]); }

static int act_rename_noreplace(char **w)
{
    return (int)syscall(SYS_renameat2, AT_FDCWD, w[0], AT_FDCWD, w[1], RENAME_NOREPLACE);
}

static int act_exchange(char **w)
{
    return (int)syscall(SYS_renameat2, AT_FDCWD, w[0], AT_FDCWD, w[1], RENAME_EXCHANGE);
}

static int act_utimens(char **w)
{
    const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    return utimensat(AT_FDCWD, w[0], times, 0);
}

static char *mapped;

static int map_act(const char *path, int protection)
{
    int fd = open(path, O_RDWR);
    if (fd < 0)
        return -1;
    mapped = mmap(NULL, 4096, protection, MAP_SHARED, fd, 0);
    close_after(fd, false, false);
    return mapped == MAP_FAILED ? -1 : 0;
}

static int act_map(char **w) { return map_act(w[0], PROT_READ | PROT_WRITE); }
static int act_map_read(char **w) { return map_act(w[0], PROT_READ); }

static int act_protect(char **w)
{
    (void)w;
    return mprotect(mapped, 4096, PROT_READ | PROT_WRITE);
}

static int act_store(char **w)
{
    (void)w;
    ++*(volatile char *)mapped;
    return 0;
}

static int act_msync(char **w)
{
    (void)w;
    return msync(mapped, 4096, MS_SYNC);
}

static int unix_socket(const char *path, int (*use)(int, const struct sockaddr *, socklen_t))
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && use(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

static int act_bind(char **w) { return close_after(unix_socket(w[0], bind), false, false); }
static int act_connect(char **w) { return close_after(unix_socket(w[0], connect), false, false); }

static int act_fchdir(char **w)
{
    int fd = open(w[0], O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return -1;
    int result = fchdir(fd);
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

/* This program's argument vector for more words. It is not freed: exec follows. */
static char **own_arguments(char **words)
{
    size_t count = 0;
    while (words[count])
        count++;
    char **arguments = calloc(count + 2, sizeof *arguments);
    if (!arguments)
        abort();
    arguments[0] = self;
    memcpy(arguments + 1, words, count * sizeof *words);
    return arguments;
}

static int wait_for(pid_t child)
{
    int status;
    if (child < 0)
        return -1;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    errno = ECHILD;
    return -1;
}

static int act_fork(char **words)
{
    pid_t child = fork();
    if (child == 0)
        _exit(perform_all(words));
    return wait_for(child);
}

static int act_leave(char **words)
{
    pid_t child = fork();
    if (child == 0)
        _exit(perform_all(words));
    return child < 0 ? -1 : 0;
}

static int act_repeat(char **words)
{
    int result = 0;
    for (long left = atol(words[0]); left > 0 && result == 0; left--)
        result = perform_all(words + 1);
    errno = ECANCELED;
    return result == 0 ? 0 : -1;
}

/* Ends when nobody holds the other end any more. */
static void wait_at(const int gate[2])
{
    char byte;
    close(gate[1]);
    while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
        continue;
    close(gate[0]);
}

static int act_forks(char **words)
{
    int count = atoi(words[0]), started = 0, result = 0, gate[2];
    pid_t *children = calloc((size_t)count, sizeof *children);
    if (!children)
        abort();
    if (pipe(gate) < 0)
        return -1;
    while (started < count && (children[started] = fork()) > 0)
        started++;
    if (started < count && children[started] == 0) {
        wait_at(gate);
        _exit(perform_all(words + 1));
    }
    close(gate[0]);
    close(gate[1]);
    if (started < count)
        result = -1;
    for (int i = 0; i < started; i++)
        if (wait_for(children[i]) < 0)
            result = -1;
    free(children);
    return result;
}

static int act_vfork(char **words)
{
    char **arguments = own_arguments(words);
    pid_t child = vfork();
    if (child == 0) {
        execve(self, arguments, environ);
        _exit(1);
    }
    int result = wait_for(child);
    free(arguments);
    return result;
}

static void *thread_main(void *words)
{
    return perform_all(words) == 0 ? NULL : words;
}

static int act_thread(char **words)
{
    pthread_t thread;
    void *failed;
    if ((errno = pthread_create(&thread, NULL, thread_main, words)) || (errno = pthread_join(thread, &failed)))
        return -1;
    errno = ECHILD;
    return failed ? -1 : 0;
}

struct team {
    pthread_barrier_t gate;
    char **words;
};

static void *team_main(void *context)
{
    struct team *team = context;
    pthread_barrier_wait(&team->gate);
    return thread_main(team->words);
}

static int act_threads(char **words)
{
    struct team team = {.words = words + 1};
    unsigned count = (unsigned)atoi(words[0]);
    pthread_t *threads = calloc(count, sizeof *threads);
    int result = 0;
    if (!threads || pthread_barrier_init(&team.gate, NULL, count) != 0)
        abort();
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, team_main, &team) != 0)
            abort();
    for (unsigned i = 0; i < count; i++) {
        void *failed;
        if (pthread_join(threads[i], &failed) != 0 || failed)
            result = -1;
    }
    pthread_barrier_destroy(&team.gate);
    free(threads);
    errno = ECHILD;
    return result;
}

static int act_exec(char **words) { return execve(self, own_arguments(words), environ); }

static int act_execveat(char **words)
{
    int directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -1;
    return (int)syscall(SYS_execveat, directory, self + 1, own_arguments(words), environ, 0);
}

static int act_become(char **w)
{
    char *arguments[] = {w[0], NULL};
    return execve(w[0], arguments, environ);
}

static int act_exit(char **w) { _exit(atoi(w[0])); }
static int act_raise(char **w) { return raise(atoi(w[0])); }

/* System calls by their words */

struct number {
    const char *name;
    unsigned long long value;
};

static const struct number call_numbers[] = {
#define NUMBER(call) {#call, SYS_##call}
#ifdef SYS_open
    NUMBER(open), NUMBER(creat), NUMBER(stat), NUMBER(lstat), NUMBER(access), NUMBER(readlink), NUMBER(rename),
    NUMBER(unlink), NUMBER(rmdir), NUMBER(mkdir), NUMBER(mknod), NUMBER(link), NUMBER(symlink), NUMBER(chmod),
    NUMBER(chown), NUMBER(lchown), NUMBER(utime), NUMBER(utimes), NUMBER(futimesat), NUMBER(getdents),
    NUMBER(uselib), NUMBER(sysfs), NUMBER(lookup_dcookie), NUMBER(renameat),
#endif
    NUMBER(openat), NUMBER(openat2), NUMBER(read), NUMBER(write), NUMBER(close), NUMBER(fstat), NUMBER(newfstatat),
    NUMBER(statx), NUMBER(faccessat), NUMBER(faccessat2), NUMBER(readlinkat), NUMBER(getdents64), NUMBER(getcwd),
    NUMBER(statfs), NUMBER(fstatfs), NUMBER(mkdirat), NUMBER(mknodat), NUMBER(unlinkat), NUMBER(renameat2),
    NUMBER(linkat), NUMBER(symlinkat), NUMBER(truncate), NUMBER(ftruncate), NUMBER(fallocate), NUMBER(fchmod),
    NUMBER(fchmodat), NUMBER(fchown), NUMBER(fchownat), NUMBER(utimensat), NUMBER(setxattr), NUMBER(lsetxattr),
    NUMBER(fsetxattr), NUMBER(getxattr), NUMBER(lgetxattr), NUMBER(fgetxattr), NUMBER(listxattr),
    NUMBER(llistxattr), NUMBER(flistxattr), NUMBER(removexattr), NUMBER(lremovexattr), NUMBER(fremovexattr),
    NUMBER(sendfile), NUMBER(splice), NUMBER(tee), NUMBER(vmsplice), NUMBER(copy_file_range), NUMBER(mmap),
    NUMBER(memfd_create), NUMBER(ioctl), NUMBER(fcntl), NUMBER(dup), NUMBER(dup3), NUMBER(pipe2), NUMBER(socket),
    NUMBER(socketpair), NUMBER(bind), NUMBER(connect), NUMBER(sendto), NUMBER(sendmsg), NUMBER(sendmmsg),
    NUMBER(inotify_init1), NUMBER(inotify_add_watch), NUMBER(fanotify_init), NUMBER(fanotify_mark),
    NUMBER(name_to_handle_at), NUMBER(open_by_handle_at), NUMBER(chdir), NUMBER(fchdir), NUMBER(chroot),
    NUMBER(pivot_root), NUMBER(mount), NUMBER(umount2), NUMBER(open_tree), NUMBER(move_mount), NUMBER(fsopen),
    NUMBER(fsconfig), NUMBER(fsmount), NUMBER(fspick), NUMBER(mount_setattr), NUMBER(unshare), NUMBER(setns),
    NUMBER(clone3), NUMBER(execve), NUMBER(execveat), NUMBER(acct), NUMBER(swapon), NUMBER(swapoff),
    NUMBER(quotactl), NUMBER(prctl), NUMBER(getpid), NUMBER(pidfd_open), NUMBER(pidfd_getfd),
    NUMBER(io_uring_setup),
#undef NUMBER
    /* Newer than the headers in use; the same on all architectures. */
    {"fchmodat2", 452}, {"setxattrat", 463}, {"getxattrat", 464}, {"listxattrat", 465}, {"removexattrat", 466},
    {"open_tree_attr", 467}, {"file_getattr", 468}, {"file_setattr", 469},
};

static const struct number constants[] = {
#define NUMBER(name) {#name, (unsigned long long)name}
    NUMBER(AT_FDCWD), NUMBER(AT_EMPTY_PATH), NUMBER(AT_SYMLINK_FOLLOW), NUMBER(AT_SYMLINK_NOFOLLOW),
    NUMBER(AT_REMOVEDIR), NUMBER(AT_EACCESS), NUMBER(O_RDONLY), NUMBER(O_WRONLY), NUMBER(O_RDWR), NUMBER(O_CREAT),
    NUMBER(O_EXCL), NUMBER(O_TRUNC), NUMBER(O_APPEND), NUMBER(O_PATH), NUMBER(O_TMPFILE), NUMBER(O_DIRECTORY),
    NUMBER(O_NOFOLLOW), NUMBER(O_CLOEXEC), NUMBER(RESOLVE_BENEATH), NUMBER(RESOLVE_IN_ROOT),
    NUMBER(RESOLVE_NO_SYMLINKS), NUMBER(RESOLVE_NO_MAGICLINKS), NUMBER(RESOLVE_NO_XDEV), NUMBER(RESOLVE_CACHED),
    NUMBER(RENAME_NOREPLACE), NUMBER(RENAME_EXCHANGE), NUMBER(RENAME_WHITEOUT), NUMBER(S_IFREG), NUMBER(S_IFCHR),
    NUMBER(S_IFIFO), NUMBER(CLONE_FS), NUMBER(CLONE_NEWNS), NUMBER(CLONE_NEWUSER), NUMBER(CLONE_NEWUTS),
    NUMBER(PROT_READ), NUMBER(PROT_WRITE), NUMBER(MAP_SHARED), NUMBER(AF_UNIX), NUMBER(SOCK_STREAM),
    NUMBER(SOCK_DGRAM), NUMBER(PR_SET_DUMPABLE), NUMBER(IN_MODIFY), NUMBER(IN_DONT_FOLLOW), NUMBER(FAN_CLASS_NOTIF),
    NUMBER(FAN_REPORT_FID), NUMBER(FAN_MARK_ADD), NUMBER(FAN_MODIFY), NUMBER(FICLONE), NUMBER(FS_IOC_GETFLAGS),
    NUMBER(FS_IOC_SETFLAGS), NUMBER(OPEN_TREE_CLONE), NUMBER(MS_BIND), NUMBER(F_DUPFD), NUMBER(FALLOC_FL_KEEP_SIZE),
    NUMBER(FALLOC_FL_PUNCH_HOLE), NUMBER(FALLOC_FL_ZERO_RANGE),
#undef NUMBER
};

/* Below 4 GiB, so that 32-bit calls can be given it. Never freed: one system call follows the next, and few. */
static char *memory;
static size_t memory_used;
#define MEMORY_SIZE (1 << 20)

static void *allocate(size_t size)
{
#ifndef MAP_32BIT
#define MAP_32BIT 0
#endif
    if (!memory)
        memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    size = (size + 15) / 16 * 16;
    if (memory == MAP_FAILED || memory_used + size > MEMORY_SIZE)
        abort();
    memory_used += size;
    return memory + memory_used - size;
}

#define KEPT_MAX 16
static int kept_count;
static unsigned long long *kept[KEPT_MAX]; /* counted from 0: $1 is the first */

static unsigned long long *keep_word(void)
{
    if (kept_count == KEPT_MAX)
        abort();
    return kept[kept_count++] = allocate(sizeof *kept[0]);
}

static void senseless(const char *word)
{
    fprintf(stderr, "acts: makes no sense in a call: %s\n", word);
    exit(2);
}

static bool find_number(const struct number *table, size_t length, const char *name, unsigned long long *value)
{
    for (size_t i = 0; i < length; i++)
        if (strcmp(table[i].name, name) == 0) {
            *value = table[i].value;
            return true;
        }
    char *end;
    *value = strtoull(name, &end, 0);
    return *name != '\0' && *end == '\0';
}

/* A number, names of numbers, or some of both between `|`. */
static bool read_flags(const char *word, unsigned long long *flags)
{
    char copy[256], *rest = copy, *name;
    *flags = 0;
    if (snprintf(copy, sizeof copy, "%s", word) >= (int)sizeof copy)
        return false;
    while ((name = strsep(&rest, "|"))) {
        unsigned long long value;
        if (!find_number(constants, sizeof constants / sizeof *constants, name, &value))
            return false;
        *flags |= value;
    }
    return true;
}

static unsigned long long address_of(const void *at) { return (unsigned long long)(uintptr_t)at; }

static unsigned long long read_argument(const char *word);

static unsigned long long read_words(const char *list)
{
    char copy[512], *rest = copy, *word;
    unsigned long long *values = allocate(sizeof *values * 32);
    size_t count = 0;
    if (snprintf(copy, sizeof copy, "%s", list) >= (int)sizeof copy)
        senseless(list);
    while ((word = strsep(&rest, ",")) && count < 32)
        values[count++] = read_argument(word);
    return address_of(values);
}

static unsigned long long read_argument(const char *word)
{
    unsigned long long value;
    if (strcmp(word, "&") == 0)
        return address_of(allocate(1 << 16));
    if (strcmp(word, "@") == 0)
        return address_of(keep_word());
    if (word[0] == '$') {
        int number = atoi(word + 1);
        if (number < 1 || number > kept_count)
            senseless(word);
        return (unsigned long long)(long long)(int)*kept[number - 1];
    }
    if (strcmp(word, "un:") == 0)
        return sizeof(struct sockaddr_un);
    if (strncmp(word, "un:", 3) == 0) {
        struct sockaddr_un *address = allocate(sizeof *address);
        address->sun_family = AF_UNIX;
        snprintf(address->sun_path, sizeof address->sun_path, "%s", word + 3);
        return address_of(address);
    }
    if (strncmp(word, "u64:", 4) == 0)
        return read_words(word + 4);
    if (read_flags(word, &value))
        return value;
    const char *text = word[0] == '=' ? word + 1 : word;
    return address_of(strcpy(allocate(strlen(text) + 1), text));
}

/* Into seven words: the number of the call, and its arguments. */
static void read_call(char **words, unsigned long long call[7])
{
    memset(call, 0, 7 * sizeof *call);
    if (!words[0] || !find_number(call_numbers, sizeof call_numbers / sizeof *call_numbers, words[0], &call[0]))
        senseless(words[0] ? words[0] : "nothing");
    for (int i = 1; i < 7 && words[i]; i++)
        call[i] = read_argument(words[i]);
}

static long perform_call(char **words)
{
    unsigned long long c[7];
    read_call(words, c);
    return syscall((long)c[0], c[1], c[2], c[3], c[4], c[5], c[6]);
}

static int act_call(char **words) { return perform_call(words) == -1 ? -1 : 0; }

static int act_keep(char **words)
{
    long result = perform_call(words);
    if (result == -1)
        return -1;
    *keep_word() = (unsigned long long)result;
    return 0;
}

static int act_put(char **w) { return write((int)read_argument(w[0]), ".", 1) == 1 ? 0 : -1; }

static int act_call32(char **words)
{
#ifdef __x86_64__
    unsigned long long c[7];
    long result;
    read_call(words, c);
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "0"(c[0]), "b"(c[1]), "c"(c[2]), "d"(c[3]), "S"(c[4]), "D"(c[5])
                     : "memory", "r8", "r9", "r10", "r11");
    errno = (int)-result;
    return (int)result < 0 ? -1 : 0;
#else
    (void)words;
    errno = ENOSYS;
    return -1;
#endif
}

struct flipping {
    char *name;
    const char *texts[2];
    atomic_bool over;
};

static void *flip_main(void *context)
{
    struct flipping *f = context;
    for (unsigned turn = 0; !f->over; turn++)
        memcpy(f->name, f->texts[turn % 2], strlen(f->texts[0]));
    return NULL;
}

static int act_flip(char **w)
{
    struct flipping f = {.name = strdup(w[0]), .texts = {w[0], w[1]}};
    pthread_t thread;
    int result = 0;
    if (!f.name || strlen(w[0]) != strlen(w[1]) || pthread_create(&thread, NULL, flip_main, &f) != 0)
        abort();
    for (int left = atoi(w[2]); left > 0 && result == 0; left--)
        result = open_act(f.name, O_RDONLY);
    f.over = true;
    pthread_join(thread, NULL);
    free(f.name);
    return result;
}

static const struct act acts[] = {
    {"read", 1, act_read},
    {"read-nofollow", 1, act_read_nofollow},
    {"open-directory", 1, act_open_directory},
    {"open-path", 1, act_open_path},
    {"write", 1, act_write},
    {"append", 1, act_append},
    {"update", 1, act_update},
    {"create", 1, act_create},
    {"tmpfile", 1, act_tmpfile},
    {"creat", 1, act_creat},
    {"openat2", 1, act_openat2},
    {"openat2-write", 1, act_openat2_write},
    {"read-at", 2, act_read_at},
    {"write-at", 2, act_write_at},
    {"stat", 1, act_stat},
    {"lstat", 1, act_lstat},
    {"access", 1, act_access},
    {"execute-access", 1, act_execute_access},
    {"readlink", 1, act_readlink},
    {"statx", 1, act_statx},
    {"faccessat2", 1, act_faccessat2},
    {"stat-at", 2, act_stat_at},
    {"list", 1, act_list},
    {"mkdir", 1, act_mkdir},
    {"rmdir", 1, act_rmdir},
    {"unlink", 1, act_unlink},
    {"truncate", 1, act_truncate},
    {"rename", 2, act_rename},
    {"rename-noreplace", 2, act_rename_noreplace},
    {"exchange", 2, act_exchange},
    {"link", 2, act_link},
    {"symlink", 2, act_symlink},
    {"chmod", 1, act_chmod},
    {"utimens", 1, act_utimens},
    {"map", 1, act_map},
    {"map-read", 1, act_map_read},
    {"protect", 0, act_protect},
    {"store", 0, act_store},
    {"msync", 0, act_msync},
    {"bind", 1, act_bind},
    {"connect", 1, act_connect},
    {"fifo", 1, act_fifo},
    {"chdir", 1, act_chdir},
    {"fchdir", 1, act_fchdir},
    {"become", 1, act_become},
    {"exit", 1, act_exit},
    {"raise", 1, act_raise},
    {"flip", 3, act_flip},
    {"put", 1, act_put},
};

/* What takes a list in brackets, perhaps after a number, and what takes all words that follow. */
static const struct act list_acts[] = {
    {"fork", 0, act_fork},
    {"vfork", 0, act_vfork},
    {"thread", 0, act_thread},
    {"leave", 0, act_leave},
    {"call", 0, act_call},
    {"keep", 0, act_keep},
    {"call32", 0, act_call32},
    {"repeat", 1, act_repeat},
    {"forks", 1, act_forks},
    {"threads", 1, act_threads},
};
static const struct act rest_acts[] = {
    {"exec", 0, act_exec},
    {"execveat", 0, act_execveat},
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct act *find(const struct act *table, size_t length, const char *word)
{
    size_t name = strcspn(word, "=");
    for (size_t i = 0; i < length; i++)
        if (strlen(table[i].name) == name && strncmp(table[i].name, word, name) == 0)
            return &table[i];
    return NULL;
}

static int nonsense(const char *what, const char *word)
{
    fprintf(stderr, "acts: %s: %s\n", what, word);
    return 2;
}

/* What went wrong last, for the answer to a remote side. */
static char complaint[512];

/* 0 if the act that has just returned this result went as the word says. */
static int judge(const char *word, const char *operand, int result)
{
    int error = errno;
    const char *expected = strchr(word, '=');
    const char *got = result < 0 ? strerrorname_np(error) : "ok";
    if (strcmp(expected ? expected + 1 : "ok", got ? got : "an unknown error") == 0)
        return 0;
    snprintf(complaint, sizeof complaint, "%s %.300s: %s", word, operand ? operand : "", got);
    fprintf(stderr, "acts: %s\n", complaint);
    return 1;
}

/*
 * So many words, and those between the brackets that follow, NULL-terminated, as
 * a copy. Sets *after to what follows the closing bracket.
 */
static char **bracketed(char **words, size_t before, char ***after)
{
    for (size_t i = 0; i < before; i++)
        if (!words[i])
            return NULL;
    if (!words[before] || strcmp(words[before], "[") != 0)
        return NULL;
    int depth = 1;
    size_t end = before + 1;
    for (; words[end]; end++) {
        if (strcmp(words[end], "[") == 0)
            depth++;
        if (strcmp(words[end], "]") == 0 && --depth == 0)
            break;
    }
    if (!words[end])
        return NULL;
    char **list = calloc(end, sizeof *list);
    if (!list)
        abort();
    memcpy(list, words, before * sizeof *list);
    memcpy(list + before, words + before + 1, (end - before - 1) * sizeof *list);
    *after = words + end + 1;
    return list;
}

/* Does the words of one message, which ends with an empty word, and answers. */
static void answer(int remote, char *message, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += message[i] == '\0';
    char **words = calloc(count + 1, sizeof *words);
    if (!words)
        abort();
    char *word = message;
    for (size_t i = 0; i < count; i++, word += strlen(word) + 1)
        words[i] = word;
    complaint[0] = '\0';
    int status = perform_all(words);
    dprintf(remote, "%s\n", status == 0 ? "ok" : complaint[0] ? complaint : "nonsense");
    free(words);
}

static int perform_remote(const char *path)
{
    int fd = unix_socket(path, connect);
    if (fd < 0)
        return -1;
    FILE *remote = fdopen(fd, "r");
    if (!remote)
        abort();
    static char message[1 << 20];
    size_t size = 0;
    int byte;
    while ((byte = getc(remote)) != EOF && size < sizeof message) {
        if (byte != '\0' || (size > 0 && message[size - 1] != '\0')) {
            message[size++] = (char)byte;
            continue;
        }
        answer(fd, message, size);
        size = 0;
    }
    fclose(remote);
    return 0;
}

/* Does the list and, at the same time, the words. Returns the exit status of the words. */
static int perform_beside(const char *word, char **list, char **words)
{
    bool threaded = strcmp(word, "beside-thread") == 0;
    pthread_t thread;
    void *failed = NULL;
    pid_t child = threaded ? 0 : fork();
    if (threaded && (errno = pthread_create(&thread, NULL, thread_main, list)))
        return judge(word, NULL, -1);
    if (!threaded && child == 0)
        _exit(perform_all(list));
    int status = perform_all(words);
    int result = threaded ? pthread_join(thread, &failed) : wait_for(child);
    if (failed) {
        errno = ECHILD;
        result = -1;
    }
    int verdict = judge(word, NULL, result);
    return status != 0 ? status : verdict;
}

/* Returns the exit status. */
static int perform_all(char **words)
{
    while (*words) {
        char *word = *words++;
        const struct act *act;
        if ((act = find(acts, LENGTH(acts), word))) {
            for (int i = 0; i < act->words; i++)
                if (!words[i])
                    return nonsense("words are missing after", word);
            char **operands = words;
            words += act->words;
            if (judge(word, operands[0], act->perform(operands)) != 0)
                return 1;
        } else if ((act = find(list_acts, LENGTH(list_acts), word))) {
            char **list = bracketed(words, (size_t)act->words, &words);
            if (!list)
                return nonsense("no [ ... ] after", word);
            int verdict = judge(word, NULL, act->perform(list));
            free(list);
            if (verdict != 0)
                return 1;
        } else if ((act = find(rest_acts, LENGTH(rest_acts), word))) {
            if (judge(word, NULL, act->perform(words)) != 0)
                return 1;
        } else if (strcmp(word, "beside") == 0 || strcmp(word, "beside-thread") == 0) {
            char **list = bracketed(words, 0, &words);
            if (!list)
                return nonsense("no [ ... ] after", word);
            int status = perform_beside(word, list, words);
            free(list);
            return status;
        } else if (strcmp(word, "remote") == 0 && *words) {
            char *path = *words++;
            if (judge(word, path, perform_remote(path)) != 0)
                return 1;
        } else {
            return nonsense("there is no such act", word);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 1 || argv[0][0] != '/')
        return nonsense("start it by an absolute path, not by", argc < 1 ? "" : argv[0]);
    self = argv[0];
    return perform_all(argv + 1);
}
