#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void recorder_flush(struct recorder *r)
{
	size_t done = 0;

	while (done < r->used && !r->failed) {
		ssize_t n = write(r->fd, r->buffer + done, r->used - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			r->failed = true;
	}
	r->used = 0;
}

static void put(struct recorder *r, const char *bytes, size_t length)
{
	if (r->used + length > sizeof(r->buffer))
		recorder_flush(r);
	memcpy(r->buffer + r->used, bytes, length);
	r->used += length;
}

static void put_number(struct recorder *r, long number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%ld", number);

	put(r, digits, (size_t)length);
}

static void put_head(struct recorder *r, char letter, pid_t pid)
{
	char head[2] = { letter, ' ' };

	put(r, head, 2);
	put_number(r, pid);
	put(r, " ", 1);
}

static void put_time(struct recorder *r, const char *word)
{
	struct timespec now;
	char line[64];
	int length;

	clock_gettime(CLOCK_REALTIME, &now);
	length = snprintf(line, sizeof(line), "# %s %lld.%06ld\n", word, (long long)now.tv_sec,
			  now.tv_nsec / 1000);
	put(r, line, (size_t)length);
}

void recorder_open(struct recorder *r, int fd)
{
	r->fd = fd;
	r->failed = false;
	r->used = 0;
}

void recorder_start(struct recorder *r, pid_t target)
{
	static const char head[] = "# filemon version 5\n# Target pid ";

	put(r, head, sizeof(head) - 1);
	put_number(r, target);
	put(r, "\n", 1);
	put_time(r, "Start");
	put(r, "V 5\n", 4);
}

int recorder_stop(struct recorder *r)
{
	put_time(r, "Stop");
	put(r, "# Bye bye\n", 10);
	recorder_flush(r);
	return r->failed ? -1 : 0;
}

/* The format has no escape: such a name can only be said to have been there. */
static bool is_writable(const char *path)
{
	return strchr(path, '\n') == NULL && strlen(path) <= RECORD_PATH_MAX;
}

void record_path(struct recorder *r, char letter, pid_t pid, const char *path)
{
	if (!is_writable(path)) {
		record_incomplete(r, pid, "a path has a newline in it or is too long for a record");
		return;
	}
	put_head(r, letter, pid);
	put(r, path, strlen(path));
	put(r, "\n", 1);
}

bool record_pair(struct recorder *r, char letter, pid_t pid, const char *from, const char *to)
{
	bool plain = strpbrk(from, " '\"\n") == NULL && strpbrk(to, " '\"\n") == NULL;

	if (!plain || !is_writable(from) || !is_writable(to)) {
		if (letter == 'M')
			record_path(r, 'D', pid, from);
		record_path(r, 'W', pid, to);
		return false;
	}
	put_head(r, letter, pid);
	put(r, "'", 1);
	put(r, from, strlen(from));
	put(r, "' '", 3);
	put(r, to, strlen(to));
	put(r, "'\n", 2);
	return true;
}

void record_fork(struct recorder *r, pid_t pid, pid_t child)
{
	put_head(r, 'F', pid);
	put_number(r, child);
	put(r, "\n", 1);
}

void record_exit(struct recorder *r, pid_t pid, int status, int signal)
{
	put_head(r, 'X', pid);
	put_number(r, status);
	put(r, " ", 1);
	put_number(r, signal);
	put(r, "\n", 1);
}

void record_incomplete(struct recorder *r, pid_t pid, const char *reason)
{
	put_head(r, 'Q', pid);
	put(r, reason, strlen(reason));
	put(r, "\n", 1);
}

void record_note(struct recorder *r, const char *text, const char *path)
{
	if (!is_writable(path))
		return;
	put(r, "# Note ", 7);
	put(r, path, strlen(path));
	put(r, " ", 1);
	put(r, text, strlen(text));
	put(r, "\n", 1);
}

void record_failure(struct recorder *r, const char *code, const char *sentence)
{
	put(r, "# Failed ", 9);
	put(r, code, strlen(code));
	put(r, " ", 1);
	put(r, sentence, strlen(sentence));
	put(r, "\n", 1);
}

void record_left_running(struct recorder *r, pid_t pid, const char *name)
{
	put(r, "# Left running ", 15);
	put_number(r, pid);
	put(r, " ", 1);
	put(r, name, strlen(name));
	put(r, "\n", 1);
}
