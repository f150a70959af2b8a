/*
 * Reads the files named by its words through io_uring: it opens, reads and
 * closes them with submissions alone. Where the kernel refuses the ring it
 * says so on stdout and makes ordinary calls, as libraries do.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
	int fd;
	struct io_uring_params params;
	char *queues;
	struct io_uring_sqe *entries;
};

static int ring_open(struct ring *r)
{
	size_t submissions, completions;

	r->fd = (int)syscall(SYS_io_uring_setup, 4, &r->params);
	if (r->fd < 0)
		return -1;
	/* One mapping holds both queues since Linux 5.4. */
	submissions = r->params.sq_off.array + r->params.sq_entries * sizeof(unsigned);
	completions = r->params.cq_off.cqes + r->params.cq_entries * sizeof(struct io_uring_cqe);
	r->queues = mmap(NULL, submissions > completions ? submissions : completions, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
	r->entries = mmap(NULL, r->params.sq_entries * sizeof(*r->entries), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
	return r->queues == MAP_FAILED || r->entries == MAP_FAILED ? -1 : 0;
}

static unsigned *field(struct ring *r, unsigned offset)
{
	return (unsigned *)(r->queues + offset);
}

/* Submits one entry, waits for it and gives its result. */
static int submit(struct ring *r, const struct io_uring_sqe *entry)
{
	unsigned mask = *field(r, r->params.sq_off.ring_mask);
	unsigned tail = *field(r, r->params.sq_off.tail);
	unsigned head = *field(r, r->params.cq_off.head);
	const struct io_uring_cqe *done = (void *)(r->queues + r->params.cq_off.cqes);
	int result;

	r->entries[tail & mask] = *entry;
	field(r, r->params.sq_off.array)[tail & mask] = tail & mask;
	atomic_store((_Atomic unsigned *)field(r, r->params.sq_off.tail), tail + 1);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -1;
	result = done[head & *field(r, r->params.cq_off.ring_mask)].res;
	atomic_store((_Atomic unsigned *)field(r, r->params.cq_off.head), head + 1);
	return result;
}

static int read_by_ring(struct ring *r, const char *file)
{
	char bytes[4096];
	int fd = submit(r, &(struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
						   .fd = AT_FDCWD,
						   .addr = (uintptr_t)file,
						   .open_flags = O_RDONLY });
	int got;

	if (fd < 0)
		return -1;
	got = submit(r, &(struct io_uring_sqe){
				.opcode = IORING_OP_READ, .fd = fd, .addr = (uintptr_t)bytes, .len = sizeof(bytes) });
	return submit(r, &(struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .fd = fd }) < 0 ? -1 : got;
}

static int read_by_calls(const char *file)
{
	char bytes[4096];
	int fd = open(file, O_RDONLY);
	int got = fd < 0 ? -1 : (int)read(fd, bytes, sizeof(bytes));

	return fd < 0 || close(fd) < 0 ? -1 : got;
}

int main(int argc, char **argv)
{
	struct ring ring = { .fd = -1 };
	int refused = ring_open(&ring) < 0;
	int failed = 0;

	puts(refused ? "calls" : "ring");
	for (int i = 1; i < argc; i++)
		if ((refused ? read_by_calls(argv[i]) : read_by_ring(&ring, argv[i])) < 0) {
			fprintf(stderr, "%s cannot be read\n", argv[i]);
			failed = 1;
		}
	return failed;
}
