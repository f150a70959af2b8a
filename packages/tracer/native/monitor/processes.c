#include "processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORDS_MAX 4096
/* PF_FORKNOEXEC of the kernel's sched.h. */
#define FORKED_NOT_EXECUTED 0x40

static struct actor actor;
static char executable[PATH_MAX], words[WORDS_MAX];

/* Bytes read, with a NUL behind them; -1 with errno. */
static ssize_t read_file(int directory, const char *name, char *bytes, size_t size)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t length = 0;

	if (fd < 0)
		return -1;
	while (used < size - 1 && (length = read(fd, bytes + used, size - 1 - used)) > 0)
		used += (size_t)length;
	close(fd);
	bytes[used] = '\0';
	return length < 0 ? -1 : (ssize_t)used;
}

/* Anything may stand in the name, so that it ends at the last parenthesis. */
static int read_name_and_parent(int directory, const char *file, char *name, pid_t *parent)
{
	char text[512], *begin, *end;
	int number;

	if (read_file(directory, file, text, sizeof(text)) <= 0)
		return -1;
	begin = strchr(text, '(');
	end = strrchr(text, ')');
	if (begin == NULL || end == NULL || end < begin || sscanf(end + 1, " %*c %d", &number) != 1)
		return -1;
	*end = '\0';
	snprintf(name, PROGRAM_NAME_MAX, "%.*s", PROGRAM_NAME_MAX - 1, begin + 1);
	*parent = number;
	return 0;
}

static int read_users(int directory, struct actor *a)
{
	char text[4096], *uid, *gid;

	if (read_file(directory, "status", text, sizeof(text)) <= 0)
		return -1;
	uid = strstr(text, "\nUid:");
	gid = strstr(text, "\nGid:");
	if (uid == NULL || gid == NULL || sscanf(uid, "\nUid: %u", &a->uid) != 1 || sscanf(gid, "\nGid: %u", &a->gid) != 1)
		return -1;
	a->login_uid = (uid_t)-1;
	if (read_file(directory, "loginuid", text, sizeof(text)) > 0)
		a->login_uid = (uid_t)strtoul(text, NULL, 10);
	return 0;
}

static void read_program(int directory, struct actor *a)
{
	ssize_t length = readlinkat(directory, "exe", executable, sizeof(executable) - 1);

	if (length > 0) {
		executable[length] = '\0';
		a->executable = executable;
	}
	length = read_file(directory, "cmdline", words, sizeof(words));
	if (length > 0) {
		a->words = words;
		a->words_size = (size_t)length;
		a->words_cut = length == WORDS_MAX - 1;
	}
}

static void read_ancestors(int processes, struct actor *a)
{
	pid_t pid = a->parent;

	while (pid > 0 && a->ancestors < ANCESTORS_MAX) {
		char file[32];
		pid_t parent;

		snprintf(file, sizeof(file), "%d/stat", (int)pid);
		if (read_name_and_parent(processes, file, a->ancestor[a->ancestors].name, &parent) < 0)
			return;
		a->ancestor[a->ancestors++].pid = pid;
		pid = parent;
	}
}

/* A directory of /proc is of one process for ever, whoever gets its number afterwards. */
static bool lives(int pidfd)
{
	return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0 || errno == EPERM;
}

const struct actor *processes_actor(pid_t pid, int pidfd, bool own_only)
{
	static int processes = -1;
	char number[16];
	int directory;

	actor = (struct actor){ .pid = pid };
	if (processes < 0)
		processes = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (pid <= 0 || pidfd < 0)
		return &actor;
	snprintf(number, sizeof(number), "%d", (int)pid);
	directory = openat(processes, number, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return &actor;
	if (lives(pidfd) && read_users(directory, &actor) == 0 &&
	    read_name_and_parent(directory, "stat", actor.name, &actor.parent) == 0) {
		if (!own_only || actor.uid == getuid())
			read_program(directory, &actor);
		read_ancestors(processes, &actor);
	} else {
		actor = (struct actor){ .pid = pid };
	}
	close(directory);
	return &actor;
}

int processes_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool processes_has_executed(pid_t pid)
{
	char name[32], text[512], *end;
	unsigned flags;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	if (read_file(AT_FDCWD, name, text, sizeof(text)) <= 0 || (end = strrchr(text, ')')) == NULL ||
	    sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return true;
	return !(flags & FORKED_NOT_EXECUTED);
}

long processes_executing(const struct file_key *key, void (*found)(void *context, pid_t pid), void *context)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	long count = 0;

	while (processes != NULL && (entry = readdir(processes)) != NULL) {
		char name[PROGRAM_NAME_MAX + 256];
		struct stat st;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(name, sizeof(name), "%s/exe", entry->d_name);
		if (fstatat(dirfd(processes), name, &st, 0) < 0 || st.st_dev != key->device || st.st_ino != key->inode)
			continue;
		count++;
		if (found != NULL)
			found(context, (pid_t)atoi(entry->d_name));
	}
	if (processes != NULL)
		closedir(processes);
	return count;
}
