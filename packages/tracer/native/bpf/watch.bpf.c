/*
 * Tells of the calls of watched processes when they return: the arguments are
 * still in the registers, the result is known, and the strings are in memory,
 * the kernel having just read them.
 */
#include "task.bpf.h"
#include "wire.h"

char terms[] SEC("license") = "GPL";

/*
 * What loading takes is mostly the verifier's time, so:
 * - a pointer is not read through a typed pointer (task->fs) but with BPF_CORE_READ, where that will do: for each
 *   of the former Linux 6.18 looks through all names of its types, thrice;
 * - what is used more than once is a function that is visible from outside (PART), which is looked at once. Such a one
 *   takes numbers only, and finds the record again by itself.
 */
#define PART __noinline int

#define AT_FDCWD -100
#define EFAULT 14
/* What a call that is to be made anew, or ends by a signal, returns within the kernel. */
#define RESTART_FIRST (-516)
#define RESTART_LAST (-512)
#define FMODE_CREATED 0x100000
#define SIGNAL_GROUP_EXIT 4
#define AT_BASE 7
#define PROC_SUPER_MAGIC 0x9fa0
#define NUMBER_MAX 7
#define AUXV_PAIRS 22
#define S_IFMT 0170000
#define S_IFIFO 0010000
#define S_IFCHR 0020000
#define S_IFSOCK 0140000
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define ADDRESS_PATH_MAX 108
#define ADDRESS_MASK 127
#define WORDS_MASK 1023
#define REQUEST_FIXED_FILE 1
/* Bytes of what is written to a terminal in one record, and how often one goes on for a call. */
#define PIECE_MAX 16384
#define PIECES_MAX 8192

const volatile struct settings settings SEC(SETTINGS_SECTION);
struct losses losses SEC(LOST_SECTION) = { 0 };

/* Of the command's first process, which are the probe's own. */
struct dentry *root_dentry;
struct mount *root_mount;
__u32 pid_level;

struct watched {
	__u64 last_stream; /* inode that was read from last */
	bool foreign_told;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct watched);
} watched SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set by the loader */
} ring SEC(".maps");

struct record {
	__u64 used; /* bytes of text; here, so that the verifier does not follow its value */
	struct seen head;
	char text[SEEN_TEXT_MAX];
};

#define RECORD_TEXT_MAX SEEN_TEXT_MAX
#define RECORD_NAME_MAX SEEN_NAME_MAX
#include "place.bpf.h"

static __always_inline int pid_of(struct task_struct *task)
{
	unsigned int level = pid_level;
	struct pid *pid;
	int number = 0;

	if (level == 0) {
		number = task->tgid;
		barrier_var(number);
		return number;
	}
	pid = BPF_CORE_READ(task, group_leader, thread_pid);
	bpf_probe_read_kernel(&number, sizeof(number),
			      (char *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr));
	return number;
}

static __always_inline struct record *begin(__u32 kind, struct task_struct *task)
{
	struct record *r = current_record();

	if (r == NULL)
		return NULL;
	__builtin_memset(&r->head, 0, sizeof(r->head));
	r->used = 0;
	r->head.kind = kind;
	r->head.pid = pid_of(task);
	return r;
}

/* Not by each record from then on: to wake somebody is an interrupt. Its reader looks now and then by itself, too. */
static __always_inline __u64 wake_flags(__u64 waiting, __u64 more)
{
	return (waiting ^ (waiting + more)) & -settings.wake_at ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

PART send(void)
{
	struct record *r = current_record();
	__u64 used, flags;

	if (r == NULL)
		return 0;
	used = r->used;
	flags = wake_flags(bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA), sizeof(r->head) + used);

	/* The end is waited for, and a script may soon be gone. */
	if (r->head.kind == SEEN_EXIT || (r->head.kind == SEEN_EXEC && r->head.lengths[TEXT_INTERPRETER] != 0))
		flags = BPF_RB_FORCE_WAKEUP;
	barrier_var(used);
	if (used > SEEN_TEXT_MAX || bpf_ringbuf_output(&ring, &r->head, sizeof(r->head) + used, flags) < 0)
		__sync_fetch_and_add(&losses.records, 1);
	return 0;
}

