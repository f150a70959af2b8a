/*
 * Tells of changes of files that are of interest, and by whom. That a file has changed is seen where the kernel sets
 * its ctime, in the middle of a call: there it is noted with the thread, and told of when the call returns, so that
 * whoever is told finds the change done. By which call it was tells what it was.
 */
#include "changes_wire.h"
#include "task.bpf.h"

#include <linux/aio_abi.h>
#include <linux/io_uring.h>

char terms[] SEC("license") = "GPL";

/* As in watch.bpf.c: what is used more than once is looked at once by the verifier, takes numbers, finds the rest. */
#define PART __noinline int

#define AT_FDCWD -100
#define S_IFMT 0170000
#define S_IFREG 0100000
#define S_DEAD 16
#define PF_IO_WORKER 0x10
#define PF_KTHREAD 0x200000
#define VM_SHARED 8
#define PROT_WRITE 2
#define MAP_KINDS 0xf
#define MAP_SHARED 1
#define MAP_SHARED_VALIDATE 3
#define I_DIRTY_DATA 7 /* of the flags given to mark_inode_dirty: all but that of a time alone */
#define EXECUTING_MAX 16384
#define INTERESTS_MAX 262144
#define FILE_SYSTEMS_MAX 64
#define ALIASES_MAX 4
#define AREAS_MAX 4
#define SUBMITTED_MAX 8
#define WORDS_MASK 4095
#define STACK_MASK 511
#define WRITES_APART 100000000ull /* nanoseconds; less than the recorder takes for quiet */
/* As of interest_bit in monitor_backend.h. */
#define WANTS_CONTENT 1
#define WANTS_CHANGES (1 | 2 | 4)
#define WANTS_EXECUTIONS (8 | 16)
#define WANTS_EXEC 8
#define WANTS_OPEN 32

const volatile struct change_settings settings SEC(CHANGE_SETTINGS_SECTION);
struct change_control control SEC(CHANGE_CONTROL_SECTION) = { 0 };
__u64 filter[FILTER_WORDS];

/* The monitor's own place, by which pids and paths are told. */
struct own {
	bool known;
	__u32 level;
	struct pid_namespace *pids;
	struct dentry *root_dentry;
	struct mount *root_mount;
} own SEC(".data.own") = { 0 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, INTERESTS_MAX);
	__type(key, struct watched_key);
	__type(value, __u32); /* what is wanted */
} files SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FILE_SYSTEMS_MAX);
	__type(key, __u32); /* device */
	__type(value, __u32);
} file_systems SEC(".maps");

/* Processes whose end is told, by process_key(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EXECUTING_MAX);
	__type(key, __u64);
	__type(value, __u8);
} executing SEC(".maps");

/* Only of threads that have touched what is of interest. */
struct thread {
	__u32 is_monitor; /* set by it, for which it comes first */
	__u32 generation;
	__u64 image;
	__u32 count;
	struct touched touched[TOUCHED_MAX];
	struct inode *inodes[TOUCHED_MAX];
	struct inode *now; /* for tell_now(), which takes numbers only */
	__u64 input, input_at; /* the one that was told of last, and when */
	__u32 input_device;
	__u32 frames, user_frames; /* bytes */
	__u64 stack[TOLD_STACK_MAX], user_stack[TOLD_STACK_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set by the loader */
} ring SEC(".maps");

struct record {
	__u64 images; /* told by this processor */
	__u64 used; /* bytes of text; here, so that the verifier does not follow its value */
	struct told head;
	union told_list list;
	char text[TOLD_TEXT_MAX];
};

#define RECORD_TEXT_MAX TOLD_TEXT_MAX
#define RECORD_NAME_MAX TOLD_PATH_NAME_MAX
#include "place.bpf.h"

static __always_inline void lose(void)
{
	__sync_fetch_and_add(&control.lost, 1);
}

/* Made if it is not there; if that cannot be, what it does is lost. */
static __always_inline struct thread *make_thread(struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (thread == NULL)
		lose();
	return thread;
}

/* In the monitor's name space; 0 outside of it. */
static __always_inline int number_of(struct pid *pid)
{
	__u32 level = own.level;
	struct upid number = { 0 };

	if (BPF_CORE_READ(pid, level) < level)
		return 0;
	bpf_probe_read_kernel(&number.nr, sizeof(number.nr),
			      (char *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr));
	bpf_probe_read_kernel(&number.ns, sizeof(number.ns),
			      (char *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, ns));
	return number.ns == own.pids ? number.nr : 0;
}

static __always_inline int pid_of(struct task_struct *task)
{
	return own.level == 0 ? BPF_CORE_READ(task, tgid) : number_of(BPF_CORE_READ(task, group_leader, thread_pid));
}

static __always_inline int thread_of(struct task_struct *task)
{
	return own.level == 0 ? BPF_CORE_READ(task, pid) : number_of(BPF_CORE_READ(task, thread_pid));
}

/* What the monitor's user space can tell as well, of the processes that it sees. */
static __always_inline __u64 process_key(struct task_struct *task)
{
	int pid = pid_of(task);

	return pid != 0 ? (__u64)pid : 1ull << 32 | (__u32)BPF_CORE_READ(task, tgid);
}

static __always_inline struct record *begin(__u32 kind, struct task_struct *task, struct thread *thread)
{
	struct record *r = current_record();
	const struct cred *cred;

	if (r == NULL)
		return NULL;
	__builtin_memset(&r->head, 0, sizeof(r->head));
	r->used = 0;
	r->head.kind = kind;
	r->head.number = -1;
	r->head.at = bpf_ktime_get_boot_ns();
	r->head.image = thread == NULL ? 0 : thread->image;
	r->head.pid = pid_of(task);
	r->head.parent = pid_of(BPF_CORE_READ(task, real_parent));
	r->head.thread = thread_of(task);
	cred = BPF_CORE_READ(task, real_cred);
	r->head.uid = BPF_CORE_READ(cred, uid.val);
	r->head.gid = BPF_CORE_READ(cred, gid.val);
	r->head.login = bpf_core_field_exists(task->loginuid) ? BPF_CORE_READ(task, loginuid.val) : -1;
	BPF_CORE_READ_STR_INTO(&r->head.name, task, group_leader, comm);
	return r;
}

/* Returns -1 if it is lost. */
PART send(void)
{
	struct record *r = current_record();
	__u64 used, size;

	if (r == NULL)
		return -1;
	used = r->used;
	size = sizeof(r->head);
	if (used != 0)
		size += sizeof(r->list) + used;
	else
		size += r->head.kind == TOLD_IMAGE ? r->head.count * sizeof(struct told_ancestor) :
						     r->head.count * sizeof(struct touched);
	barrier_var(size);
	if (size <= sizeof(r->head) + sizeof(r->list) + TOLD_TEXT_MAX && bpf_ringbuf_output(&ring, &r->head, size, 0) == 0)
		return 0;
	lose();
	return -1;
}

/* Appends a place; below a mount up to the monitor's root, else up to the root of the file system. Returns its length. */
PART put_place(__u64 place_dentry, __u64 place_mnt)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct vfsmount *mnt = (struct vfsmount *)place_mnt;
	struct record *r = current_record();
	struct walk w = { .record = r, .dentry = (struct dentry *)place_dentry };
	__u64 start, used;
	struct path root;
	bool empty;

