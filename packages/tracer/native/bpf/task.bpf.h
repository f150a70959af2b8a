/* What a task has called, and with which files: for the programs in the kernel. */
#ifndef OODATE_TASK_BPF_H
#define OODATE_TASK_BPF_H

#include "kernel.h"

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define TS_COMPAT 2
#define X32_BIT 0x40000000

#if defined(__TARGET_ARCH_x86)
static __always_inline int read_registers(struct pt_regs *regs, __u64 arguments[6])
{
	arguments[0] = regs->di;
	arguments[1] = regs->si;
	arguments[2] = regs->dx;
	arguments[3] = regs->r10;
	arguments[4] = regs->r8;
	arguments[5] = regs->r9;
	return (int)regs->orig_ax;
}

/* -1 within an exception, as that of a page that is not there. */
static __always_inline int number_of_call(struct pt_regs *regs)
{
	return (int)regs->orig_ax;
}

static __always_inline bool is_foreign(struct task_struct *task, int number)
{
	return (task->thread_info.status & TS_COMPAT) || (number >= X32_BIT);
}
#elif defined(__TARGET_ARCH_arm64)
#define TIF_32BIT 22

static __always_inline int read_registers(struct pt_regs *regs, __u64 arguments[6])
{
	/* The first register has the result by now. */
	arguments[0] = regs->orig_x0;
	arguments[1] = regs->regs[1];
	arguments[2] = regs->regs[2];
	arguments[3] = regs->regs[3];
	arguments[4] = regs->regs[4];
	arguments[5] = regs->regs[5];
	return regs->syscallno;
}

static __always_inline int number_of_call(struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline bool is_foreign(struct task_struct *task, int number)
{
	return task->thread_info.flags & (1ul << TIF_32BIT);
}
#endif

static __always_inline struct file *file_of(struct task_struct *task, __s32 fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
	return file;
}

static __always_inline struct mount *mount_of(struct vfsmount *mnt)
{
	return (struct mount *)((char *)mnt - bpf_core_field_offset(struct mount, mnt));
}

#endif