/* Appends a place, of a struct path's two members. */
PART put_walk(__u64 place_dentry, __u64 place_mnt, __u64 slot, __u32 removed)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct dentry *dentry = (struct dentry *)place_dentry, *mount_root;
	struct vfsmount *mnt = (struct vfsmount *)place_mnt;
	struct record *r = current_record();
	struct walk w = { .record = r, .dentry = dentry, .mount = mount_of(mnt) };
	__u64 start, used;
	struct path root;
	bool empty;

	if (r == NULL)
		return 0;
	start = r->used;
	mount_root = BPF_CORE_READ(mnt, mnt_root);
	w.mount_root = mount_root;
	BPF_CORE_READ_INTO(&root, task, fs, root);
	/* A copy of the mount tree has other mounts over the same root. */
	w.stop_dentry = root_dentry;
	w.stop_mount = root.dentry == root_dentry ? mount_of(root.mnt) : root_mount;
	if (BPF_CORE_READ(dentry, d_hash.pprev) == NULL && dentry != mount_root)
		r->head.bits |= removed;
	if (slot == TEXT_PLACE && BPF_CORE_READ(dentry, d_sb, s_magic) == PROC_SUPER_MAGIC)
		r->head.bits |= BIT_PROC;
	bpf_loop(DEPTH_MAX, walk_up, &w, 0);
	if (!w.whole)
		r->head.bits |= BIT_UNREADABLE;
	used = r->used;
	/* The root has no name: a NUL tells it from no place at all. */
	empty = used == start;
	barrier_var(used);
	if (empty && used < SEEN_TEXT_MAX) {
		r->text[used++] = '\0';
		r->used = used;
	}
	barrier_var(slot);
	r->head.lengths[slot & 7] = used - start;
	return 0;
}

static __always_inline void put_place(__u32 slot, const struct path *place, __u32 removed)
{
	put_walk((__u64)place->dentry, (__u64)place->mnt, slot, removed);
}

static __always_inline void put_file_facts(struct record *r, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	if (BPF_CORE_READ(file, f_mode) & FMODE_CREATED)
		r->head.bits |= BIT_CREATED;
	r->head.mode = BPF_CORE_READ(inode, i_mode);
	r->head.device = BPF_CORE_READ(inode, i_sb, s_dev);
	r->head.inode = BPF_CORE_READ(inode, i_ino);
}

static __always_inline void put_file(__u32 slot, struct file *file, __u32 removed)
{
	struct path path;

	BPF_CORE_READ_INTO(&path, file, f_path);
	put_place(slot, &path, removed);
}

static __always_inline void put_directory(struct task_struct *task, __u32 slot, __s32 fd, __u32 removed)
{
	struct path path = { 0 };
	struct file *file;

	if (fd == AT_FDCWD) {
		BPF_CORE_READ_INTO(&path, task, fs, pwd);
	} else {
		file = file_of(task, fd);
		if (file != NULL)
			BPF_CORE_READ_INTO(&path, file, f_path);
	}
	if (path.dentry != NULL)
		put_place(slot, &path, removed);
}

static __always_inline __u64 argument(const struct record *r, __u32 number)
{
	return r->head.arguments[(number - 1) & 7];
}

/* Appends a string of the process, as it was given. */
static __always_inline void put_string(struct record *r, __u32 slot, __u64 address)
{
	__u64 used = r->used;
	long length;

	barrier_var(used);
	if (used > SEEN_TEXT_MAX - SEEN_STRING_MAX)
		return;
	length = bpf_probe_read_user_str(r->text + used, SEEN_STRING_MAX, (const void *)address);
	if (length >= 0) {
		barrier_var(slot);
		r->head.lengths[slot & 7] = length;
		r->used = used + length;
	} else if (r->head.result != -EFAULT) {
		r->head.bits |= BIT_UNREADABLE;
	}
}

static __always_inline char first_of(const struct record *r, __u64 start)
{
	return r->used == start || start >= SEEN_TEXT_MAX ? '\0' : r->text[start];
}

/* Letter by letter, since a loop over a string is more than the verifier likes. */
#define IS3(text, a, b, c) ((text)[0] == (a) && (text)[1] == (b) && (text)[2] == (c))
#define IS4(text, a, b, c, d) (IS3(text, a, b, c) && (text)[3] == (d))