	if (r == NULL || place_dentry == 0)
		return 0;
	start = r->used;
	if (place_mnt != 0) {
		w.mount = mount_of(mnt);
		w.mount_root = BPF_CORE_READ(mnt, mnt_root);
		BPF_CORE_READ_INTO(&root, task, fs, root);
		/* A copy of the mount tree has other mounts over the same root. */
		w.stop_dentry = own.root_dentry;
		w.stop_mount = root.dentry == own.root_dentry ? mount_of(root.mnt) : own.root_mount;
	}
	bpf_loop(DEPTH_MAX, walk_up, &w, 0);
	used = r->used;
	if (!w.whole) {
		r->used = start;
		return 0;
	}
	/* The root has no name: a NUL tells it from no place at all. */
	empty = used == start;
	barrier_var(used);
	if (empty && used < TOLD_TEXT_MAX) {
		r->text[used++] = '\0';
		r->used = used;
	}
	return (int)(used - start);
}

/* Appends the executable of the current process. Returns the length. */
static __always_inline int put_executable(struct mm_struct *mm)
{
	struct file *file = BPF_CORE_READ(mm, exe_file);
	struct path path;

	if (file == NULL)
		return 0;
	BPF_CORE_READ_INTO(&path, file, f_path);
	return put_place((__u64)path.dentry, (__u64)path.mnt);
}

static __always_inline void put_words(struct record *r, struct mm_struct *mm)
{
	__u64 start = BPF_CORE_READ(mm, arg_start), size = BPF_CORE_READ(mm, arg_end) - start, used = r->used;

	if (size >= TOLD_STRING_MAX) {
		size = TOLD_STRING_MAX - 1;
		r->head.bits |= BIT_WORDS_CUT;
	}
	barrier_var(size);
	size &= WORDS_MASK;
	barrier_var(used);
	if (used > TOLD_TEXT_MAX - TOLD_STRING_MAX || bpf_probe_read_user(r->text + used, size, (const void *)start) < 0)
		return;
	r->head.lengths[1] = size;
	r->used = used + size;
}

/* Does what it does with its own memory concern the owner of the monitor? A set-user-id program does not. */
static __always_inline bool may_tell(struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, real_cred);

	return settings.anyones ||
	       (BPF_CORE_READ(cred, uid.val) == settings.owner && BPF_CORE_READ(cred, euid.val) == settings.owner);
}

