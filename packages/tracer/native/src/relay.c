#include "relay.h"

#include "descriptors.h"
#include "file_users.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void open_own_path(char *name, size_t size, int fd)
{
	snprintf(name, size, "/proc/self/fd/%d", fd);
}

/* A descriptor to write to without waiting. The flag O_NONBLOCK of the given one is everyone's who has it. */
static int open_sink(int fd, const struct stat *st)
{
	char name[64];
	int sink = -1;

	open_own_path(name, sizeof(name), fd);
	if (S_ISFIFO(st->st_mode))
		sink = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return sink >= 0 ? sink : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* ends[0] to read from, ends[1] for the command, like the given one. */
static int open_like(int given, const struct stat *st, int ends[2])
{
	int capacity = fcntl(given, F_GETPIPE_SZ), flags = fcntl(given, F_GETFL);

	if (S_ISSOCK(st->st_mode) ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 : pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if (capacity > 0)
		fcntl(ends[1], F_SETPIPE_SZ, capacity);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (flags & O_NONBLOCK)
		fcntl(ends[1], F_SETFL, O_NONBLOCK);
	return 0;
}

static struct stream *add_stream(struct relay *r, int number)
{
	struct stream *stream = &r->streams[r->count++];

	stream->number = number;
	stream->source = stream->sink = -1;
	return stream;
}

static int add_passed(struct relay *r, int number, const struct stat *st, int output[3])
{
	struct stream *stream = add_stream(r, number);
	int ends[2];

	stream->sink = open_sink(number, st);
	stream->can_block = !S_ISSOCK(st->st_mode) && !(fcntl(stream->sink, F_GETFL) & O_NONBLOCK);
	if (stream->sink < 0 || open_like(number, st, ends) < 0)
		return -1;
	stream->source = ends[0];
	output[number] = ends[1];
	return 0;
}

static void add_in_place(struct relay *r, int number, const struct stat *st)
{
	struct stream *stream = add_stream(r, number);

	stream->in_place = true;
	stream->start = fcntl(number, F_GETFL) & O_APPEND ? st->st_size : lseek(number, 0, SEEK_CUR);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A stream of messages would lose their bounds, and one for both directions the other of them. */
static bool is_stream_socket(int fd, const struct stat *st)
{
	struct stat input;
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
	       !(fstat(STDIN_FILENO, &input) == 0 && is_same_file(&input, st));
}

static bool is_copied(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && (S_ISFIFO(st->st_mode) || S_ISREG(st->st_mode) ||
				      (S_ISSOCK(st->st_mode) && is_stream_socket(fd, st)));
}

/* One open file, with one position, as after 2>&1? Each of two would write over the other. */
static bool is_one_opening(const struct stat *st)
{
	int append = fcntl(STDOUT_FILENO, F_GETFL) & fcntl(STDERR_FILENO, F_GETFL) & O_APPEND;

	return !S_ISREG(st->st_mode) || append ||
	       syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, STDOUT_FILENO, STDERR_FILENO) == 0;
}

static int add(struct relay *r, int number, const struct stat *st, const pid_t own[2], int output[3], bool in_place[3])
{
	in_place[number] = S_ISREG(st->st_mode) && !file_has_other_writers(number, own, 2);
	if (!in_place[number])
		return add_passed(r, number, st, output);
	add_in_place(r, number, st);
	return 0;
}

int relay_open(struct relay *r, int copy, unsigned terminals, const pid_t own[2], int output[3], bool in_place[3])
{
	struct stat first, second;
	bool copies_first, copies_second, both;

	r->copy.file = copy;
	r->count = 0;
	if (copy < 0)
		return 0;
	copies_first = is_copied(STDOUT_FILENO, &first);
	copies_second = is_copied(STDERR_FILENO, &second);
	both = copies_first && copies_second && is_same_file(&first, &second);
	if (both && !is_one_opening(&first))
		copies_first = copies_second = both = false;
	if (copies_first && add(r, STDOUT_FILENO, &first, own, output, in_place) < 0)
		return -1;
	/* One file for both keeps one order. */
	if (both && in_place[STDOUT_FILENO])
		in_place[STDERR_FILENO] = true;
	else if (both)
		output[STDERR_FILENO] = output[STDOUT_FILENO];
	else if (copies_second && add(r, STDERR_FILENO, &second, own, output, in_place) < 0)
		return -1;
	copy_begin(&r->copy, (unsigned)copies_first | (unsigned)copies_second << 1, terminals);
	return 0;
}

void relay_close(const struct relay *r)
{
	for (int i = 0; i < r->count; i++) {
		close(r->streams[i].source);
		close(r->streams[i].sink);
	}
}

int relay_poll(const struct relay *r, struct pollfd *polled)
{
	int count = 0;

	for (int i = 0; i < r->count; i++) {
		const struct stream *stream = &r->streams[i];
		bool waits = stream->begin < stream->end;

		if (stream->source < 0 && !waits)
			continue;
		if (!waits)
			polled[count++] = (struct pollfd){ .fd = stream->source, .events = POLLIN };
		/* Without a wish too: that nobody reads any more is told. */
		polled[count++] = (struct pollfd){ .fd = stream->sink, .events = waits ? POLLOUT : 0 };
	}
	return count;
}

/* The command shall learn it as it would have, by SIGPIPE. */
static void give_up(struct stream *stream)
{
	close(stream->source);
	stream->source = -1;
	stream->begin = stream->end = 0;
}

static bool has_reader(const struct stream *stream)
{
	struct pollfd polled = { .fd = stream->sink };

	return poll(&polled, 1, 0) <= 0 || !(polled.revents & (POLLERR | POLLHUP | POLLNVAL));
}

static ssize_t write_some(const struct stream *stream)
{
	const char *bytes = stream->bytes + stream->begin;
	size_t length = stream->end - stream->begin;
	struct pollfd polled = { .fd = stream->sink, .events = POLLOUT };
	ssize_t sent;

	if (stream->can_block) {
		errno = EAGAIN;
		return poll(&polled, 1, 0) > 0 ? write(stream->sink, bytes, length < PIPE_BUF ? length : PIPE_BUF) : -1;
	}
	sent = send(stream->sink, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 && errno == ENOTSOCK ? write(stream->sink, bytes, length) : sent;
}

static enum relay_state drain_stream(struct relay *r, struct stream *stream)
{
	ssize_t written = write_some(stream);

	if (written >= 0) {
		stream->begin += (size_t)written;
		return RELAY_MOVED;
	}
	if (errno == EAGAIN || errno == EINTR)
		return RELAY_WAITING;
	if (errno != EPIPE && errno != ECONNRESET)
		r->error = errno;
	give_up(stream);
	return RELAY_IDLE;
}

static enum relay_state fill_stream(struct relay *r, struct stream *stream)
{
	ssize_t length = read(stream->source, stream->bytes, sizeof(stream->bytes));

	if (length < 0)
		return errno == EINTR ? RELAY_MOVED : RELAY_IDLE;
	if (length == 0) {
		give_up(stream);
		return RELAY_IDLE;
	}
	stream->begin = 0;
	stream->end = (size_t)length;
	copy_keep(&r->copy, stream->number, stream->bytes, stream->end);
	return RELAY_MOVED;
}

static enum relay_state pass_stream(struct relay *r, struct stream *stream)
{
	if (stream->begin == stream->end && stream->source < 0)
		return RELAY_IDLE;
	if (!has_reader(stream)) {
		give_up(stream);
		return RELAY_IDLE;
	}
	if (stream->begin == stream->end && fill_stream(r, stream) != RELAY_MOVED)
		return RELAY_IDLE;
	return stream->begin == stream->end ? RELAY_MOVED : drain_stream(r, stream);
}

enum relay_state relay_pass(struct relay *r)
{
	enum relay_state state = RELAY_IDLE;

	for (int i = 0; i < r->count; i++) {
		enum relay_state own = pass_stream(r, &r->streams[i]);

		if (own < state)
			state = own;
	}
	return state;
}

/* The given descriptor may be for writing alone. */
static void keep_from_file(struct relay *r, struct stream *stream)
{
	char name[64];
	struct stat st;
	off_t at = stream->start;
	ssize_t length;
	int fd;

	open_own_path(name, sizeof(name), stream->number);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || at < 0 || fstat(fd, &st) < 0 || st.st_size < at || st.st_size - at > COPY_MAX)
		r->copy.full = true;
	while (!r->copy.full && (length = pread(fd, stream->bytes, sizeof(stream->bytes), at)) != 0) {
		if (length < 0) {
			r->copy.full = true;
			break;
		}
		copy_keep(&r->copy, stream->number, stream->bytes, (size_t)length);
		at += length;
	}
	if (fd >= 0)
		close(fd);
}

static void serve_who_is_left(struct relay *r)
{
	struct pollfd polled[RELAY_POLLED];
	int kept[RELAY_POLLED], count = 0;

	for (int i = 0; i < r->count; i++) {
		kept[count++] = r->streams[i].source;
		kept[count++] = r->streams[i].sink;
	}
	keep_descriptors(kept, (size_t)count);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	while ((count = relay_poll(r, polled)) > 0)
		if (poll(polled, (nfds_t)count, -1) > 0)
			while (relay_pass(r) == RELAY_MOVED)
				;
}

void relay_finish(struct relay *r)
{
	struct pollfd polled[RELAY_POLLED];

	for (int i = 0; i < r->count; i++)
		if (r->streams[i].in_place)
			keep_from_file(r, &r->streams[i]);
	copy_end(&r->copy);
	if (relay_poll(r, polled) == 0 || fork() != 0)
		return;
	/* What outlives the command goes on writing; it is no part of what is kept. */
	r->copy.full = true;
	serve_who_is_left(r);
	_exit(0);
}