static __always_inline bool ends(char c)
{
	return c == '/' || c == '\0';
}

/* A number of up to six digits, or -1. */
static __always_inline __s32 read_number(const char *text)
{
	__s32 number = 0;

	for (__u32 i = 0; i < NUMBER_MAX; i++) {
		if (ends(text[i]))
			return i == 0 ? -1 : number;
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return -1;
}

/* Does the path begin with a link of the process's own that leads straight to a file? See after_magic() in seen.c. */
static __always_inline bool find_magic(struct record *r, struct task_struct *task, __u64 start, struct path *found)
{
	struct file *file;
	const char *text;
	__s32 fd = -1;

	/* Of two strings and a place the last cannot begin behind that. */
	barrier_var(start);
	if (start > 3 * SEEN_STRING_MAX)
		return false;
	text = r->text + start;
	if (IS4(text, '/', 'p', 'r', 'o') && IS4(text + 4, 'c', '/', 's', 'e') && IS3(text + 8, 'l', 'f', '/')) {
		if (IS3(text + 11, 'c', 'w', 'd') && ends(text[14])) {
			BPF_CORE_READ_INTO(found, task, fs, pwd);
			return true;
		}
		if (IS3(text + 11, 'f', 'd', '/'))
			fd = read_number(text + 14);
	} else if (IS4(text, '/', 'd', 'e', 'v') && text[4] == '/') {
		if (IS3(text + 5, 'f', 'd', '/'))
			fd = read_number(text + 8);
		else if (IS4(text + 5, 's', 't', 'd', 'i') && text[9] == 'n' && ends(text[10]))
			fd = 0;
		else if (IS4(text + 5, 's', 't', 'd', 'o') && text[9] == 'u' && text[10] == 't' && ends(text[11]))
			fd = 1;
		else if (IS4(text + 5, 's', 't', 'd', 'e') && text[9] == 'r' && text[10] == 'r' && ends(text[11]))
			fd = 2;
	}
	file = fd < 0 ? NULL : file_of(task, fd);
	if (file == NULL)
		return false;
	BPF_CORE_READ_INTO(found, file, f_path);
	return true;
}

/* Appends what a path from start on is relative to: a directory, or a root of the process's own. */
PART put_start(__u64 slot, __u64 start, __s32 directory, __u32 removed)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record *r = current_record();
	struct path root;

	if (r == NULL)
		return 0;
	if (first_of(r, start) != '/') {
		put_directory(task, slot, directory, removed);
		return 0;
	}
	if (find_magic(r, task, start, &root)) {
		r->head.bits |= slot == TEXT_PLACE ? BIT_MAGIC : BIT_MAGIC2;
		put_place(slot, &root, removed);
		return 0;
	}
	BPF_CORE_READ_INTO(&root, task, fs, root);
	if (root.dentry == root_dentry)
		return 0;
	put_place(slot, &root, removed);
	return 0;
}

PART put_path(__u64 slot, __u64 address, __s32 directory)
{
	struct record *r = current_record();
	__u64 start;

	if (r == NULL)
		return 0;
	start = r->used;

	/* No path at all, as utimensat(2) takes it, is about the descriptor. */
	if (address != 0)
		put_string(r, slot, address);
	put_start(slot + 1, start, directory, slot == TEXT_PATH ? BIT_REMOVED : BIT_REMOVED2);
	return 0;
}

static __always_inline void tell_foreign(struct task_struct *task, struct watched *watch)
{
	struct record *r;

	if (watch->foreign_told || (r = begin(SEEN_FOREIGN, task)) == NULL)
		return;
	watch->foreign_told = true;
	send();
}

/* The path in the address of a Unix socket. */
static __always_inline void put_address(struct record *r, __u64 address, __u64 length)
{
	__u16 family = 0;
	__u64 size = (__u32)length;

	if (size <= sizeof(family) || bpf_probe_read_user(&family, sizeof(family), (const void *)address) < 0 ||
	    (r->head.family = family) != AF_UNIX)
		return;
	size -= sizeof(family);
	if (size > ADDRESS_PATH_MAX)
		size = ADDRESS_PATH_MAX;
	barrier_var(size);
	size &= ADDRESS_MASK;
	if (bpf_probe_read_user(r->text, size, (const void *)(address + sizeof(family))) < 0) {
		r->head.bits |= BIT_UNREADABLE;
		return;
	}
	r->text[size] = '\0';
	if (r->text[0] == '\0')
		return;
	r->used = size + 1;
	r->head.lengths[TEXT_PATH] = size + 1;
}