/* What is long, once for each program that a thread executes. */
PART tell_image(void)
{
	struct task_struct *task = bpf_get_current_task_btf(), *above;
	struct thread *thread = bpf_task_storage_get(&threads, task, NULL, 0);
	struct record *r = begin(TOLD_IMAGE, task, NULL);
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u32 count = 0;

	if (thread == NULL || r == NULL)
		return 0;
	r->head.image = ++r->images << 12 | (bpf_get_smp_processor_id() & 4095);
	if (mm != NULL && may_tell(task)) {
		r->head.lengths[0] = put_executable(mm);
		put_words(r, mm);
	}
	above = BPF_CORE_READ(task, real_parent);
	for (int i = 0; i < TOLD_ANCESTORS_MAX; i++) {
		int pid = pid_of(above);

		if (pid == 0)
			break;
		r->list.ancestors[i].pid = pid;
		BPF_CORE_READ_STR_INTO(&r->list.ancestors[i].name, above, group_leader, comm);
		count = i + 1;
		above = BPF_CORE_READ(above, real_parent);
	}
	r->head.count = count;
	if (send() == 0) {
		thread->image = r->head.image;
		thread->generation = control.generation;
	}
	return 0;
}

static __always_inline void make_image_known(struct thread *thread)
{
	if (thread->image == 0 || thread->generation != control.generation)
		tell_image();
}

static __always_inline bool is_in_filter(__u64 inode, __u32 device)
{
	__u64 hash = filter_hash(inode, device);
	__u32 first = filter_first(hash), second = filter_second(hash);

	return (filter[first / 64 & (FILTER_WORDS - 1)] >> (first & 63) & 1) &&
	       (filter[second / 64 & (FILTER_WORDS - 1)] >> (second & 63) & 1);
}

static __always_inline __u32 wanted_of_file(__u64 inode, __u32 device)
{
	struct watched_key key = { .inode = inode, .device = device };
	__u32 *wanted = control.files == 0 ? NULL : bpf_map_lookup_elem(&files, &key);

	return wanted == NULL ? 0 : *wanted;
}

static __always_inline __u32 wanted_of_file_system(__u32 device)
{
	__u32 *wanted = control.file_systems == 0 ? NULL : bpf_map_lookup_elem(&file_systems, &device);

	return wanted == NULL ? 0 : *wanted;
}

/* Why a change of this file is of interest; 0 if it is not. */
static __always_inline __u16 interest_in(__u64 inode, __u32 device, __u32 wants, bool as_input)
{
	__u16 bits = 0;

	if (is_in_filter(inode, device)) {
		if (wanted_of_file(inode, device) & wants)
			bits |= TOUCHED_FILE;
		if (as_input && control.inputs != 0)
			bits |= TOUCHED_INPUT;
	}
	if (wanted_of_file_system(device) & wants)
		bits |= TOUCHED_FILE_SYSTEM;
	return bits;
}

static __always_inline bool is_gone(struct inode *inode, __u64 number)
{
	/* What it was may be in use for another by now. */
	return BPF_CORE_READ(inode, i_nlink) == 0 || BPF_CORE_READ(inode, i_ino) != number ||
	       (BPF_CORE_READ(inode, i_flags) & S_DEAD);
}

static __always_inline struct dentry *dentry_of(struct hlist_node *node)
{
	return (struct dentry *)((char *)node - bpf_core_field_offset(struct dentry, d_u.d_alias));
}

/* Appends the names that a file has, those of which the kernel knows. */
static __always_inline int put_names(struct record *r, struct inode *inode)
{
	struct hlist_node *node = BPF_CORE_READ(inode, i_dentry.first);
	__u64 start = r->used;
	long length;

	for (int i = 0; i < ALIASES_MAX && node != NULL; i++) {
		struct dentry *dentry = dentry_of(node);
		__u64 used = r->used;

		if (BPF_CORE_READ(dentry, d_hash.pprev) != NULL && used <= TOLD_TEXT_MAX - TOLD_PATH_NAME_MAX) {
			length = bpf_probe_read_kernel_str(r->text + used, TOLD_PATH_NAME_MAX,
							   BPF_CORE_READ(dentry, d_name.name));
			if (length > 0)
				r->used = used + length;
		}
		node = BPF_CORE_READ(node, next);
	}
	return (int)(r->used - start);
}

static __always_inline int put_place_of_inode(struct inode *inode)
{
	struct hlist_node *node = BPF_CORE_READ(inode, i_dentry.first);

	return node == NULL ? 0 : put_place((__u64)dentry_of(node), 0);
}

/* Puts one file into the record, and where it is if all of its file system is watched. */
PART put_touched(__u64 address, __u64 number, __u32 device, __u32 bits, __u32 with_names)
{
	struct inode *inode = (struct inode *)address;
	struct record *r = current_record();
	struct touched *t;
	__u32 i;

	if (r == NULL)
		return 0;
	i = r->head.count;
	barrier_var(i);
	if (i >= TOUCHED_MAX)
		return 0;
	r->head.count = i + 1;
	t = &r->list.touched[i];
	t->inode = number;
	t->device = device;
	t->mode = BPF_CORE_READ(inode, i_mode);
	t->names = 0;
	t->place = 0;
	if (is_gone(inode, number))
		bits |= TOUCHED_GONE;
	else if (with_names)
		t->names = put_names(r, inode);
	if (bits & TOUCHED_FILE_SYSTEM)
		t->place = put_place_of_inode(inode);
	t->bits = bits;
	return 0;
}

