/*
 * writer: writes numbered lines in the ways that its words name, one after the other.
 *
 *   writer WORD...
 *
 * The lines are "0000000", "0000001" and so on, whatever way they go, so that one that
 * is missing, doubled or out of order shows. FD is a descriptor, BYTES a multiple of 8.
 *
 *   write FD BYTES         one call of write; again with the rest as long as there is one
 *   list FD BYTES PARTS    the same by writev, in as many parts and an empty one
 *   at FD BYTES            by pwritev2 at the current position
 *   file FD NAME           sendfile of that file, or a copy by hand if that is not possible
 *   splice FD NAME         the same by splice, through a pipe
 *   thread FD BYTES        as write, by a thread that has then ended
 *   child FD BYTES         as write, by a child, which is then killed
 *   reopen FD              opens the terminal FD by its name, puts that in the place of FD, and
 *                          writes to the higher number from now on, as Node does
 *   duplicate FD           gives FD another number, to which is written from now on
 *   nonblocking FD         sets O_NONBLOCK
 *   fill FD                as write, without waiting, until there is no more room
 *   count FILE             from now on each SIGWINCH adds a byte to FILE; calls go on
 *   exec                   executes itself with the words that follow; the lines begin anew
 *   say FILE               makes an empty FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE 8
#define PARTS_MAX 512

static unsigned next_line;
/* Where what is meant for a descriptor goes. */
static int places[3] = { 0, 1, 2 };
static int counted = -1;

