#include "programs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 16

static const struct {
	const char *backend, *program;
	/* What is said if it is not there. */
	const char *absent;
} programs[] = {
	{ "bpf", "oodate-probe-bpf",
	  "NOT_BUILT\tthe monitor was built without bpf, as there was no clang or no libbpf\t"
	  "install clang and libbpf-dev, and build it again" },
	{ "fanotify", "oodate-probe", "NOT_BUILT\tits program is not there\tbuild it again" },
};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

static size_t find(const char *backend)
{
	size_t i = 0;

	while (i < PROGRAMS && strcmp(programs[i].backend, backend) != 0)
		i++;
	return i;
}

const char *programs_best(void)
{
	return programs[0].backend;
}

const char *programs_next(const char *backend)
{
	size_t i = find(backend);

	return i + 1 < PROGRAMS ? programs[i + 1].backend : NULL;
}

/* They lie beside each other. */
static int place_of(size_t which, char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);
	char *name;

	if (length < 0)
		return -1;
	path[length] = '\0';
	name = strrchr(path, '/');
	if (name == NULL || (size_t)(name + 1 - path) + strlen(programs[which].program) >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(name + 1, programs[which].program);
	return 0;
}

void programs_become(const char *backend, char *const *words)
{
	char path[PATH_MAX], monitor[] = "--monitor", *all[WORDS_MAX + 3];
	size_t which = find(backend), count = 2;

	if (which == PROGRAMS || place_of(which, path, sizeof(path)) < 0) {
		errno = ENOENT;
		return;
	}
	all[0] = path;
	all[1] = monitor;
	while (*words != NULL && count < WORDS_MAX + 2)
		all[count++] = *words++;
	all[count] = NULL;
	execv(path, all);
}

static int check(size_t which)
{
	char check_word[] = "--check", *words[] = { check_word, NULL };
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		programs_become(programs[which].backend, words);
		printf("%s\tno\t%s\n", programs[which].backend, programs[which].absent);
		fflush(stdout);
		_exit(1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

int programs_check_better(const char *backend)
{
	int result = 1;

	for (size_t i = 0; i < find(backend); i++)
		if (check(i) == 0)
			result = 0;
	return result;
}
