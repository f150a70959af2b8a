#include "tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
/* Nearly all paths are shorter, and a short read is a cheap one. */
#define FIRST_READ 256

ssize_t tracee_string(pid_t tid, uint64_t address, char *text, size_t size)
{
	size_t length = 0;

	while (length < size) {
		/* Up to the end of a page: the next one may not be there. */
		size_t want = PAGE - (address + length) % PAGE;
		struct iovec here, there;
		ssize_t got;
		char *end;

		if (length == 0 && want > FIRST_READ)
			want = FIRST_READ;
		if (want > size - length)
			want = size - length;
		here = (struct iovec){ text + length, want };
		there = (struct iovec){ (void *)(uintptr_t)(address + length), want };
		got = process_vm_readv(tid, &here, 1, &there, 1, 0);
		if (got < 0)
			return -1;
		if (got == 0) {
			errno = EFAULT;
			return -1;
		}
		end = memchr(text + length, '\0', (size_t)got);
		if (end != NULL)
			return end - text;
		length += (size_t)got;
	}
	errno = ENAMETOOLONG;
	return -1;
}

/* How many strings of an array are read at once, and how much of each. */
#define STRINGS 16
#define STRING_FIRST_READ 64

static size_t up_to_page_end(uint64_t address, size_t most)
{
	size_t rest = PAGE - address % PAGE;

	return rest < most ? rest : most;
}

/* Fills in addresses up to the NULL, which is one of them. Returns how many there are, or -1. */
static int read_addresses(pid_t tid, uint64_t array, uint64_t addresses[STRINGS])
{
	size_t count = up_to_page_end(array, STRINGS * sizeof(uint64_t)) / sizeof(uint64_t);

	if (count == 0)
		count = 1;
	return tracee_bytes(tid, array, addresses, count * sizeof(uint64_t)) < 0 ? -1 : (int)count;
}

/* The beginnings of the strings, in one call; beyond the first that cannot be read they are empty and without an end. */
static void read_beginnings(pid_t tid, const uint64_t *addresses, int count, char beginnings[][STRING_FIRST_READ],
			    size_t lengths[])
{
	struct iovec here[STRINGS], there[STRINGS];
	ssize_t got;

	for (int i = 0; i < count; i++) {
		size_t size = up_to_page_end(addresses[i], STRING_FIRST_READ);

		here[i] = (struct iovec){ beginnings[i], size };
		there[i] = (struct iovec){ (void *)(uintptr_t)addresses[i], size };
	}
	got = process_vm_readv(tid, here, (unsigned long)count, there, (unsigned long)count, 0);
	for (int i = 0; i < count; i++) {
		lengths[i] = got >= (ssize_t)here[i].iov_len ? here[i].iov_len : 0;
		got -= (ssize_t)here[i].iov_len;
	}
}

ssize_t tracee_strings(pid_t tid, uint64_t array, bool skip, char *text, size_t size, bool *whole)
{
	char beginnings[STRINGS][STRING_FIRST_READ];
	uint64_t addresses[STRINGS];
	size_t lengths[STRINGS], used = 0;

	*whole = false;
	for (;;) {
		int count = read_addresses(tid, array, addresses), strings = 0;

		if (count < 0)
			return -1;
		while (strings < count && addresses[strings] != 0)
			strings++;
		read_beginnings(tid, addresses, strings, beginnings, lengths);
		for (int i = skip && strings > 0; i < strings; i++) {
			const char *end = memchr(beginnings[i], '\0', lengths[i]);
			ssize_t length = end == NULL ? -1 : end - beginnings[i];

			if (used == size)
				return (ssize_t)used;
			if (end != NULL && (size_t)length < size - used)
				memcpy(text + used, beginnings[i], (size_t)length + 1);
			else
				length = tracee_string(tid, addresses[i], text + used, size - used);
			if (length < 0)
				return errno == ENAMETOOLONG ? (ssize_t)size : -1;
			used += (size_t)length + 1;
		}
		if (strings < count) {
			*whole = true;
			return (ssize_t)used;
		}
		array += (uint64_t)count * sizeof(uint64_t);
		skip = false;
	}
}

int tracee_bytes(pid_t tid, uint64_t address, void *bytes, size_t size)
{
	struct iovec here = { bytes, size };
	struct iovec there = { (void *)(uintptr_t)address, size };
	ssize_t got = process_vm_readv(tid, &here, 1, &there, 1, 0);

	if (got == (ssize_t)size)
		return 0;
	if (got >= 0)
		errno = EFAULT;
	return -1;
}

int tracee_proc(pid_t tid, const char *name, char *text, size_t size)
{
	char file[64];
	ssize_t length;
	int fd;

	snprintf(file, sizeof(file), "/proc/%d/%s", (int)tid, name);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = read(fd, text, size - 1);
	close(fd);
	if (length < 0)
		return -1;
	text[length] = '\0';
	return 0;
}
