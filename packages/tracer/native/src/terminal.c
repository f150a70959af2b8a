#include "terminal.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each has a line of its own, also where single bytes are written. */
#define PIECES_MAX (1u << 20)

unsigned terminal_streams(void)
{
	unsigned streams = 0;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (isatty(fd))
			streams |= TERMINAL_STREAM(fd);
	return streams;
}

void terminal_begin(struct terminal *t, int file, unsigned streams, pid_t pid)
{
	char link[48];
	struct stat st;

	*t = (struct terminal){ .copy = { .file = streams == 0 ? -1 : file } };
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, fd);
		if ((streams & TERMINAL_STREAM(fd)) && stat(link, &st) == 0)
			t->device[fd] = st.st_rdev;
	}
}

unsigned terminal_copied_streams(const struct terminal *t)
{
	unsigned streams = 0;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (t->copy.file >= 0 && t->device[fd] != 0)
			streams |= TERMINAL_STREAM(fd);
	return streams;
}

bool terminal_is_copied(const struct terminal *t)
{
	return t->copy.file >= 0 && !t->copy.full;
}

int terminal_stream(const struct terminal *t, dev_t device, bool second)
{
	bool is_first = t->device[STDOUT_FILENO] == device, is_second = t->device[STDERR_FILENO] == device;

	if (device == 0 || (!is_first && !is_second))
		return 0;
	return is_second && (second || !is_first) ? STDERR_FILENO : STDOUT_FILENO;
}

void terminal_keep(struct terminal *t, int stream, const void *bytes, size_t length)
{
	if (!terminal_is_copied(t) || length == 0)
		return;
	copy_keep(&t->copy, stream, bytes, length);
	if (t->copy.full || ++t->pieces > PIECES_MAX)
		copy_give_up_terminals(&t->copy);
}

void terminal_give_up(struct terminal *t)
{
	if (!terminal_is_copied(t))
		return;
	copy_give_up_terminals(&t->copy);
}