static __always_inline void put_stack(struct record *r, __u32 slot, const void *stack, __u64 size)
{
	__u64 used = r->used;

	if (!settings.stacks || size == 0)
		return;
	barrier_var(size);
	size &= STACK_MASK;
	barrier_var(used);
	if (used > TOLD_TEXT_MAX - TOLD_STRING_MAX || size > TOLD_STACK_MAX * sizeof(__u64) ||
	    bpf_probe_read_kernel(r->text + used, size, stack) < 0)
		return;
	r->head.frames[slot] = size / sizeof(__u64);
	r->used = used + size;
}

static __always_inline void put_string(struct record *r, __u32 slot, __u64 address)
{
	__u64 used = r->used;
	long length;

	barrier_var(used);
	if (used > TOLD_TEXT_MAX - TOLD_STRING_MAX)
		return;
	length = bpf_probe_read_user_str(r->text + used, TOLD_STRING_MAX, (const void *)address);
	if (length > 0) {
		r->head.lengths[slot] = length;
		r->used = used + length;
	}
}

static __always_inline void put_kernel_string(struct record *r, __u32 slot, const unsigned char *from)
{
	__u64 used = r->used;
	long length;

	barrier_var(used);
	if (used > TOLD_TEXT_MAX - TOLD_STRING_MAX)
		return;
	length = bpf_probe_read_kernel_str(r->text + used, TOLD_STRING_MAX, from);
	if (length > 0) {
		r->head.lengths[slot] = length;
		r->used = used + length;
	}
}

static __always_inline __u64 argument(const __u64 arguments[6], __u32 number)
{
	switch (number) {
	case 1:
		return arguments[0];
	case 2:
		return arguments[1];
	case 3:
		return arguments[2];
	case 4:
		return arguments[3];
	case 5:
		return arguments[4];
	}
	return 0;
}

static __always_inline __u64 base_of(struct task_struct *task, __u32 number, const __u64 arguments[6])
{
	__s32 fd = number == 0 ? AT_FDCWD : (__s32)argument(arguments, number);
	struct file *file;

	if (fd == AT_FDCWD)
		return BPF_CORE_READ(task, fs, pwd.dentry, d_inode, i_ino);
	file = file_of(task, fd);
	return file == NULL ? 0 : BPF_CORE_READ(file, f_inode, i_ino);
}

/* The paths of a call that changes names. */
PART put_paths(__s64 result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record *r = current_record();
	const volatile struct deed *deed;
	__u64 arguments[6];
	struct file *file;
	__u32 number;

	if (r == NULL)
		return 0;
	number = read_registers((struct pt_regs *)bpf_task_pt_regs(task), arguments);
	deed = &settings.deeds[number & (DEEDS - 1)];
	if (deed->kind == DEED_OPEN) {
		/* What the path leads to by a symbolic link has another name. */
		file = file_of(task, result < 0 ? -1 : (__s32)result);
		if (file != NULL)
			put_kernel_string(r, 0, BPF_CORE_READ(file, f_path.dentry, d_name.name));
		return 0;
	}
	if (deed->path != 0) {
		put_string(r, 0, argument(arguments, deed->path));
		r->head.bases[0] = base_of(task, deed->directory, arguments);
	}
	if (deed->path2 != 0) {
		put_string(r, 1, argument(arguments, deed->path2));
		r->head.bases[1] = base_of(task, deed->directory2, arguments);
	}
	return 0;
}

static __always_inline bool changes_names(__u32 kind)
{
	return kind >= DEED_OPEN && kind <= DEED_MAKE;
}

/* Tells of all that the thread has noted; the call, if any, is over. */
PART tell_noted(__s32 number, __s64 result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = bpf_task_storage_get(&threads, task, NULL, 0);
	const volatile struct deed *deed = &settings.deeds[number & (DEEDS - 1)];
	__u64 arguments[6];
	struct record *r;
	__u16 bits = 0;
	__u32 count;

	if (thread == NULL)
		return 0;
	count = thread->count;
	thread->count = 0;
	for (__u32 i = 0; i < TOUCHED_MAX; i++)
		if (i < count) {
			struct touched *t = &thread->touched[i];

			/* It may have become of interest meanwhile; the change is seen only now, when it is over. */
			if (t->bits == 0)
				t->bits = interest_in(t->inode, t->device, WANTS_CHANGES, true);
			bits |= t->bits;
		}
	if (bits == 0)
		return 0;
	make_image_known(thread);
	r = begin(TOLD_CALL, task, thread);
	if (r == NULL)
		return 0;
	r->head.number = number;
	if (number < 0)
		r->head.bits = BIT_FOREIGN;
	read_registers((struct pt_regs *)bpf_task_pt_regs(task), arguments);
	r->head.flags = argument(arguments, deed->flags);
	put_stack(r, 0, thread->stack, thread->frames);
	put_stack(r, 1, thread->user_stack, thread->user_frames);
	if (changes_names(deed->kind))
		put_paths(result);
	for (__u32 i = 0; i < TOUCHED_MAX; i++)
		if (i < count && thread->touched[i].bits != 0)
			put_touched((__u64)thread->inodes[i], thread->touched[i].inode, thread->touched[i].device,
				    thread->touched[i].bits, deed->kind == DEED_RENAME);
	thread->frames = 0;
	thread->user_frames = 0;
	send();
	return 0;
}

