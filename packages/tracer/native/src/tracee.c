#include "tracee.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

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
