#include "ring.h"

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

int ring_open(struct ring *ring, int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *own = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	void *others = own == MAP_FAILED ? own : mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, (off_t)page);

	if (others == MAP_FAILED)
		return -1;
	ring->consumer = own;
	ring->producer = others;
	ring->data = (const char *)others + page;
	ring->size = size;
	return 0;
}

unsigned long ring_end(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

bool ring_take_until(struct ring *ring, unsigned long end, ring_taker take, void *context)
{
	unsigned long at = *ring->consumer;

	while (at < end) {
		const uint32_t *head = (const uint32_t *)(const void *)(ring->data + (at & (ring->size - 1)));
		uint32_t length = __atomic_load_n(head, __ATOMIC_ACQUIRE);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return false;
		if (!(length & BPF_RINGBUF_DISCARD_BIT))
			take(context, (const char *)head + BPF_RINGBUF_HDR_SZ, length);
		length &= ~(uint32_t)BPF_RINGBUF_DISCARD_BIT;
		at += (length + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
		__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
	}
	return true;
}

void ring_take_all(struct ring *ring, ring_taker take, void *context)
{
	while (*ring->consumer < ring_end(ring) && ring_take_until(ring, ring_end(ring), take, context))
		;
}
