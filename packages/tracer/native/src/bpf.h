/*
 * The backend that sees by a program in the kernel: exact results, and hardly
 * any cost. Needs privileges, see bpf/loader.c.
 */
#ifndef OODATE_BPF_H
#define OODATE_BPF_H

#include "backend.h"

extern const struct backend bpf_backend;

/* Of the buffer that what was seen waits in, in bytes, see ../bpf/wire.h. Returns -1 if text is no size that is allowed. */
int bpf_set_ring_size(const char *text);
/* What is written to these streams, as of terminal_streams(), is to be copied. To be told before the backend is chosen. */
void bpf_set_terminals(unsigned streams);

#endif
