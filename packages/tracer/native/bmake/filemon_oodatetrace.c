/*
 * A filemon for bmake's own source, over oodate-probe: put it into bmake's
 * directory filemon/ and configure with --with-filemon=oodatetrace.
 *
 * bmake starts itself anew under the probe, unless one is there already. Each
 * command then begins a trace of itself by attach(), which the probe answers
 * (see session.h), and the probe sends a report when that trace is whole.
 */
#include "filemon.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As in session.h. */
#define ATTACH_CALL 400
#define ATTACH_VERSION 1
#define ATTACH_BARE 2
/* As struct report in backend.h begins. */
#define REPORT_ENDED 2
struct report {
	int kind, pid, status, signal;
	int error; /* errno if the log could not be written, else 0 */
};

#define PROBE "oodate-probe"
/* Set while bmake starts itself anew, so that it does so once. */
#define GUARD "OODATE_FILEMON_STARTED"
#define WORDS_MAX 4096
/* As the probe says that the rest of what a program does was not seen. */
#define LEFT_RUNNING "# Left running "

struct filemon {
	int log;
	int ends[2]; /* reports come to the first; the second is the command's */
	int awaited; /* a report is to come */
	int incomplete;
};

static int attach(int log, int end, unsigned flags)
{
	return (int)syscall(ATTACH_CALL, ATTACH_VERSION, log, end, flags);
}

/* The probe's program may be named by the environment. */
static const char *probe(void)
{
	const char *file = getenv("OODATE_PROBE_FILE");

	return file != NULL && *file != '\0' ? file : PROBE;
}

/* A probe that cannot see here would not run bmake at all. */
static int probe_works(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int nowhere = open("/dev/null", O_RDWR);

		dup2(nowhere, 1);
		dup2(nowhere, 2);
		execlp(probe(), PROBE, "--check", (char *)NULL);
		_exit(1);
	}
	if (pid < 0)
		return 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* This program's own words, behind those that are there. 0, or -1 if they cannot be had. */
static int add_own_words(char **words, int count)
{
	static char program[PATH_MAX];
	char *word = NULL;
	size_t size = 0;
	int first = count;
	FILE *file = fopen("/proc/self/cmdline", "re");

	if (file == NULL)
		return -1;
	while (count < WORDS_MAX && getdelim(&word, &size, '\0', file) > 0) {
		words[count++] = word;
		word = NULL;
		size = 0;
	}
	fclose(file);
	words[count] = NULL;
	if (count == first || count == WORDS_MAX)
		return -1;
	/* Which one a bare name stood for is known for sure. */
	if (strchr(words[first], '/') == NULL) {
		ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

		if (length < 0)
			return -1;
		words[first] = program;
	}
	return 0;
}

/* Comes back if that is not possible: bmake goes on without filemon then. */
static void start_anew(void)
{
	static char *words[WORDS_MAX + 1] = { PROBE, "-o", "/dev/null", "--quiet", "--" };

	if (getenv(GUARD) != NULL || !probe_works() || add_own_words(words, 5) < 0 || setenv(GUARD, "1", 1) < 0)
		return;
	execvp(probe(), words);
}

/* bmake asks for it once, before it has read its arguments or changed anything. */
const char *filemon_path(void)
{
	static int asked;

	if (!asked && attach(-1, -1, 0) < 0)
		start_anew();
	asked = 1;
	unsetenv(GUARD);
	return PROBE;
}

/* One pair for each command: its end is open in the command and the probe alone, so the probe's death is seen. */
static void renew_ends(struct filemon *F)
{
	for (int i = 0; i < 2; i++)
		if (F->ends[i] >= 0)
			close(F->ends[i]);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, F->ends) < 0)
		F->ends[0] = F->ends[1] = -1;
}

struct filemon *filemon_open(void)
{
	struct filemon *F;

	if (attach(-1, -1, 0) < 0 || (F = calloc(1, sizeof(*F))) == NULL)
		return NULL;
	F->log = F->ends[0] = F->ends[1] = -1;
	renew_ends(F);
	return F;
}

static int print_time(int log, const char *word)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return dprintf(log, "# %s %lld.%06ld\n", word, (long long)now.tv_sec, (long)now.tv_usec);
}

int filemon_setfd(struct filemon *F, int fd)
{
	F->log = fd;
	if (dprintf(fd, "# filemon version 5\n# Target pid %d\n", (int)getpid()) < 0 || print_time(fd, "Start") < 0)
		return -1;
	return dprintf(fd, "V 5\n") < 0 ? -1 : 0;
}

/* In a child that shares bmake's memory. If nobody takes the end over, bmake finds it closed. */
int filemon_setpid_child(const struct filemon *F, pid_t pid)
{
	(void)pid;
	attach(F->log, F->ends[1], ATTACH_BARE);
	return 0;
}

void filemon_setpid_parent(struct filemon *F, pid_t pid)
{
	(void)pid;
	if (F->ends[1] >= 0)
		close(F->ends[1]);
	F->ends[1] = -1;
	F->awaited = 1;
}