static void fail(const char *what)
{
	fprintf(stderr, "writer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static char *make_lines(size_t bytes)
{
	char *text = malloc(bytes + 1);

	if (text == NULL || bytes % LINE != 0)
		fail("lines");
	for (size_t at = 0; at < bytes; at += LINE)
		snprintf(text + at, LINE + 1, "%07u\n", next_line++ % 10000000);
	return text;
}

static ssize_t by_list(int fd, const char *bytes, size_t length, size_t parts)
{
	struct iovec list[PARTS_MAX + 1];
	size_t each = length / parts;

	for (size_t i = 0; i < parts; i++)
		list[i] = (struct iovec){ (char *)bytes + i * each, i + 1 == parts ? length - i * each : each };
	list[parts] = (struct iovec){ NULL, 0 };
	return writev(fd, list, (int)parts + 1);
}

static ssize_t at_position(int fd, const char *bytes, size_t length)
{
	const struct iovec part = { (char *)bytes, length };

	return pwritev2(fd, &part, 1, -1, 0);
}

/* parts: 0 for write, -1 for pwritev2. */
static void write_all(int fd, const char *bytes, size_t length, int parts)
{
	while (length > 0) {
		ssize_t n = parts > 0 ? by_list(fd, bytes, length, (size_t)parts) :
			    parts < 0 ? at_position(fd, bytes, length) :
					write(fd, bytes, length);

		if (n >= 0) {
			bytes += n;
			length -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		} else if (errno != EINTR) {
			fail("write");
		}
	}
}

static void write_lines(int fd, size_t bytes, int parts)
{
	char *lines = make_lines(bytes);

	write_all(fd, lines, bytes, parts);
	free(lines);
}

static void fill(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	ssize_t n = 1;
	size_t rest;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	/* What does not end a line of ours is ended later. */
	while (n > 0) {
		char *lines = make_lines(4096);

		n = write(fd, lines, 4096);
		rest = n > 0 ? (size_t)n % LINE : 0;
		next_line -= (unsigned)((4096 - (n > 0 ? (size_t)n : 0)) / LINE);
		if (rest != 0) {
			fcntl(fd, F_SETFL, flags);
			write_all(fd, lines + n, LINE - rest, 0);
			fcntl(fd, F_SETFL, flags | O_NONBLOCK);
		}
		free(lines);
	}
	if (errno != EAGAIN)
		fail("fill");
	fcntl(fd, F_SETFL, flags);
}

static void send_file(int fd, const char *name, int by_splice)
{
	int file = open(name, O_RDONLY | O_CLOEXEC), ends[2];
	char bytes[4096];
	ssize_t n;

	if (file < 0 || pipe2(ends, O_CLOEXEC) < 0)
		fail(name);
	if (by_splice) {
		n = splice(file, NULL, ends[1], NULL, sizeof(bytes), 0);
		if (n > 0 && splice(ends[0], NULL, fd, NULL, (size_t)n, 0) == n)
			return;
		lseek(file, 0, SEEK_SET);
	} else if (sendfile(fd, file, NULL, sizeof(bytes)) >= 0) {
		return;
	}
	n = read(file, bytes, sizeof(bytes));
	if (n < 0)
		fail(name);
	write_all(fd, bytes, (size_t)n, 0);
}

static void reopen(int fd)
{
	char name[64];
	int own;

	if (ttyname_r(fd, name, sizeof(name)) != 0 || (own = open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC)) < 0 ||
	    dup2(own, fd) < 0)
		fail("reopen");
	places[fd] = own;
}

struct lines {
	int fd;
	size_t bytes;
};

static void *write_in_thread(void *context)
{
	const struct lines *lines = context;

	write_lines(lines->fd, lines->bytes, 0);
	return NULL;
}

static void by_thread(int fd, size_t bytes)
{
	struct lines lines = { fd, bytes };
	pthread_t thread;

	if (pthread_create(&thread, NULL, write_in_thread, &lines) != 0 || pthread_join(thread, NULL) != 0)
		fail("thread");
}

static void by_child(int fd, size_t bytes)
{
	int ends[2];
	pid_t child;
	char byte;

	if (pipe(ends) < 0 || (child = fork()) < 0)
		fail("child");
	if (child == 0) {
		write_lines(fd, bytes, 0);
		if (write(ends[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ends[0], &byte, 1) != 1 || kill(child, SIGKILL) < 0 || waitpid(child, NULL, 0) != child)
		fail("child");
	next_line += (unsigned)(bytes / LINE);
}

static void note(int number)
{
	(void)number;
	if (write(counted, "x", 1) != 1)
		_exit(1);
}

static void count(const char *file)
{
	struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };

	counted = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (counted < 0 || sigaction(SIGWINCH, &action, NULL) < 0)
		fail(file);
}

static int is(const char *word, const char *name)
{
	return strcmp(word, name) == 0;
}

int main(int argc, char **argv)
{
	for (char **at = argv + 1; at < argv + argc; at++) {
		const char *way = *at;
		int given, fd;

		if (is(way, "exec")) {
			*at = argv[0];
			execv(argv[0], at);
			fail("exec");
		}
		if (is(way, "count")) {
			count(*++at);
			continue;
		}
		if (is(way, "say")) {
			close(open(*++at, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
			continue;
		}
		if (at + 1 >= argv + argc)
			return 2;
		given = atoi(*++at);
		fd = given >= 0 && given < 3 ? places[given] : given;
		if (is(way, "reopen")) {
			reopen(given);
		} else if (is(way, "duplicate")) {
			places[given] = dup(fd);
		} else if (is(way, "nonblocking")) {
			fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		} else if (is(way, "fill")) {
			fill(fd);
		} else if (is(way, "write")) {
			write_lines(fd, strtoul(*++at, NULL, 10), 0);
		} else if (is(way, "at")) {
			write_lines(fd, strtoul(*++at, NULL, 10), -1);
		} else if (is(way, "list")) {
			size_t bytes = strtoul(*++at, NULL, 10);

			write_lines(fd, bytes, atoi(*++at));
		} else if (is(way, "thread")) {
			by_thread(fd, strtoul(*++at, NULL, 10));
		} else if (is(way, "child")) {
			by_child(fd, strtoul(*++at, NULL, 10));
		} else if (is(way, "file")) {
			send_file(fd, *++at, 0);
		} else if (is(way, "splice")) {
			send_file(fd, *++at, 1);
		} else {
			return 2;
		}
	}
	return 0;
}