/* A change of which the end is not seen, or, of an input, the beginning. */
PART tell_now(__u32 kind, __s32 number, __u32 bits, __u32 interest)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = bpf_task_storage_get(&threads, task, NULL, 0);
	struct inode *inode;
	struct record *r;

	if (thread == NULL)
		return 0;
	inode = thread->now;
	if (kind == TOLD_ALONE)
		make_image_known(thread);
	r = begin(kind, task, thread);
	if (r == NULL)
		return 0;
	r->head.number = number;
	r->head.bits = bits;
	if (kind == TOLD_ALONE) {
		put_stack(r, 0, thread->stack, thread->frames);
		put_stack(r, 1, thread->user_stack, thread->user_frames);
		thread->frames = 0;
		thread->user_frames = 0;
	}
	put_touched((__u64)inode, BPF_CORE_READ(inode, i_ino), BPF_CORE_READ(inode, i_sb, s_dev), interest, 0);
	send();
	return 0;
}

/* Returns false if there is no room. One that is of interest takes the place of one that may only become so. */
static __always_inline bool note(struct thread *thread, struct inode *inode, __u64 number, __u32 device, __u16 bits,
				 bool *is_new)
{
	__u32 count = thread->count;

	*is_new = false;
	for (__u32 i = 0; i < TOUCHED_MAX; i++)
		if (i < count && thread->touched[i].inode == number && thread->touched[i].device == device)
			return true;
	if (count >= TOUCHED_MAX && bits != 0 && thread->touched[TOUCHED_MAX - 1].bits == 0)
		count = TOUCHED_MAX - 1;
	barrier_var(count);
	if (count >= TOUCHED_MAX)
		return false;
	thread->touched[count].inode = number;
	thread->touched[count].device = device;
	thread->touched[count].bits = bits;
	thread->inodes[count] = inode;
	thread->count = count + 1;
	*is_new = true;
	return true;
}

/* It is being read from disk, or made: nobody can have known it. */
static __always_inline bool is_nascent(struct inode *inode)
{
	struct inode___flags *flagged = (void *)inode;

	if (bpf_core_field_exists(flagged->i_state))
		return BPF_CORE_READ(flagged, i_state) & INODE_NEW;
	return bpf_core_field_exists(inode->i_state) && (BPF_CORE_READ(inode, i_state) & INODE_NEW);
}

/* Nobody has it any more: what is cut away of it is nobody's change. */
static __always_inline bool is_abandoned(struct inode *inode)
{
	return BPF_CORE_READ(inode, i_count.counter) == 0;
}

static __always_inline void take_stacks(void *context, struct task_struct *task, struct thread *thread)
{
	long size;

	if (!settings.stacks || thread->frames != 0 || !may_tell(task))
		return;
	size = bpf_get_stack(context, thread->stack, sizeof(thread->stack), 0);
	thread->frames = size < 0 ? 0 : size;
	size = bpf_get_stack(context, thread->user_stack, sizeof(thread->user_stack), BPF_F_USER_STACK);
	thread->user_frames = size < 0 ? 0 : size;
}

static __always_inline __u32 bits_outside(struct task_struct *task, int number)
{
	if (BPF_CORE_READ(task, flags) & (PF_KTHREAD | PF_IO_WORKER))
		return BIT_KERNEL;
	if (is_foreign(task, number))
		return BIT_FOREIGN;
	if (bpf_core_field_exists(struct signal_struct, core_state) && BPF_CORE_READ(task, signal, core_state) != NULL)
		return BIT_DUMPS;
	return 0;
}

static __always_inline void note_input(struct thread *thread, __u64 number, __u32 device)
{
	thread->input = number;
	thread->input_device = device;
	thread->input_at = bpf_ktime_get_boot_ns();
}

/* Of a thread that writes again and again this is enough: who is told of an input waits for longer before it looks. */
static __always_inline bool is_told_lately(const struct thread *thread, __u64 number, __u32 device)
{
	return thread->input == number && thread->input_device == device &&
	       bpf_ktime_get_boot_ns() - thread->input_at < WRITES_APART;
}

/* inotify tells that a file is gone before the call has returned: then it is known that somebody will have removed it. */
static __always_inline bool is_told_before(__u32 interest, __u32 kind)
{
	return (interest & TOUCHED_INPUT) || ((interest & TOUCHED_FILE) && (kind == DEED_REMOVE || kind == DEED_RENAME));
}

