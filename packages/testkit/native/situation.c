/*
 * situation FILE: writes to FILE what the kernel and its parent have given this
 * process, a line each, so that a command run alone and one run by another
 * program can be compared line by line:
 *
 *   file N TYPE FLAGS POSITION PIPE-SIZE TTY    each open descriptor
 *   env NAME=VALUE                              the environment, in its order
 *   limit NUMBER SOFT HARD                      setrlimit(2)
 *   status NAME VALUE                           lines of /proc/self/status
 *   ...
 *
 * What has another value in each process (pids, numbers of pipes) is left out or
 * given as a relation.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 4096

extern char **environ;

static FILE *out;

static const char *type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFDIR: return "directory";
	case S_IFCHR: return "device";
	case S_IFIFO: return "pipe";
	case S_IFSOCK: return "socket";
	default: return "other";
	}
}

static void tell_descriptor(int fd)
{
	struct winsize size = { 0 };
	struct termios state;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return;
	fprintf(out, "file %d %s status=%#o descriptor=%#o", fd, type_of(st.st_mode), fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	if (S_ISREG(st.st_mode))
		fprintf(out, " at=%lld size=%lld", (long long)lseek(fd, 0, SEEK_CUR), (long long)st.st_size);
	if (S_ISFIFO(st.st_mode))
		fprintf(out, " capacity=%d", fcntl(fd, F_GETPIPE_SZ));
	if (S_ISCHR(st.st_mode))
		fprintf(out, " device=%#llx", (unsigned long long)st.st_rdev);
	if (tcgetattr(fd, &state) == 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
		fprintf(out, " tty=%u,%u,%u,%u %ux%u foreground=%s", state.c_iflag, state.c_oflag, state.c_cflag, state.c_lflag,
			size.ws_row, size.ws_col, tcgetpgrp(fd) == getpgrp() ? "yes" : "no");
	fputc('\n', out);
}

/* Listed before FILE is opened, so that it is not among them. */
static size_t list_descriptors(int *found)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	size_t count = 0;

	if (directory == NULL)
		return 0;
	while ((entry = readdir(directory)) != NULL && count < DESCRIPTORS_MAX)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory))
			found[count++] = atoi(entry->d_name);
	closedir(directory);
	return count;
}

static void tell_status(void)
{
	static const char *const names[] = { "Umask", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff",
					     "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Uid", "Gid", "Groups", "CoreDumping", "THP_enabled" };
	FILE *status = fopen("/proc/self/status", "re");
	char line[1024];

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0 && line[strlen(names[i])] == ':')
				fprintf(out, "status %s", line);
	if (status != NULL)
		fclose(status);
}

static void tell_file(const char *name, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[4096];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		fprintf(out, "%s %s", name, line);
	if (file != NULL)
		fclose(file);
}

static void tell_link(const char *name, const char *path)
{
	char text[4096];
	ssize_t length = readlink(path, text, sizeof(text) - 1);

	if (length >= 0)
		fprintf(out, "%s %.*s\n", name, (int)length, text);
}

static void tell_limits(void)
{
	struct rlimit limit;

	for (int i = 0; i < RLIMIT_NLIMITS; i++)
		if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
			fprintf(out, "limit %d %llu %llu\n", i, (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
}

static void tell_scheduling(void)
{
	struct sched_param parameter;
	struct itimerval timer;
	cpu_set_t cpus;
	int parent_death = 0, subreaper = 0;

	sched_getparam(0, &parameter);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	fprintf(out, "scheduling policy=%d priority=%d nice=%d cpus=%d io=%ld slack=%d\n", sched_getscheduler(0), parameter.sched_priority,
		getpriority(PRIO_PROCESS, 0), CPU_COUNT(&cpus), syscall(SYS_ioprio_get, 1, 0), prctl(PR_GET_TIMERSLACK));
	for (int i = ITIMER_REAL; i <= ITIMER_PROF; i++)
		if (getitimer((__itimer_which_t)i, &timer) == 0)
			fprintf(out, "timer %d %s\n", i, timer.it_value.tv_sec || timer.it_value.tv_usec ? "set" : "unset");
	prctl(PR_GET_PDEATHSIG, &parent_death);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	fprintf(out, "process parent-death=%d dumpable=%d keep-caps=%d securebits=%#x personality=%#x subreaper=%d\n", parent_death,
		prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS), (unsigned)prctl(PR_GET_SECUREBITS), (unsigned)personality(0xffffffff),
		subreaper);
}

static void tell_terminal(void)
{
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);

	fprintf(out, "terminal %s", terminal < 0 ? "none" : "some");
	if (terminal >= 0)
		fprintf(out, " foreground=%s session=%s", tcgetpgrp(terminal) == getpgrp() ? "own" : "other",
			tcgetsid(terminal) == getsid(0) ? "own" : "other");
	fprintf(out, "\nsession of-this-process=%s\n", getsid(0) == getpid() ? "yes" : "no");
	if (terminal >= 0)
		close(terminal);
}

int main(int argc, char **argv)
{
	static int descriptors[DESCRIPTORS_MAX];
	char text[4096];
	size_t count = list_descriptors(descriptors);

	if (argc < 2 || (out = fopen(argv[1], "we")) == NULL)
		return 2;
	for (size_t i = 0; i < count; i++)
		tell_descriptor(descriptors[i]);
	for (int i = 0; i < argc; i++)
		if (i != 1)
			fprintf(out, "word %s\n", argv[i]);
	for (char **entry = environ; *entry != NULL; entry++)
		fprintf(out, "env %s\n", *entry);
	fprintf(out, "directory %s\n", getcwd(text, sizeof(text)) != NULL ? text : "none");
	tell_link("root", "/proc/self/root");
	tell_link("executable", "/proc/self/exe");
	tell_status();
	tell_limits();
	tell_scheduling();
	tell_terminal();
	tell_file("oom", "/proc/self/oom_score_adj");
	tell_file("cgroup", "/proc/self/cgroup");
	tell_file("coredump", "/proc/self/coredump_filter");
	tell_link("namespace", "/proc/self/ns/mnt");
	tell_link("namespace", "/proc/self/ns/pid");
	tell_link("namespace", "/proc/self/ns/net");
	tell_link("namespace", "/proc/self/ns/user");
	return fclose(out) == 0 ? 0 : 2;
}
