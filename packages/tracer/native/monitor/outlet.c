#include "outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A flag of the description itself would be everybody's who has the same pipe or terminal. */
static int reopen(int fd)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int outlet_open(struct outlet *o, int fd, size_t size)
{
	struct stat st;
	int own;

	if (fstat(fd, &st) < 0)
		return -1;
	*o = (struct outlet){ .fd = fd, .size = size, .is_socket = S_ISSOCK(st.st_mode) };
	o->bytes = malloc(size);
	if (o->bytes == NULL)
		return -1;
	own = S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode) ? reopen(fd) : -1;
	if (own >= 0)
		o->fd = own;
	return 0;
}

void outlet_close(struct outlet *o)
{
	free(o->bytes);
	if (o->fd >= 0)
		close(o->fd);
	*o = (struct outlet){ .fd = -1 };
}

size_t outlet_room(const struct outlet *o)
{
	return o->size - o->used;
}

static void put(struct outlet *o, const char *bytes, size_t length)
{
	size_t end = (o->begin + o->used) % o->size, first = o->size - end;

	if (first > length)
		first = length;
	memcpy(o->bytes + end, bytes, first);
	memcpy(o->bytes, bytes + first, length - first);
	o->used += length;
}

bool outlet_put(struct outlet *o, const char *line, size_t length)
{
	if (length + 1 > outlet_room(o))
		return false;
	put(o, line, length);
	put(o, "\n", 1);
	return true;
}

/* Where it could not be opened anew, a pipe that is ready takes PIPE_BUF bytes without waiting. */
static ssize_t write_some(const struct outlet *o, const char *bytes, size_t length)
{
	struct pollfd ready = { .fd = o->fd, .events = POLLOUT };

	if (o->is_socket)
		return send(o->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (poll(&ready, 1, 0) < 0)
		return -1;
	if (ready.revents & POLLERR) {
		errno = EPIPE;
		return -1;
	}
	if (!(ready.revents & POLLOUT)) {
		errno = EAGAIN;
		return -1;
	}
	return write(o->fd, bytes, length < PIPE_BUF ? length : PIPE_BUF);
}

int outlet_flush(struct outlet *o)
{
	while (o->used > 0) {
		size_t whole = o->size - o->begin;
		ssize_t written = write_some(o, o->bytes + o->begin, o->used < whole ? o->used : whole);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		o->begin = (o->begin + (size_t)written) % o->size;
		o->used -= (size_t)written;
	}
	o->begin = 0;
	return 0;
}