/* only_told: a change within a call that is none of those that change something is not told. */
static __always_inline int note_change(void *context, struct inode *inode, bool only_told)
{
	__u64 inode_number = inode->i_ino;
	__u32 device = inode->i_sb->s_dev, bits, kind;
	__u16 interest = interest_in(inode_number, device, WANTS_CHANGES, true);
	struct task_struct *task;
	struct thread *thread;
	bool is_new, ends;
	int number;

	/* What is of no interest may become so before the call is over. */
	if (is_nascent(inode) || is_abandoned(inode))
		return 0;
	task = bpf_get_current_task_btf();
	thread = make_thread(task);
	if (thread == NULL || thread->is_monitor)
		return 0;
	number = number_of_call((struct pt_regs *)bpf_task_pt_regs(task));
	bits = bits_outside(task, number);
	if (bits != 0)
		number = -1;
	kind = number < 0 || number >= DEEDS ? DEED_NONE : settings.deeds[number & (DEEDS - 1)].kind;
	ends = kind != DEED_NONE || (bits & BIT_FOREIGN);
	if (interest == 0) {
		if (ends)
			note(thread, inode, inode_number, device, 0, &is_new);
		return 0;
	}
	if (kind == DEED_NONE && only_told && (number >= 0 || (bits & BIT_KERNEL)))
		return 0;
	take_stacks(context, task, thread);
	if (interest & TOUCHED_INPUT)
		note_input(thread, inode_number, device);
	thread->now = inode;
	if (!ends || !note(thread, inode, inode_number, device, interest, &is_new)) {
		tell_now(TOLD_ALONE, number, bits, interest);
		/* A worker of an io_uring goes on with it, and is not heard of again before it ends. */
		is_new = BPF_CORE_READ(task, flags) & PF_IO_WORKER;
	}
	if (is_new && is_told_before(interest, kind))
		tell_now(TOLD_BEGUN, number, 0, interest & ~TOUCHED_FILE_SYSTEM);
	return 0;
}

SEC("?tp_btf/ctime_ns_xchg")
int BPF_PROG(ctime_is_set, struct inode *inode)
{
	return note_change(ctx, inode, false);
}

SEC("?tp_btf/ctime_xchg_skip")
int BPF_PROG(ctime_is_set_already, struct inode *inode)
{
	return note_change(ctx, inode, false);
}

SEC("?tp_btf/inode_set_ctime_to_ts")
int BPF_PROG(ctime_is_given, struct inode *inode)
{
	return note_change(ctx, inode, false);
}

/* Before Linux 6.13 there is nothing better. It comes for much else, too, and not for all that changes. */
SEC("?tp_btf/writeback_mark_inode_dirty")
int BPF_PROG(inode_gets_dirty, struct inode *inode, int flags)
{
	return flags & I_DIRTY_DATA ? note_change(ctx, inode, true) : 0;
}

/* As file_of() and f_inode, but in the quickest way: this is done for each call that writes. */
static __always_inline struct inode *inode_of(struct task_struct *task, __u32 fd)
{
	struct fdtable *table = task->files == NULL ? NULL : task->files->fdt;
	struct file *file = NULL;

	if (table == NULL || fd >= table->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd);
	return file == NULL ? NULL : BPF_CORE_READ(file, f_inode);
}

/* Is there anything to be told of a file that is written to? If so, the thread is known then. */
static __always_inline bool is_to_be_told(struct task_struct *task, struct thread **thread, __u16 interest, __u64 number,
					  __u32 device)
{
	if (interest == 0)
		return false;
	if (*thread == NULL)
		*thread = make_thread(task);
	if (*thread == NULL || (*thread)->is_monitor ||
	    (interest == TOUCHED_INPUT && is_told_lately(*thread, number, device)))
		return false;
	if (interest & TOUCHED_INPUT)
		note_input(*thread, number, device);
	return true;
}

/*
 * A call is about this file, whether that has set its ctime or not: within the same tick of the clock it does not, and may
 * go on for long.
 */
static __always_inline struct thread *note_file(struct task_struct *task, struct thread *thread, struct inode *inode,
						bool writes)
{
	__u64 number = BPF_CORE_READ(inode, i_ino);
	__u32 device = BPF_CORE_READ(inode, i_sb, s_dev);
	__u16 interest = interest_in(number, device, WANTS_CONTENT, writes);
	bool is_new;

	if (is_to_be_told(task, &thread, interest, number, device))
		note(thread, inode, number, device, interest, &is_new);
	return thread;
}

static __always_inline bool is_shared_for_writing(const __u64 arguments[6])
{
	__u64 kind = arguments[3] & MAP_KINDS;

	return (arguments[2] & PROT_WRITE) && (kind == MAP_SHARED || kind == MAP_SHARED_VALIDATE);
}

struct found_area {
	struct inode *inode;
	__u64 end;
};

static long find_area(struct task_struct *task, struct vm_area_struct *area, void *context)
{
	struct found_area *found = context;
	struct file *file = BPF_CORE_READ(area, vm_file);

	found->end = BPF_CORE_READ(area, vm_end);
	if (file != NULL && (BPF_CORE_READ(area, vm_flags) & VM_SHARED))
		found->inode = BPF_CORE_READ(file, f_inode);
	return 0;
}