static __always_inline bool is_stream(__u32 mode)
{
	mode &= S_IFMT;
	return mode == S_IFIFO || mode == S_IFSOCK || mode == S_IFCHR;
}

static __always_inline bool put_standard_input(struct record *r, struct task_struct *task)
{
	struct file *file = file_of(task, 0);

	if (file == NULL)
		return false;
	put_file_facts(r, file);
	return is_stream(r->head.mode);
}

/* Standard input was read: what it is, if that is no file. Each stream is told of once in a row. */
static __always_inline bool put_stream(struct record *r, struct task_struct *task, struct watched *watch)
{
	if (argument(r, 1) != 0 || r->head.result < 0 || !put_standard_input(r, task) ||
	    r->head.inode == watch->last_stream)
		return false;
	watch->last_stream = r->head.inode;
	return true;
}

/* /proc and /dev have links that lead straight to files; a handle has no path; and a call can have a root of its own. */
static __always_inline bool is_path_odd(const struct record *r)
{
	return r->head.resolve != 0 || r->head.lengths[TEXT_PATH] == 0 || (r->head.bits & BIT_PROC) ||
	       (r->text[0] == '/' && ((r->text[1] == 'p' && r->text[2] == 'r') || (r->text[1] == 'd' && r->text[2] == 'e')));
}

/* handle: not by a path, and the flags are the file's own. */
PART put_opened(bool handle)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record *r = current_record();
	struct file *file;

	if (r == NULL || r->head.result < 0)
		return 0;
	file = file_of(task, r->head.result);
	if (file == NULL) {
		/* Another thread was quick to close it again. */
		r->head.bits |= BIT_UNREADABLE;
		return 0;
	}
	put_file_facts(r, file);
	if (handle)
		r->head.flags = BPF_CORE_READ(file, f_flags);
	if (is_path_odd(r))
		put_file(TEXT_FILE, file, BIT_FILE_REMOVED);
	return 0;
}

struct open_how {
	__u64 flags, mode, resolve;
};

static __always_inline void read_how(struct record *r)
{
	struct open_how how = { 0 };

	if (argument(r, 4) < sizeof(how))
		return;
	if (bpf_probe_read_user(&how, sizeof(how), (const void *)argument(r, 3)) < 0)
		r->head.bits |= BIT_UNREADABLE;
	r->head.flags = how.flags;
	r->head.resolve = how.resolve;
}

static __always_inline __s32 directory_of(const struct record *r, __u32 number)
{
	return number == 0 ? AT_FDCWD : (__s32)argument(r, number);
}

/* Has the call written what it found over the path that it was given? */
static __always_inline bool is_overwritten(const struct record *r, const volatile struct shape *shape)
{
	__u64 size = shape->output_size;

	if (shape->output == 0 || r->head.result < 0)
		return false;
	if (size == 0)
		size = argument(r, shape->output + 1);
	return argument(r, shape->path) - argument(r, shape->output) < size;
}

/* The command's process has begun to go on: its root is the probe's own, and so is its name space of numbers. */
static __always_inline void take_own_place(struct task_struct *task)
{
	root_mount = mount_of(BPF_CORE_READ(task, fs, root.mnt));
	pid_level = BPF_CORE_READ(task, thread_pid, level);
	root_dentry = BPF_CORE_READ(task, fs, root.dentry);
}

struct buffer {
	__u64 address, length;
};

struct copying {
	struct record *record;
	struct buffer buffer;
	__u64 list, listed; /* buffers that follow it, in the process's memory */
	__u64 left; /* of all that was written */
};

