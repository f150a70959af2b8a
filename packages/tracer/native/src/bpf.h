/*
 * The backend that sees by a program in the kernel: exact results, and hardly
 * any cost. Needs privileges, see bpf/loader.c.
 */
#ifndef OODATE_BPF_H
#define OODATE_BPF_H

#include "backend.h"

extern const struct backend bpf_backend;

#endif