/* What has been made writable, which may be several areas. */
static __always_inline struct thread *note_areas(struct task_struct *task, struct thread *thread, __u64 start, __u64 end)
{
	for (int i = 0; i < AREAS_MAX && start < end; i++) {
		struct found_area found = { 0 };

		if (bpf_find_vma(task, start, find_area, &found, 0) < 0)
			break;
		if (found.inode != NULL)
			thread = note_file(task, thread, found.inode, false);
		start = found.end;
	}
	return thread;
}

/* What io_submit(2) has been given. */
static __always_inline struct thread *note_submitted(struct task_struct *task, struct thread *thread, __u64 list, __u64 count)
{
	for (__u32 i = 0; i < SUBMITTED_MAX && i < count; i++) {
		struct inode *inode;
		struct iocb block;
		__u64 address;

		if (bpf_probe_read_user(&address, sizeof(address), (const void *)(list + i * sizeof(address))) < 0 ||
		    bpf_probe_read_user(&block, sizeof(block), (const void *)address) < 0)
			break;
		if (block.aio_lio_opcode != IOCB_CMD_PWRITE && block.aio_lio_opcode != IOCB_CMD_PWRITEV)
			continue;
		inode = inode_of(task, block.aio_fildes);
		if (inode != NULL)
			thread = note_file(task, thread, inode, true);
	}
	return thread;
}

/* Within the call that has made the request it is told with that; else at once. */
static __always_inline int note_request(struct inode *inode)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 inode_number = BPF_CORE_READ(inode, i_ino);
	__u32 device = BPF_CORE_READ(inode, i_sb, s_dev);
	int number = number_of_call((struct pt_regs *)bpf_task_pt_regs(task));
	__u16 interest = interest_in(inode_number, device, WANTS_CONTENT, true);
	struct thread *thread = NULL;
	bool is_new;

	if (!is_to_be_told(task, &thread, interest, inode_number, device))
		return 0;
	if (bits_outside(task, number) == 0 && number >= 0 && number < DEEDS &&
	    settings.deeds[number & (DEEDS - 1)].kind == DEED_SUBMIT) {
		note(thread, inode, inode_number, device, interest, &is_new);
		return 0;
	}
	thread->now = inode;
	return tell_now(TOLD_ALONE, -1, BIT_RING, interest);
}

PART tell_open(__s32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *file = file_of(task, fd);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u32 device = BPF_CORE_READ(inode, i_sb, s_dev);
	struct thread *thread;
	struct record *r;

	if (file == NULL || !(wanted_of_file_system(device) & WANTS_OPEN))
		return 0;
	thread = make_thread(task);
	if (thread == NULL || thread->is_monitor)
		return 0;
	make_image_known(thread);
	r = begin(TOLD_OPEN, task, thread);
	if (r == NULL)
		return 0;
	put_touched((__u64)inode, BPF_CORE_READ(inode, i_ino), device, 0, 0);
	r->list.touched[0].place = put_place((__u64)BPF_CORE_READ(file, f_path.dentry), 0);
	r->list.touched[0].bits |= TOUCHED_FILE_SYSTEM;
	send();
	return 0;
}

PART tell_mount(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = make_thread(task);

	if (thread == NULL)
		return 0;
	make_image_known(thread);
	if (begin(TOLD_MOUNT, task, thread) != NULL)
		send();
	return 0;
}

PART take_own_place(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);

	own.root_mount = mount_of(BPF_CORE_READ(task, fs, root.mnt));
	own.root_dentry = BPF_CORE_READ(task, fs, root.dentry);
	bpf_probe_read_kernel(&own.pids, sizeof(own.pids),
			      (char *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, ns));
	own.level = level;
	own.known = true;
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_returns, struct pt_regs *regs, long result)
{
	const volatile struct deed *deed;
	struct task_struct *task;
	struct thread *thread;
	__u64 arguments[6];
	struct inode *inode;
	int number = number_of_call(regs);
	bool writes;
	__u32 kind;

	task = bpf_get_current_task_btf();
	if (is_foreign(task, number)) {
		thread = bpf_task_storage_get(&threads, task, NULL, 0);
		if (thread != NULL && thread->count != 0)
			tell_noted(-1, result);
		return 0;
	}
	if (number < 0 || number >= DEEDS)
		return 0;
	deed = &settings.deeds[number & (DEEDS - 1)];
	kind = deed->kind;
	if (kind == DEED_NONE)
		return 0;
	thread = bpf_task_storage_get(&threads, task, NULL, 0);
	if (thread != NULL && thread->is_monitor && !own.known)
		take_own_place();
	writes = kind == DEED_WRITE || kind == DEED_SUBMIT;
	if (control.files != 0 || control.file_systems != 0 || (writes && control.inputs != 0)) {
		read_registers(regs, arguments);
		if (deed->descriptor != 0 && (kind == DEED_WRITE ? result > 0 : result >= 0) &&
		    (kind != DEED_MAP || is_shared_for_writing(arguments))) {
			inode = inode_of(task, argument(arguments, deed->descriptor));
			if (inode != NULL)
				thread = note_file(task, thread, inode, writes);
		} else if (kind == DEED_PROTECT && result == 0 && (arguments[2] & PROT_WRITE)) {
			thread = note_areas(task, thread, arguments[0], arguments[0] + arguments[1]);
		} else if (deed->list != 0 && result > 0) {
			thread = note_submitted(task, thread, argument(arguments, deed->list), result);
		} else if (kind == DEED_OPEN && result >= 0 && control.opens != 0) {
			tell_open(result);
		}
	}
	if (kind == DEED_MOUNT) {
		if (result == 0 && (control.files != 0 || control.file_systems != 0))
			tell_mount();
	} else if (thread != NULL && thread->count != 0) {
		tell_noted(number, result);
	}
	return 0;
}