static long copy_piece(__u32 index, void *context)
{
	struct copying *c = context;
	struct record *r = c->record;
	struct buffer buffer = c->buffer;
	__u64 length = buffer.length < c->left ? buffer.length : c->left, waiting;

	if (length == 0) {
		if (c->listed == 0 || bpf_probe_read_user(&buffer, sizeof(buffer), (const void *)c->list) < 0)
			return 1;
		c->buffer = buffer;
		c->list += sizeof(buffer);
		c->listed--;
		return 0;
	}
	if (length > PIECE_MAX)
		length = PIECE_MAX;
	waiting = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	barrier_var(length);
	if (length > PIECE_MAX || waiting > settings.copied_max ||
	    bpf_probe_read_user(r->text, length, (const void *)buffer.address) < 0 ||
	    bpf_ringbuf_output(&ring, &r->head, sizeof(r->head) + length, wake_flags(waiting, sizeof(r->head) + length)) < 0)
		return 1;
	c->buffer.address = buffer.address + length;
	c->buffer.length = buffer.length - length;
	c->left -= length;
	return c->left == 0;
}

/* buffers: one, or a list of `listed` ones. */
PART copy_written(__u64 stream, __u64 buffers, __u64 listed, __u64 length)
{
	struct record *r = begin(SEEN_WRITTEN, bpf_get_current_task_btf());
	struct copying c = { .record = r, .list = buffers, .listed = listed, .left = length };

	if (r == NULL)
		return 0;
	if (listed == 0)
		c.buffer = (struct buffer){ buffers, length };
	r->head.number = stream;
	bpf_loop(PIECES_MAX, copy_piece, &c, 0);
	if (c.left != 0)
		__sync_fetch_and_add(&losses.written, 1);
	return 0;
}

/* The stream that a descriptor's device is, or 0. Node opens a terminal anew and puts that in the place of the stream. */
static __always_inline __u64 stream_of(struct task_struct *task, __s32 fd)
{
	struct file *file = file_of(task, fd);
	struct inode *inode;
	bool is_first, is_second;
	__u32 device;

	if (file == NULL)
		return 0;
	inode = BPF_CORE_READ(file, f_inode);
	if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFCHR)
		return 0;
	device = BPF_CORE_READ(inode, i_rdev);
	is_first = device == settings.terminals[1];
	is_second = device == settings.terminals[2];
	if (is_first && is_second)
		return fd == 2 || (fd > 2 && file == file_of(task, 2) && file != file_of(task, 1)) ? 2 : 1;
	return is_first ? 1 : is_second ? 2 : 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_returns, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct watched *watch = bpf_task_storage_get(&watched, task, NULL, 0);
	const volatile struct shape *shape;
	__u64 arguments[6];
	struct record *r;
	__u32 kind;
	__u64 index;
	__s32 number;

	if (watch == NULL)
		return 0;
	if (root_dentry == NULL)
		take_own_place(task);
	number = read_registers(regs, arguments);
	if (is_foreign(task, number)) {
		tell_foreign(task, watch);
		return 0;
	}
	if (number < 0 || number >= SHAPES || (result >= RESTART_FIRST && result <= RESTART_LAST))
		return 0;
	index = (__u32)number & (SHAPES - 1);
	barrier_var(index);
	shape = &settings.shapes[index & (SHAPES - 1)];
	kind = shape->kind;
	if (kind == SHAPE_NONE || (kind == SHAPE_READS && arguments[0] != 0) || (shape->only_success && result < 0) ||
	    (shape->only_failure && result >= 0))
		return 0;
	r = begin(SEEN_CALL, task);
	if (r == NULL)
		return 0;
	__builtin_memcpy(r->head.arguments, arguments, sizeof(arguments));
	r->head.number = number;
	r->head.directory = (__u64)BPF_CORE_READ(task, fs);
	r->head.result = result < -4095 ? 0 : (__s32)result;
	r->head.flags = shape->flags == 0 ? shape->fixed_flags : argument(r, shape->flags);
	switch (kind) {
	case SHAPE_READS:
		if (!put_stream(r, task, watch))
			return 0;
		break;
	case SHAPE_DESCRIPTOR:
		put_directory(task, TEXT_PLACE, directory_of(r, shape->directory), BIT_REMOVED);
		break;
	case SHAPE_ADDRESS:
		put_address(r, argument(r, shape->address), argument(r, shape->length));
		if (r->head.family == AF_INET || r->head.family == AF_INET6)
			break;
		if (r->used == 0 && !(r->head.bits & BIT_UNREADABLE))
			return 0;
		put_start(TEXT_PLACE, 0, AT_FDCWD, BIT_REMOVED);
		break;
	case SHAPE_OPENS_HANDLE:
		put_opened(true);
		break;
	case SHAPE_OPENS_HOW:
		read_how(r);
		/* fallthrough */
	case SHAPE_MOVES:
	case SHAPE_OPENS:
	case SHAPE_PATHS:
		put_path(TEXT_PATH, argument(r, shape->path), directory_of(r, shape->directory));
		if (is_overwritten(r, shape))
			r->head.bits |= BIT_UNREADABLE;
		if (shape->skip_empty && r->text[0] == '\0' && r->head.lengths[TEXT_PATH] == 1)
			return 0;
		if (kind == SHAPE_MOVES)
			put_directory(task, TEXT_FILE, AT_FDCWD, BIT_FILE_REMOVED);
		else if (kind != SHAPE_PATHS)
			put_opened(false);
		else if (shape->path2 != 0)
			put_path(TEXT_PATH2, argument(r, shape->path2), directory_of(r, shape->directory2));
		break;
	}
	send();
	return 0;
}

