/*
 * The record that a processor is writing, and where something is, told as its
 * names from the last to the first, a NUL behind each, which are appended to it.
 * To be included where there is a struct record, and the macros RECORD_TEXT_MAX
 * and RECORD_NAME_MAX.
 */
#ifndef OODATE_PLACE_BPF_H
#define OODATE_PLACE_BPF_H

#include "task.bpf.h"

/* Names in a path, at most. */
#define DEPTH_MAX 2100

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record);
} scratch SEC(".maps");

static __always_inline struct record *current_record(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

struct walk {
	struct record *record;
	struct dentry *dentry, *mount_root, *stop_dentry;
	struct mount *mount, *stop_mount;
	bool whole;
};

/* For bpf_loop(), over a struct walk. Without a mount it goes up to the root of the file system. */
static long walk_up(__u32 index, void *context)
{
	struct walk *w = context;
	struct record *r = w->record;
	/* Of their own, since members of what lies here are no members of the kernel's. */
	struct dentry *dentry = w->dentry, *parent;
	struct mount *mount = w->mount, *above;
	__u64 used = r->used;
	long length;

	if (dentry == w->stop_dentry && mount == w->stop_mount)
		goto whole;
	if (dentry == w->mount_root) {
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount)
			goto whole;
		w->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = above;
		w->mount_root = BPF_CORE_READ(above, mnt.mnt_root);
		return 0;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry)
		goto whole;
	if (used > RECORD_TEXT_MAX - RECORD_NAME_MAX)
		return 1;
	length = bpf_probe_read_kernel_str(r->text + used, RECORD_NAME_MAX, BPF_CORE_READ(dentry, d_name.name));
	if (length < 0)
		return 1;
	r->used = used + length;
	w->dentry = parent;
	return 0;
whole:
	w->whole = true;
	return 1;
}

#endif
