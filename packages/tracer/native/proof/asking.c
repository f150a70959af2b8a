#include "asking.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Looking at a few thousand files takes as long. */
#define PATIENCE 5 /* milliseconds */
#define ASK_ID "1"
#define TELL_ID "2"

static const char yes[] = "{\"answer\":" ASK_ID ",\"holds\":true}";
static const char answer_begin[] = "{\"answer\":" ASK_ID ",";

/* Another user's would say what it likes. */
static bool is_own(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

bool asking_begin(struct asking *asking, const char *folder)
{
	/* The whole path may be longer than an address can be. */
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	asking->socket = -1;
	if (dir < 0)
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/socket", dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && is_own(fd))
		asking->socket = fd;
	else if (fd >= 0)
		close(fd);
	close(dir);
	return asking->socket >= 0;
}

/* What does not fit into the socket at once is as if nobody was there. */
static void send_request(const struct asking *asking, const char *request, int length)
{
	if (send(asking->socket, request, (size_t)length + 1, MSG_NOSIGNAL) != length + 1)
		shutdown(asking->socket, SHUT_RDWR);
}

void asking_send(const struct asking *asking, const struct proof *proof)
{
	char request[256];
	struct stat mounts;
	struct statx root;
	int length;

	if (stat("/proc/self/ns/mnt", &mounts) < 0 ||
	    statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &root) < 0 || !(root.stx_mask & STATX_MNT_ID)) {
		shutdown(asking->socket, SHUT_RDWR);
		return;
	}
	length = snprintf(request, sizeof(request), "ask " ASK_ID " %llu %llu %llu %llu %llu %llu %llu %lld",
			  (unsigned long long)mounts.st_ino,
			  (unsigned long long)makedev(root.stx_dev_major, root.stx_dev_minor),
			  (unsigned long long)root.stx_ino, (unsigned long long)root.stx_mnt_id,
			  (unsigned long long)proof->own.device, (unsigned long long)proof->own.inode,
			  (unsigned long long)proof->own.size, (long long)proof->own.ctime);
	send_request(asking, request, length);
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* More bytes of its lines; -1 if none come in time. */
static ssize_t receive(const struct asking *asking, char *bytes, size_t size, int64_t until)
{
	struct pollfd ready = { .fd = asking->socket, .events = POLLIN };
	int64_t left = until - milliseconds();

	if (left <= 0 || poll(&ready, 1, (int)left) <= 0)
		return -1;
	return recv(asking->socket, bytes, size, 0);
}

bool asking_holds(const struct asking *asking)
{
	char bytes[4096];
	size_t used = 0;
	int64_t until = milliseconds() + PATIENCE;

	/* What it says of itself comes first. */
	for (;;) {
		ssize_t got = receive(asking, bytes + used, sizeof(bytes) - used, until);
		char *line = bytes, *end;

		if (got <= 0)
			return false;
		used += (size_t)got;
		while ((end = memchr(line, '\n', used - (size_t)(line - bytes))) != NULL) {
			*end = '\0';
			if (strncmp(line, answer_begin, strlen(answer_begin)) == 0)
				return strcmp(line, yes) == 0;
			line = end + 1;
		}
		used -= (size_t)(line - bytes);
		memmove(bytes, line, used);
	}
}

void asking_tell(const struct asking *asking, const char *path)
{
	char request[PATH_MAX + 16];
	int length = snprintf(request, sizeof(request), "set " TELL_ID " %s", path);

	if (length < (int)sizeof(request))
		send_request(asking, request, length);
}