/* By itself, since only where there is a terminal to be copied it is worth the time that loading it takes. */
SEC("?tp_btf/sys_exit")
int BPF_PROG(write_returns, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 arguments[6], index, stream;
	__u32 buffers;
	__s32 number;

	if (result <= 0 || bpf_task_storage_get(&watched, task, NULL, 0) == NULL)
		return 0;
	number = read_registers(regs, arguments);
	if (number < 0 || number >= SHAPES || is_foreign(task, number))
		return 0;
	index = (__u32)number & (SHAPES - 1);
	barrier_var(index);
	buffers = settings.shapes[index & (SHAPES - 1)].buffers;
	if (buffers == BUFFERS_NONE)
		return 0;
	stream = stream_of(task, buffers == BUFFERS_HIDDEN_THIRD ? arguments[2] : arguments[0]);
	if (stream == 0)
		return 0;
	if (buffers == BUFFERS_ONE || buffers == BUFFERS_LISTED)
		copy_written(stream, arguments[1], buffers == BUFFERS_ONE ? 0 : arguments[2], result);
	else
		__sync_fetch_and_add(&losses.written, 1);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forks, struct task_struct *parent, struct task_struct *child)
{
	struct watched *watch = bpf_task_storage_get(&watched, parent, NULL, 0), *own;
	struct record *r;

	if (watch == NULL)
		return 0;
	own = bpf_task_storage_get(&watched, child, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (own == NULL)
		__sync_fetch_and_add(&losses.records, 1);
	if (child->tgid == parent->tgid)
		return 0;
	r = begin(SEEN_FORK, parent);
	if (r == NULL)
		return 0;
	r->head.arguments[SEEN_AT] = bpf_ktime_get_ns();
	r->head.number = pid_of(child);
	r->head.directory = (__u64)BPF_CORE_READ(child, fs);
	r->head.parents_directory = (__u64)BPF_CORE_READ(parent, fs);
	send();
	return 0;
}

struct found_linker {
	struct path path;
};

static long find_linker(struct task_struct *task, struct vm_area_struct *area, void *context)
{
	struct found_linker *found = context;
	struct file *file = BPF_CORE_READ(area, vm_file);

	if (file != NULL)
		BPF_CORE_READ_INTO(&found->path, file, f_path);
	return 0;
}

PART put_linker(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record *r = current_record();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct found_linker found = { 0 };
	unsigned long pair[2];
	__u64 base = 0;

	if (r == NULL)
		return 0;
	for (int i = 0; i < AUXV_PAIRS && base == 0; i++) {
		if (bpf_probe_read_kernel(pair, sizeof(pair),
					  (char *)mm + bpf_core_field_offset(struct mm_struct, saved_auxv) + i * sizeof(pair)) < 0 ||
		    pair[0] == 0)
			break;
		if (pair[0] == AT_BASE)
			base = pair[1];
	}
	if (base == 0)
		return 0;
	if (bpf_find_vma(task, base, find_linker, &found, 0) < 0 || found.path.dentry == NULL)
		r->head.bits |= BIT_UNREADABLE;
	else
		put_place(TEXT_LINKER, &found.path, BIT_REMOVED2);
	return 0;
}

/* It is missing where it cannot be read, which is no harm. */
PART put_words(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record *r = current_record();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 start = BPF_CORE_READ(mm, arg_start), size = BPF_CORE_READ(mm, arg_end) - start, used;

	if (r == NULL)
		return 0;
	r->head.arguments[0] = size;
	used = r->used;
	if (size > SEEN_WORDS_MAX)
		size = SEEN_WORDS_MAX;
	barrier_var(size);
	size &= WORDS_MASK;
	barrier_var(used);
	if (used > SEEN_TEXT_MAX - SEEN_STRING_MAX ||
	    bpf_probe_read_user(r->text + used, size, (const void *)start) < 0)
		return 0;
	r->head.lengths[TEXT_WORDS] = size;
	r->used = used + size;
	return 0;
}

static __always_inline void put_kernel_string(struct record *r, __u32 slot, const char *from)
{
	__u64 used = r->used;
	long length;

	if (used > SEEN_TEXT_MAX - SEEN_STRING_MAX)
		return;
	length = bpf_probe_read_kernel_str(r->text + used, SEEN_STRING_MAX, from);
	if (length < 0) {
		r->head.bits |= BIT_UNREADABLE;
		return;
	}
	r->head.lengths[slot] = length;
	r->used = used + length;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_executes, struct task_struct *task, int old_pid, struct linux_binprm *program)
{
	struct watched *watch = bpf_task_storage_get(&watched, task, NULL, 0);
	const char *name, *interpreter;
	struct record *r;
	struct file *file;

	if (watch == NULL)
		return 0;
	r = begin(SEEN_EXEC, task);
	if (r == NULL)
		return 0;
	r->head.arguments[SEEN_AT] = bpf_ktime_get_ns();
	name = BPF_CORE_READ(program, filename);
	interpreter = BPF_CORE_READ(program, interp);
	file = BPF_CORE_READ(program, file);
	if (BPF_CORE_READ(program, fdpath) != NULL)
		r->head.bits |= BIT_BY_DESCRIPTOR;
	put_file_facts(r, file);
	put_kernel_string(r, TEXT_NAME, name);
	put_start(TEXT_PLACE, 0, AT_FDCWD, BIT_REMOVED);
	if (interpreter != name)
		put_kernel_string(r, TEXT_INTERPRETER, interpreter);
	put_linker();
	put_file(TEXT_FILE, file, BIT_FILE_REMOVED);
	put_words();
	send();
	return 0;
}

/* The threads that the kernel adds to a process for io_uring come by no fork. */
static __always_inline bool is_of_watched(struct task_struct *task)
{
	struct task_struct *leader;

	if (bpf_task_storage_get(&watched, task, NULL, 0) != NULL)
		return true;
	leader = task->group_leader;
	return leader != task && bpf_task_storage_get(&watched, leader, NULL, 0) != NULL;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(thread_exits, struct task_struct *task)
{
	struct signal_struct *signal;
	struct record *r;

	if (!is_of_watched(task))
		return 0;
	signal = BPF_CORE_READ(task, signal);
	if (BPF_CORE_READ(signal, live.counter) != 0)
		return 0;
	r = begin(SEEN_EXIT, task);
	if (r == NULL)
		return 0;
	r->head.arguments[SEEN_AT] = bpf_ktime_get_ns();
	r->head.result = BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT ?
				 BPF_CORE_READ(signal, group_exit_code) :
				 BPF_CORE_READ(task, group_leader, exit_code);
	send();
	return 0;
}

SEC("?tp_btf/io_uring_submit_req")
int BPF_PROG(ring_submits, struct io_kiocb *request)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record *r;
	bool fixed;

	if (!is_of_watched(task))
		return 0;
	r = begin(SEEN_RING, task);
	if (r == NULL)
		return 0;
	r->head.number = request->opcode;
	fixed = BPF_CORE_READ(request, flags) & REQUEST_FIXED_FILE;
	/* Of a registered file it is its number among those. */
	r->head.arguments[0] = fixed ? -1 : request->cqe.fd;
	if (r->head.arguments[0] == 0)
		put_standard_input(r, task);
	/* Its buffers are not looked for. */
	if ((settings.terminals[1] != 0 || settings.terminals[2] != 0) &&
	    (fixed || stream_of(task, r->head.arguments[0]) != 0))
		__sync_fetch_and_add(&losses.written, 1);
	send();
	return 0;
}