/* As by descriptor: a write through a ring may leave the ctime as it is, too. */
SEC("?tp_btf/io_uring_complete")
int BPF_PROG(request_completes, void *context, struct io_kiocb *request)
{
	__u8 operation;
	struct inode *inode;

	if (control.files == 0 && control.file_systems == 0 && control.inputs == 0)
		return 0;
	operation = BPF_CORE_READ(request, opcode);
	if (operation != IORING_OP_WRITE && operation != IORING_OP_WRITEV && operation != IORING_OP_WRITE_FIXED)
		return 0;
	inode = BPF_CORE_READ(request, file, f_inode);
	if (inode == NULL || (BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFREG)
		return 0;
	return note_request(inode);
}

static __always_inline void tell_process(__u32 kind, struct task_struct *task, __u64 process, __u64 child)
{
	struct thread *thread;
	struct record *r;

	thread = bpf_task_storage_get(&threads, task, NULL, 0);
	r = begin(kind, task, thread);
	if (r == NULL)
		return;
	r->head.flags = process;
	r->head.child = child;
	send();
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forks, struct task_struct *parent, struct task_struct *child)
{
	__u64 process, forked;
	__u8 yes = 1;

	if (control.executions == 0 || child->tgid == parent->tgid)
		return 0;
	process = process_key(parent);
	if (bpf_map_lookup_elem(&executing, &process) == NULL)
		return 0;
	forked = process_key(child);
	if (bpf_map_update_elem(&executing, &forked, &yes, BPF_ANY) < 0)
		lose();
	tell_process(TOLD_FORK, parent, process, forked);
	return 0;
}

/* Appends the path of a script, and what it is relative to. */
static __always_inline void put_script(struct record *r, struct task_struct *task, const unsigned char *name)
{
	struct path path;

	put_kernel_string(r, 0, name);
	BPF_CORE_READ_INTO(&path, task, fs, pwd);
	r->head.lengths[1] = put_place((__u64)path.dentry, (__u64)path.mnt);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_executes, struct task_struct *task, int old_pid, struct linux_binprm *program)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, NULL, 0);
	const char *name, *interpreter;
	__u64 process, inode_number;
	__u32 device, interest = 0;
	struct inode *inode;
	struct record *r;
	bool is_script;
	__u8 yes = 1;

	if (thread != NULL)
		thread->image = 0;
	if (control.executions == 0)
		return 0;
	process = process_key(task);
	if (bpf_map_delete_elem(&executing, &process) == 0)
		tell_process(TOLD_EXIT, task, process, 0);
	name = BPF_CORE_READ(program, filename);
	interpreter = BPF_CORE_READ(program, interp);
	is_script = name != interpreter;
	inode = BPF_CORE_READ(program, file, f_inode);
	inode_number = BPF_CORE_READ(inode, i_ino);
	device = BPF_CORE_READ(inode, i_sb, s_dev);
	if (is_in_filter(inode_number, device) && (wanted_of_file(inode_number, device) & WANTS_EXECUTIONS))
		interest |= TOUCHED_FILE;
	if (wanted_of_file_system(device) & WANTS_EXEC)
		interest |= TOUCHED_FILE_SYSTEM;
	if (interest == 0 && !is_script)
		return 0;
	if (bpf_map_update_elem(&executing, &process, &yes, BPF_ANY) < 0)
		lose();
	thread = make_thread(task);
	if (thread == NULL)
		return 0;
	make_image_known(thread);
	r = begin(TOLD_EXEC, task, thread);
	if (r == NULL)
		return 0;
	r->head.flags = process;
	if (is_script)
		put_script(r, task, (const unsigned char *)name);
	put_touched((__u64)inode, inode_number, device, interest, 0);
	send();
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(thread_exits, struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, NULL, 0);
	__u64 process;

	/* Killed within a call that does not return. */
	if (thread != NULL && thread->count != 0)
		tell_noted(number_of_call((struct pt_regs *)bpf_task_pt_regs(task)), -1);
	if (control.executions == 0 || BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0;
	process = process_key(task);
	if (bpf_map_delete_elem(&executing, &process) == 0)
		tell_process(TOLD_EXIT, task, process, 0);
	return 0;
}
