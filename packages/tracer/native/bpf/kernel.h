/*
 * The few members of the kernel's structures that are read. Where they lie is
 * settled when the program is loaded, by the running kernel's own description
 * (BTF), so that no header of any kernel is needed.
 */
#ifndef OODATE_KERNEL_H
#define OODATE_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10, r9, r8, dx, si, di, orig_ax;
};

struct thread_info {
	__u32 status;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
};

struct thread_info {
	unsigned long flags;
};
#endif

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct qstr {
	const unsigned char *name;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

typedef struct {
	int counter;
} atomic_t;

struct inode {
	__u16 i_mode;
	unsigned long i_ino;
	unsigned int i_nlink;
	atomic_t i_count;
	unsigned int i_flags;
	__u32 i_state;
	__u32 i_rdev;
	struct super_block *i_sb;
	struct hlist_head i_dentry;
};

/* From Linux 6.18 on. */
enum inode_state_flags_t { INODE_NEW = 1 };

struct inode___flags {
	enum inode_state_flags_t i_state;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
	union {
		struct hlist_node d_alias;
	} d_u;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	unsigned int f_flags;
	struct inode *f_inode;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

struct pid_namespace;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
	struct core_state *core_state;
};

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct cred {
	kuid_t uid, euid;
	kgid_t gid;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start, arg_end;
	unsigned long saved_auxv[44];
};

struct vm_area_struct {
	unsigned long vm_end, vm_flags;
	struct file *vm_file;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int pid, tgid;
	char comm[16];
	struct task_struct *real_parent;
	const struct cred *real_cred;
	kuid_t loginuid;
	int exit_code;
	struct mm_struct *mm;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct fs_struct *fs;
	struct files_struct *files;
	struct signal_struct *signal;
};

struct linux_binprm {
	struct file *file;
	const char *filename;
	const char *interp;
	const char *fdpath;
	char buf[256];
};

struct io_cqe {
	__s32 fd; /* until there is a result */
};

/* REQ_F_... of the kernel, of which there were 32 once, and are 64 since. */
typedef __u64 io_req_flags_t;

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	io_req_flags_t flags;
	struct io_cqe cqe;
};

#pragma clang attribute pop

#endif
