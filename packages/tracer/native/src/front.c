#include "front.h"

#include "backend.h"
#include "descriptors.h"
#include "resources.h"
#include "shell_name.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

extern char **environ;

/* What a program may leave altered in an open file that it shares with others. */
struct sharing {
	int flags; /* -1: closed */
	bool has_state;
	struct termios state;
};

struct child {
	pid_t pid; /* 0: none */
	int pidfd;
};

struct front {
	struct signals signals;
	int changes; /* signalfd: a child has stopped or ended */
	int request, answer;
	struct child program, command;
	bool program_ended, ended_early; /* early: while the command ran */
	int program_status, command_status; /* as from wait(2) */
	struct sharing given[3], left[3]; /* at the start, and by the command */
	bool has_left;
	struct front_request head;
	size_t received; /* bytes of head and strings */
	char *strings;
};

/* Shells pass on no variables whose names they could not use: those are handed on in another way. */

static void print_entry(const char *entry)
{
	for (size_t i = 0; i <= strlen(entry); i++)
		printf("%02x", (unsigned char)entry[i]);
}

int front_print_dropped(const char *pid)
{
	char name[64], *entry = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%.16s/environ", pid);
	file = fopen(name, "re");
	if (file == NULL)
		return EXIT_PROBE_FAILED;
	while (getdelim(&entry, &size, '\0', file) > 0)
		if (strchr(entry, '=') != NULL && !is_shell_name(entry))
			print_entry(entry);
	free(entry);
	fclose(file);
	return 0;
}

/* The entries stay in use as parts of the environment. */
static void take_dropped(void)
{
	const char *digits = getenv("OODATE_DROPPED");
	char *entry, *end;
	unsigned byte;

	if (digits == NULL || (end = entry = malloc(strlen(digits) / 2 + 1)) == NULL)
		return;
	for (; sscanf(digits, "%2x", &byte) == 1; digits += 2) {
		*end++ = (char)byte;
		if (byte == 0) {
			putenv(entry);
			entry = end;
		}
	}
	unsetenv("OODATE_DROPPED");
}

static void note_sharing(struct sharing sharing[3])
{
	for (int fd = 0; fd < 3; fd++) {
		sharing[fd].flags = fcntl(fd, F_GETFD) & FD_CLOEXEC ? -1 : fcntl(fd, F_GETFL);
		sharing[fd].has_state = sharing[fd].flags >= 0 && tcgetattr(fd, &sharing[fd].state) == 0;
	}
}

static void restore_flags(const struct sharing sharing[3])
{
	for (int fd = 0; fd < 3; fd++)
		if (sharing[fd].flags >= 0 && fcntl(fd, F_GETFL) != sharing[fd].flags)
			fcntl(fd, F_SETFL, sharing[fd].flags);
}

static void restore_sharing(const struct sharing sharing[3])
{
	struct termios state;

	restore_flags(sharing);
	for (int fd = 0; fd < 3; fd++)
		if (sharing[fd].has_state && tcgetattr(fd, &state) == 0 &&
		    memcmp(&state, &sharing[fd].state, sizeof(state)) != 0)
			tcsetattr(fd, TCSANOW, &sharing[fd].state);
}

static int start(struct child *child, pid_t pid)
{
	child->pid = pid;
	child->pidfd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	return pid < 0 ? -1 : 0;
}

static void forget(struct child *child)
{
	close(child->pidfd);
	*child = (struct child){ .pidfd = -1 };
}

/* The program */