int filemon_readfd(const struct filemon *F)
{
	return F->ends[0];
}

int filemon_process(struct filemon *F)
{
	char bytes[1024] = { 0 };
	struct report report;
	ssize_t length;

	if (!F->awaited)
		return 0;
	do
		length = recv(F->ends[0], bytes, sizeof(bytes), 0);
	while (length < 0 && errno == EINTR);
	F->awaited = 0;
	memcpy(&report, bytes, sizeof(report));
	if (length < (ssize_t)sizeof(report) || report.kind != REPORT_ENDED || report.error != 0)
		F->incomplete = 1;
	renew_ends(F);
	return length > 0 ? 0 : -1;
}

/* The name of a plain record, and the last one of M and L. */
static char *name_of(const char *line)
{
	const char *name = strchr(line + 2, ' '), *end;

	if (name == NULL)
		return strdup("");
	if (line[0] != 'M' && line[0] != 'L')
		return strdup(name + 1);
	end = strrchr(name, '\'');
	if (end == NULL || end == name)
		return strdup("");
	for (name = end; name[-1] != '\'' && name[-1] != ' '; name--)
		;
	return strndup(name, (size_t)(end - name));
}

struct names {
	char **all;
	size_t count;
};

static int has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->all[i], name) == 0)
			return 1;
	return 0;
}

static int add(struct names *names, char *name)
{
	char **all = realloc(names->all, (names->count + 1) * sizeof(*all));

	if (all == NULL)
		return -1;
	names->all = all;
	all[names->count++] = name;
	return 0;
}

/*
 * What a target read after it had written it is no prerequisite, and bmake would
 * compare its time with the target's; and of a link it would look for the text
 * in its own directory. So the one is left out, the other written as W.
 */
static int print_line(FILE *to, const char *line, struct names *written)
{
	char *name;
	int failed;

	if (strchr("WMLRE", line[0]) == NULL || line[1] != ' ')
		return fputs(line, to) < 0 || putc('\n', to) < 0 ? -1 : 0;
	name = name_of(line);
	if (name == NULL)
		return -1;
	if (strchr("RE", line[0]) != NULL) {
		failed = !has(written, name) && fprintf(to, "%s\n", line) < 0;
		free(name);
		return failed ? -1 : 0;
	}
	failed = line[0] == 'L' ? fprintf(to, "W %d %s\n", atoi(line + 2), name) < 0 : fprintf(to, "%s\n", line) < 0;
	if (has(written, name))
		free(name);
	else if (add(written, name) < 0)
		return -1;
	return failed ? -1 : 0;
}

/* The log's text as bmake is to have it. NULL if memory is short. */
static char *edit(FILE *from, size_t *size, int *incomplete)
{
	struct names written = { NULL, 0 };
	char *text = NULL, *line = NULL;
	size_t room = 0;
	ssize_t length;
	int failed = 0;
	FILE *to = open_memstream(&text, size);

	if (to == NULL)
		return NULL;
	while (!failed && (length = getline(&line, &room, from)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (line[0] == 'Q' || strncmp(line, LEFT_RUNNING, strlen(LEFT_RUNNING)) == 0)
			*incomplete = 1;
		failed = print_line(to, line, &written) < 0;
	}
	free(line);
	while (written.count > 0)
		free(written.all[--written.count]);
	free(written.all);
	if (fclose(to) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

static int rewrite(int log, const char *text, size_t size)
{
	if (ftruncate(log, 0) < 0 || lseek(log, 0, SEEK_SET) < 0)
		return -1;
	while (size > 0) {
		ssize_t n = write(log, text, size);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* A record without data. */
static const char unseen[] = "Q\n";

static int print_end(const struct filemon *F)
{
	if ((F->incomplete && dprintf(F->log, "%s", unseen) < 0) || print_time(F->log, "Stop") < 0)
		return -1;
	return dprintf(F->log, "# Bye bye\n");
}

/* bmake takes a record without data for a reason to make the target again: what was not all seen ends with one. */
int filemon_close(struct filemon *F)
{
	int copy = dup(F->log), error = 0;
	FILE *from = copy < 0 ? NULL : fdopen(copy, "r");
	char *text = NULL;
	size_t size = 0;

	errno = ENOMEM;
	if (from != NULL) {
		rewind(from);
		text = edit(from, &size, &F->incomplete);
		fclose(from);
	}
	if (text == NULL || rewrite(F->log, text, size) < 0 || print_end(F) < 0) {
		error = errno;
		/* For that alone there is room. */
		if (rewrite(F->log, unseen, sizeof(unseen) - 1) == 0)
			error = 0;
	}
	free(text);
	close(F->log);
	for (int i = 0; i < 2; i++)
		if (F->ends[i] >= 0)
			close(F->ends[i]);
	free(F);
	errno = error;
	return error == 0 ? 0 : -1;
}
