#include "journal.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL "journal"
#define JOURNAL_BEFORE "journal.1"
#define FILE_MAX (2u << 20)

static int folder = -1, file = -1;
static const char *backend;
static uint64_t size;
static char waiting[64 << 10];
static size_t waiting_size;

static void put_time(struct text *line, const char *name)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	text_format(line, "\"%s\":{\"seconds\":%lld,\"nanoseconds\":%ld}", name, (long long)now.tv_sec, now.tv_nsec);
}

/* Which the clocks that say since when something is the same begin with. */
static void put_boot(struct text *line)
{
	char id[64];
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, id, sizeof(id));

	if (fd >= 0)
		close(fd);
	while (length > 0 && id[length - 1] == '\n')
		length--;
	text_put(line, ",\"boot\":");
	text_string_of(line, id, length < 0 ? 0 : (size_t)length);
}

static int open_file(int flags)
{
	struct stat st;

	file = openat(folder, JOURNAL, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	if (file < 0)
		return -1;
	size = fstat(file, &st) < 0 ? 0 : (uint64_t)st.st_size;
	return 0;
}

/* What cannot be written (the disk may be full) is missed by a reader who asks why, and by nobody else. */
static void write_out(const char *bytes, size_t length)
{
	while (file >= 0 && length > 0) {
		ssize_t written = write(file, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		bytes += written;
		length -= (size_t)written;
		size += (uint64_t)written;
	}
}

void journal_flush(void)
{
	write_out(waiting, waiting_size);
	waiting_size = 0;
}

static void put_head(void)
{
	char bytes[256];
	struct text line = { .bytes = bytes, .size = sizeof(bytes) };

	text_format(&line, "{\"journal\":1,\"backend\":\"%s\",", backend);
	put_time(&line, "since");
	put_boot(&line);
	text_put(&line, "}");
	journal_put(line.bytes, line.length);
}

int journal_open(int in, const char *by)
{
	/* Whoever wrote there before may have been ended in the midst of a line. */
	char last;

	folder = in;
	backend = by;
	if (open_file(0) < 0)
		return -1;
	if (size > 0 && pread(file, &last, 1, (off_t)size - 1) == 1 && last != '\n')
		write_out("\n", 1);
	put_head();
	journal_flush();
	return 0;
}

static void begin_anew(void)
{
	if (file >= 0)
		close(file);
	renameat(folder, JOURNAL, folder, JOURNAL_BEFORE);
	open_file(O_TRUNC);
	put_head();
}

void journal_put(const char *line, size_t length)
{
	if (length + 1 > sizeof(waiting) - waiting_size)
		journal_flush();
	if (size + waiting_size + length + 1 > FILE_MAX && size > 0) {
		journal_flush();
		/* Which puts a line itself, into what is empty then. */
		size = 0;
		begin_anew();
	}
	if (length + 1 > sizeof(waiting) - waiting_size) {
		write_out(line, length);
		write_out("\n", 1);
		return;
	}
	memcpy(waiting + waiting_size, line, length);
	waiting_size += length;
	waiting[waiting_size++] = '\n';
}

void journal_put_gap(void)
{
	char bytes[128];
	struct text line = { .bytes = bytes, .size = sizeof(bytes) };

	text_put(&line, "{");
	put_time(&line, "gap");
	text_put(&line, "}");
	journal_put(line.bytes, line.length);
}

uint64_t journal_size(void)
{
	struct stat before;

	return size + waiting_size +
	       (fstatat(folder, JOURNAL_BEFORE, &before, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : (uint64_t)before.st_size);
}