static void become_program(const struct front *f, char **words, const int *ends)
{
	const char *options = getenv("NODE_OPTIONS");
	char text[32];

	/* A channel to a Node above is the command's, not the program's. */
	unsetenv("NODE_CHANNEL_FD");
	/* So is what they have Node do: yarn's has it see other files than there are. */
	if (options != NULL) {
		setenv("OODATE_NODE_OPTIONS", options, 1);
		unsetenv("NODE_OPTIONS");
	}
	snprintf(text, sizeof(text), "%d,%d", ends[0], ends[1]);
	setenv("OODATE_FRONT", text, 1);
	keep_descriptors(ends, 2);
	fcntl(ends[0], F_SETFD, 0);
	fcntl(ends[1], F_SETFD, 0);
	raise_limit(RLIMIT_FSIZE);
	signals_restore(&f->signals);
	execvp(words[0], words);
	fprintf(stderr, "oodate: %s: %s\n", words[0], errno == ENOENT ? "not found; it is needed to run oodate" : strerror(errno));
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE);
}

static int start_program(struct front *f, char **words)
{
	int requests[2], answers[2], ends[2];
	pid_t pid;

	if (pipe2(requests, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return -1;
	ends[0] = requests[1];
	ends[1] = answers[0];
	if (pid == 0)
		become_program(f, words, ends);
	f->request = requests[0];
	f->answer = answers[1];
	close(ends[0]);
	close(ends[1]);
	return start(&f->program, pid);
}

/* Commands */

static void answer(struct front *f, enum front_end end, int value)
{
	const struct front_answer answer = { .end = end, .value = (uint32_t)value };

	f->received = 0;
	free(f->strings);
	f->strings = NULL;
	/* With the terminal's other signals it may have got one that stops. */
	if (f->program.pid != 0)
		kill(f->program.pid, SIGCONT);
	if (write(f->answer, &answer, sizeof(answer)) < 0 && errno != EPIPE)
		fprintf(stderr, "oodate: the end of the command could not be told: %s\n", strerror(errno));
}

static char *next_string(const struct front *f, size_t *at)
{
	char *string = f->strings + *at;

	*at += strlen(string) + 1;
	return *at <= f->head.length ? string : NULL;
}

static void become_command(const struct front *f, int failure)
{
	char **words = calloc((size_t)f->head.words + 1, sizeof(*words));
	size_t at = 0;
	char *directory = next_string(f, &at);

	if (words == NULL || chdir(directory) < 0)
		goto failed;
	for (uint32_t i = 0; i < f->head.words; i++)
		if ((words[i] = next_string(f, &at)) == NULL)
			goto failed;
	for (uint32_t i = 0; i < f->head.variables; i++) {
		char *variable = next_string(f, &at);

		if (variable == NULL || (strchr(variable, '=') != NULL ? putenv(variable) : unsetenv(variable)) != 0)
			goto failed;
	}
	if (f->head.stdout_to_stderr && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		goto failed;
	signals_restore(&f->signals);
	execvp(words[0], words);
failed:
	if (write(failure, &errno, sizeof(errno)) < 0)
		_exit(EXIT_PROBE_FAILED);
	_exit(EXIT_PROBE_FAILED);
}

static void start_command(struct front *f)
{
	int failure[2], error;
	ssize_t told;
	pid_t pid;

	restore_flags(f->given);
	if (pipe2(failure, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		answer(f, FRONT_NOT_STARTED, errno);
		return;
	}
	if (pid == 0)
		become_command(f, failure[1]);
	close(failure[1]);
	do
		told = read(failure[0], &error, sizeof(error));
	while (told < 0 && errno == EINTR);
	close(failure[0]);
	if (told == (ssize_t)sizeof(error)) {
		waitpid(pid, NULL, 0);
		answer(f, FRONT_NOT_STARTED, error);
	} else {
		start(&f->command, pid);
	}
}

/* Returns -1 once the program asks for nothing more. */
static int hear_request(struct front *f)
{
	size_t size = sizeof(f->head);
	char *place = (char *)&f->head + f->received;
	ssize_t length;

	if (f->received >= sizeof(f->head)) {
		size += f->head.length;
		place = f->strings + (f->received - sizeof(f->head));
	}
	length = read(f->request, place, size - f->received);
	if (length <= 0)
		return length < 0 && errno == EINTR ? 0 : -1;
	f->received += (size_t)length;
	if (f->received == sizeof(f->head)) {
		if (f->head.length == 0 || f->head.length > FRONT_REQUEST_MAX)
			return -1;
		f->strings = malloc((size_t)f->head.length + 1);
		if (f->strings == NULL)
			return -1;
		f->strings[f->head.length] = '\0';
	} else if (f->received > sizeof(f->head) && f->received == sizeof(f->head) + f->head.length) {
		start_command(f);
	}
	return 0;
}

/* Signals and ends */

static bool is_stop(int number)
{
	return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static void hear_signals(struct front *f)
{
	const struct child *child = f->command.pid != 0 ? &f->command : &f->program;
	bool group;
	int number;

	while ((number = signals_next(&f->signals, &group)) != 0) {
		if (!group)
			signals_pass(number, child->pid, child->pidfd);
		/* Of a command's stop we hear; the program's is not told apart from one that only it should make. */
		if (is_stop(number) && f->command.pid == 0)
			signals_suspend(number);
	}
}

static void hear_command(struct front *f)
{
	int status;

	if (f->command.pid == 0 || waitpid(f->command.pid, &status, WNOHANG | WUNTRACED) != f->command.pid)
		return;
	if (WIFSTOPPED(status)) {
		signals_suspend(WSTOPSIG(status));
		return;
	}
	forget(&f->command);
	f->command_status = status;
	note_sharing(f->left);
	f->has_left = true;
	if (WIFSIGNALED(status))
		answer(f, FRONT_KILLED, WTERMSIG(status));
	else
		answer(f, FRONT_EXITED, WEXITSTATUS(status));
}

static void hear_program(struct front *f)
{
	if (f->program_ended || waitpid(f->program.pid, &f->program_status, WNOHANG) != f->program.pid)
		return;
	f->program_ended = true;
	f->ended_early = f->command.pid != 0;
	forget(&f->program);
}

static void hear_changes(struct front *f)
{
	struct signalfd_siginfo info;

	while (read(f->changes, &info, sizeof(info)) > 0)
		;
	hear_command(f);
	hear_program(f);
}

static int open_changes(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	/* The mask that was given is kept by signals_open(). */
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int end_as(int status)
{
	if (WIFSIGNALED(status))
		signals_die(WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* As the program ended; if that could only give the number of a signal, by the signal. */
static int end(const struct front *f)
{
	int killed = WIFSIGNALED(f->command_status) ? WTERMSIG(f->command_status) : 0;
	bool told = killed != 0 && WIFEXITED(f->program_status) && WEXITSTATUS(f->program_status) == 128 + killed;

	if (f->has_left)
		restore_sharing(f->left);
	return end_as(told || f->ended_early ? f->command_status : f->program_status);
}

int front(char **words)
{
	static struct front f = { .program = { .pidfd = -1 }, .command = { .pidfd = -1 } };

	take_dropped();
	note_sharing(f.given);
	if (signals_open(&f.signals, 0) < 0 || (f.changes = open_changes()) < 0 || start_program(&f, words) < 0) {
		fprintf(stderr, "oodate: cannot start: %s\n", strerror(errno));
		return EXIT_PROBE_FAILED;
	}
	while (!f.program_ended || f.command.pid != 0) {
		struct pollfd polled[] = { { .fd = f.signals.fd, .events = POLLIN },
					   { .fd = f.changes, .events = POLLIN },
					   { .fd = f.command.pid != 0 ? -1 : f.request, .events = POLLIN } };

		if (poll(polled, 3, -1) < 0)
			continue;
		if (polled[0].revents)
			hear_signals(&f);
		if (polled[1].revents)
			hear_changes(&f);
		if (polled[2].revents && hear_request(&f) < 0) {
			close(f.request);
			f.request = -1;
		}
	}
	return end(&f);
}
