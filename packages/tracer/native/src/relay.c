#include "relay.h"

#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_MAX (16u << 20)

static bool is_copied(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) || S_ISREG(st->st_mode));
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n >= 0) {
			bytes += n;
			length -= (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd wait = { .fd = fd, .events = POLLOUT };

			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

static int add_stream(struct relay *r, int number, int output[3])
{
	struct stream *stream = &r->streams[r->count];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	stream->number = number;
	stream->source = ends[0];
	stream->sink = output[number];
	output[number] = ends[1];
	r->count++;
	return 0;
}

int relay_open(struct relay *r, int copy, int output[3])
{
	struct stat first, second;
	bool copies_first, copies_second;
	char head[32];
	int length;

	*r = (struct relay){ .copy = copy };
	if (copy < 0)
		return 0;
	copies_first = is_copied(STDOUT_FILENO, &first);
	copies_second = is_copied(STDERR_FILENO, &second);
	if (copies_first && add_stream(r, STDOUT_FILENO, output) < 0)
		return -1;
	/* One file for both keeps one order. */
	if (copies_first && copies_second && first.st_dev == second.st_dev && first.st_ino == second.st_ino)
		output[STDERR_FILENO] = output[STDOUT_FILENO];
	else if (copies_second && add_stream(r, STDERR_FILENO, output) < 0)
		return -1;
	length = snprintf(head, sizeof(head), "streams%s%s\n", copies_first ? " 1" : "", copies_second ? " 2" : "");
	/* That there is no copy keeps the command from nothing. */
	r->full = write_all(copy, head, (size_t)length) < 0;
	return 0;
}

int relay_poll(const struct relay *r, struct pollfd *polled)
{
	int count = 0;

	for (int i = 0; i < r->count; i++)
		if (r->streams[i].source >= 0)
			polled[count++] = (struct pollfd){ .fd = r->streams[i].source, .events = POLLIN };
	return count;
}

static void keep(struct relay *r, int number, const char *bytes, size_t length)
{
	char head[32];
	int head_length = snprintf(head, sizeof(head), "%d %zu\n", number, length);

	if (r->full)
		return;
	r->kept += length;
	if (r->kept <= KEPT_MAX && write_all(r->copy, head, (size_t)head_length) == 0 &&
	    write_all(r->copy, bytes, length) == 0)
		return;
	r->full = true;
}

static bool pass_stream(struct relay *r, struct stream *stream)
{
	static char bytes[1 << 16];
	ssize_t length;

	if (stream->source < 0)
		return false;
	length = read(stream->source, bytes, sizeof(bytes));
	if (length < 0)
		return errno == EINTR;
	if (length == 0) {
		close(stream->source);
		stream->source = -1;
		return false;
	}
	if (write_all(stream->sink, bytes, (size_t)length) < 0) {
		/* Nobody reads: the command shall learn it as it would have, by SIGPIPE. */
		close(stream->source);
		stream->source = -1;
		return false;
	}
	keep(r, stream->number, bytes, (size_t)length);
	return true;
}

bool relay_pass(struct relay *r)
{
	bool more = false;

	for (int i = 0; i < r->count; i++)
		more = pass_stream(r, &r->streams[i]) || more;
	return more;
}

void relay_finish(struct relay *r)
{
	struct pollfd polled[2];
	int kept[4] = { -1, -1, -1, -1 };
	int count;

	while (relay_pass(r))
		;
	if (r->copy >= 0 && !r->full)
		write_all(r->copy, "end\n", 4);
	count = relay_poll(r, polled);
	if (count == 0)
		return;
	/* What outlives the command goes on writing; it is no part of what is kept. */
	if (fork() != 0)
		return;
	r->full = true;
	for (int i = 0; i < r->count; i++) {
		kept[2 * i] = r->streams[i].source;
		kept[2 * i + 1] = r->streams[i].sink;
	}
	keep_descriptors(kept, sizeof(kept) / sizeof(kept[0]));
	while ((count = relay_poll(r, polled)) > 0 && (poll(polled, (nfds_t)count, -1) >= 0 || errno == EINTR))
		while (relay_pass(r))
			;
	_exit(0);
}
