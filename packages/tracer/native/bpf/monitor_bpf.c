/*
 * The bpf backend of the monitor. The kernel program tells what calls have done to which files; here that becomes changes.
 */
#include "changes_wire.h"
#include "deeds.h"
#include "executing.h"
#include "features.h"
#include "file_systems.h"
#include "images.h"
#include "load.h"
#include "../monitor/monitor_backend.h"
#include "../monitor/processes.h"
#include "../src/ring.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NEWER_TRACEPOINT "ctime_ns_xchg"
#define OLDER_PROGRAM "inode_gets_dirty"
#define RING_SIZE (4u << 20)
/* A recorder is to be small, and hears of few changes. */
#define RING_SIZE_OF_RECORDER (1u << 20)
/* How long a record may take that a processor is just writing, and the call of a thread that removes a file. */
#define WRITING_MS 100
#define REMOVING_MS 1000
#define MOUNTING_MS 100
#define REMOVERS_MAX 64
#define LINKS_MAX 16
/* How far from each other two looks at clocks may be, and how often that is tried. */
#define CLOCK_NANOSECONDS 20000
#define CLOCK_TRIES 5
#define SECOND 1000000000ll
#define MILLISECOND 1000000ll

#define EXT_MAGIC 0xef53
#define XFS_MAGIC 0x58465342
#define TMPFS_FS_MAGIC 0x01021994
#define F2FS_MAGIC 0xf2f52010
#define OVERLAY_MAGIC 0x794c7630

#define WANTS_CHANGES (WANT_CONTENT | WANT_ATTRIBUTE | WANT_DELETE)
#define WANTS_EXECUTIONS (WANT_EXEC | WANT_EXIT)

extern const char changes_program[], changes_program_end[];

static struct {
	struct bpf_object *object;
	struct bpf_link *links[LINKS_MAX];
	unsigned linked;
	bool has_ctime; /* the kernel tells of all changes */
	struct monitor_options options;
	int files, file_systems, executing; /* maps */
	struct change_control *control;
	uint64_t *filter;
	struct ring ring;
	uint64_t lost; /* as was told last */
	unsigned executed; /* files of which executions are wanted */
	/* For the changes that are being read. */
	change_sink sink;
	void *context;
	int64_t since_boot; /* from CLOCK_BOOTTIME to CLOCK_REALTIME, in nanoseconds */
	pid_t removers[REMOVERS_MAX]; /* threads */
	unsigned removing;
	struct actor mounter;
	bool has_mounter;
	char mounter_executable[PATH_MAX], mounter_words[TOLD_STRING_MAX];
} m;

extern struct monitor_backend monitor_bpf;

static int prepare(struct bpf_object *object, bool has_newer, void *context)
{
	static struct change_settings settings;
	struct bpf_program *program;

	(void)context;
	m.has_ctime = has_newer;
	settings.owner = getuid();
	settings.anyones = settings.owner == 0 && !m.options.records;
	settings.stacks = m.options.stacks;
	deeds_fill(settings.deeds);
	bpf_object__for_each_program(program, object) {
		const char *name = bpf_program__name(program);

		/* The latter's arguments are others in older kernels. */
		if (strncmp(name, "ctime_", strlen("ctime_")) == 0 || strcmp(name, "request_completes") == 0)
			bpf_program__set_autoload(program, has_newer);
		else if (strcmp(name, OLDER_PROGRAM) == 0)
			bpf_program__set_autoload(program, !has_newer);
	}
	return bpf_map__set_initial_value(bpf_object__find_map_by_name(object, CHANGE_SETTINGS_SECTION), &settings,
					  sizeof(settings)) < 0 ||
			       bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "ring"),
							m.options.records ? RING_SIZE_OF_RECORDER : RING_SIZE) < 0 ?
		       -1 :
		       0;
}

static int load(struct refusal *refusal)
{
	const struct loading loading = { changes_program, changes_program_end, NEWER_TRACEPOINT, prepare, NULL };

	if (features_check(refusal) < 0)
		return -1;
	m.object = load_program(&loading);
	if (m.object == NULL)
		features_explain(errno, refusal);
	return m.object == NULL ? -1 : 0;
}

static int check(struct refusal *refusal)
{
	if (load(refusal) < 0)
		return -1;
	bpf_object__close(m.object);
	m.object = NULL;
	return 0;
}

static int attach(void)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, m.object) {
		if (!bpf_program__autoload(program))
			continue;
		if (m.linked == LINKS_MAX || (m.links[m.linked] = bpf_program__attach_trace(program)) == NULL)
			return -1;
		m.linked++;
	}
	return 0;
}

static void detach(void)
{
	while (m.linked > 0)
		bpf_link__destroy(m.links[--m.linked]);
}

static int map_of(const char *name)
{
	return bpf_object__find_map_fd_by_name(m.object, name);
}

static void *memory_of(const char *name, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map_of(name), 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* What this process does is not told; and by its own place the kernel program tells pids and paths. */
static int make_known(void)
{
	struct bpf_map *threads = bpf_object__find_map_by_name(m.object, "threads");
	__u32 *thread = calloc(1, bpf_map__value_size(threads));
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), result = -1;

	if (thread != NULL && pidfd >= 0) {
		thread[0] = 1;
		result = bpf_map_update_elem(bpf_map__fd(threads), &pidfd, thread, BPF_ANY);
	}
	if (pidfd >= 0)
		close(pidfd);
	free(thread);
	/* Any of the calls that it looks at will do. */
	syscall(SYS_ioctl, -1, 0, 0);
	return result;
}

static bool updates_need_privilege(void)
{
	struct utsname name;
	int major;

	return uname(&name) < 0 || sscanf(name.release, "%d.", &major) != 1 || major < 6;
}

/* What the file of this program was given. Root keeps what it has anyway. */
static int drop_privileges(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (getuid() == 0 || updates_need_privilege())
		return 0;
	return (int)syscall(SYS_capset, &head, none);
}

static int open_monitor(const struct monitor_options *options, struct refusal *refusal)
{
	m.options = *options;
	if (load(refusal) < 0)
		return -1;
	m.files = map_of("files");
	m.file_systems = map_of("file_systems");
	m.executing = map_of("executing");
	m.control = memory_of(CHANGE_CONTROL_SECTION, sizeof(*m.control));
	m.filter = memory_of(".bss", FILTER_WORDS * sizeof(*m.filter));
	monitor_bpf.descriptor = map_of("ring");
	if (m.control == NULL || m.filter == NULL ||
	    ring_open(&m.ring, monitor_bpf.descriptor, options->records ? RING_SIZE_OF_RECORDER : RING_SIZE) < 0 ||
	    attach() < 0 || make_known() < 0 || drop_privileges() < 0) {
		features_explain(errno, refusal);
		detach();
		bpf_object__close(m.object);
		m.object = NULL;
		return -1;
	}
	monitor_bpf.tells = TELLS_PROCESS | TELLS_REASONS | TELLS_MAP | TELLS_EXEC | TELLS_EXIT | TELLS_STACKS |
			    TELLS_FILE_SYSTEMS | TELLS_MOUNTER | (m.has_ctime ? TELLS_INPUTS : 0);
	return 0;
}

static bool takes(long type)
{
	switch ((unsigned long)type) {
	case EXT_MAGIC:
	case F2FS_MAGIC:
		return true;
	case XFS_MAGIC:
	case TMPFS_FS_MAGIC:
	case OVERLAY_MAGIC:
		return m.has_ctime;
	}
	return false;
}

static __u32 kernels_form(dev_t device)
{
	return major(device) << 20 | minor(device);
}

static dev_t users_form(__u32 device)
{
	return makedev(device >> 20, device & 0xfffff);
}

static struct watched_key watched_key(const struct file_key *key)
{
	return (struct watched_key){ .inode = key->inode, .device = kernels_form(key->device) };
}

static void put_into_filter(const struct file_key *key)
{
	uint64_t hash = filter_hash(key->inode, kernels_form(key->device));
	uint32_t first = filter_first(hash), second = filter_second(hash);

	__atomic_fetch_or(&m.filter[first / 64], 1ull << (first & 63), __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&m.filter[second / 64], 1ull << (second & 63), __ATOMIC_SEQ_CST);
}

static void count_executed(unsigned before, unsigned now)
{
	m.executed += !!(now & WANTS_EXECUTIONS);
	m.executed -= !!(before & WANTS_EXECUTIONS);
	m.control->executions = m.executed + !!(file_systems_wants() & WANT_EXEC);
}

static void note_executing(void *context, pid_t pid)
{
	const struct file_key *key = context;
	uint64_t process = (uint64_t)pid;
	__u8 yes = 1;

	/* From now on its end is told; it may have come just before. */
	if (bpf_map_update_elem(m.executing, &process, &yes, BPF_ANY) == 0)
		executing_begin(process, key);
}

/* Those that are there already. */
static void find_executing(const struct file_key *key)
{
	struct file_key copy = *key;

	processes_executing(&copy, note_executing, &copy);
	executing_check();
}

/* In an overlay the numbers that stat(2) gives may be made up. */
static bool has_own_numbers(const struct file_key *key, int fd)
{
	char name[48], line[128];
	unsigned long inode = 0;
	struct statfs fs;
	FILE *file;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || (unsigned long)fs.f_type != OVERLAY_MAGIC)
		return true;
	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	file = fopen(name, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "ino: %lu", &inode) == 1)
			break;
	if (file != NULL)
		fclose(file);
	/* Of what is made up the device is, too, and has no number of anything that is mounted. */
	return inode == key->inode;
}

static unsigned wanted_until_now(const struct watched_key *key)
{
	__u32 wanted = 0;

	return bpf_map_lookup_elem(m.files, key, &wanted) == 0 ? wanted : 0;
}

static int watch(const struct file_key *key, unsigned wants, int fd)
{
	struct watched_key watched = watched_key(key);
	unsigned before = wanted_until_now(&watched);
	__u32 value = wants;

	if (!has_own_numbers(key, fd)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (bpf_map_update_elem(m.files, &watched, &value, BPF_ANY) < 0) {
		if (errno == E2BIG)
			errno = ENOSPC;
		return -1;
	}
	if (before == 0)
		m.control->files++;
	put_into_filter(key);
	count_executed(before, wants);
	if ((wants & WANTS_EXECUTIONS) && !(before & WANTS_EXECUTIONS))
		find_executing(key);
	return 0;
}

static void unwatch(const struct file_key *key)
{
	struct watched_key watched = watched_key(key);
	unsigned before = wanted_until_now(&watched);

	if (before == 0 || bpf_map_delete_elem(m.files, &watched) < 0)
		return;
	m.control->files--;
	count_executed(before, 0);
}

static int watch_file_system(dev_t device, unsigned wants, int fd)
{
	__u32 key = kernels_form(device), value = wants;

	if (file_systems_set(device, wants, fd) < 0)
		return -1;
	if (wants == 0)
		bpf_map_delete_elem(m.file_systems, &key);
	else if (bpf_map_update_elem(m.file_systems, &key, &value, BPF_ANY) < 0)
		return -1;
	m.control->file_systems = file_systems_count();
	m.control->opens = !!(file_systems_wants() & WANT_OPEN);
	count_executed(0, 0);
	return 0;
}

static int watch_inputs(const struct file_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_into_filter(&keys[i]);
	__atomic_store_n(&m.control->inputs, 1, __ATOMIC_SEQ_CST);
	return 0;
}

/* A record, with what its texts are. */
struct told_record {
	const struct told *head;
	const union told_list *list;
	const uint64_t *stacks[2];
	const char *paths[2];
	const char *touched; /* those of the touched files */
};

static void take_apart(struct told_record *r, const void *bytes)
{
	const char *text;

	r->head = bytes;
	r->list = (const void *)(r->head + 1);
	text = (const char *)(r->list + 1);
	for (int i = 0; i < 2; i++) {
		r->stacks[i] = (const void *)text;
		text += r->head->frames[i] * sizeof(uint64_t);
	}
	for (int i = 0; i < 2; i++) {
		r->paths[i] = r->head->lengths[i] == 0 ? "" : text;
		text += r->head->lengths[i];
	}
	r->touched = text;
}

static void fill_actor(const struct told *head, struct actor *actor)
{
	*actor = (struct actor){
		.pid = head->pid,
		.parent = head->parent,
		.uid = head->uid,
		.login_uid = head->login,
		.gid = head->gid,
	};
	memcpy(actor->name, head->name, sizeof(actor->name));
	/* More programs have been seen than are kept: all that still run are told anew. */
	if (!images_describe(head->image, actor))
		__atomic_fetch_add(&m.control->generation, 1, __ATOMIC_RELAXED);
}

static struct timespec time_of(const struct told *head)
{
	int64_t time = (int64_t)head->at + m.since_boot;

	return (struct timespec){ .tv_sec = time / SECOND, .tv_nsec = time % SECOND };
}

static void fill(const struct told_record *r, struct change *change, struct actor *actor)
{
	fill_actor(r->head, actor);
	*change = (struct change){
		.time = time_of(r->head),
		.actor = actor,
		.thread = r->head->thread,
		.kernel_stack = r->stacks[0],
		.user_stack = r->stacks[1],
		.kernel_frames = r->head->frames[0],
		.user_frames = r->head->frames[1],
	};
}

static struct file_key key_of(const struct touched *touched)
{
	return (struct file_key){ touched->inode, users_form(touched->device) };
}

static void give(struct change *change)
{
	m.sink(m.context, change);
}

/* `names` begins with those that the file has; then comes where it is. */
static void give_of_file_system(struct change *change, const struct touched *touched, const char *names)
{
	change->of_file_system = true;
	change->name = file_systems_path(change->key.device, names + touched->names, touched->place);
	give(change);
	change->of_file_system = false;
	change->name = NULL;
}

/* One of the files of a call. */
static void give_touched(const struct told_record *r, struct change *change, const struct touched *touched,
			 const char *names)
{
	const struct told_call call = { r->head, { r->paths[0], r->paths[1] } };
	const char *entries[2];

	change->key = key_of(touched);
	change->kind = deeds_judge(&call, touched, names, entries);
	change->is_gone = touched->bits & TOUCHED_GONE;
	change->has_name = !change->is_gone;
	change->alone = r->head->kind == TOLD_ALONE && (touched->bits & TOUCHED_INPUT);
	if (touched->bits & (TOUCHED_FILE | TOUCHED_INPUT)) {
		change->name = entries[0];
		give(change);
	}
	if ((touched->bits & TOUCHED_FILE) && entries[1] != NULL) {
		change->name = entries[1];
		give(change);
	}
	if (touched->bits & TOUCHED_FILE_SYSTEM)
		give_of_file_system(change, touched, names);
}

static void take_call(const struct told_record *r)
{
	const char *names = r->touched;
	struct change change;
	struct actor actor;

	fill(r, &change, &actor);
	for (unsigned i = 0; i < r->head->count; i++) {
		const struct touched *touched = &r->list->touched[i];

		give_touched(r, &change, touched, names);
		names += touched->names + touched->place;
	}
}

static void begin_removing(pid_t thread)
{
	for (unsigned i = 0; i < m.removing; i++)
		if (m.removers[i] == thread)
			return;
	if (thread != 0 && m.removing < REMOVERS_MAX)
		m.removers[m.removing++] = thread;
}

static void end_removing(pid_t thread)
{
	for (unsigned i = 0; i < m.removing; i++)
		if (m.removers[i] == thread) {
			m.removers[i] = m.removers[--m.removing];
			return;
		}
}

static void take_begun(const struct told_record *r)
{
	struct change change;
	struct actor actor;

	if (r->list->touched[0].bits & TOUCHED_FILE)
		begin_removing(r->head->thread);
	if (!(r->list->touched[0].bits & TOUCHED_INPUT))
		return;
	fill(r, &change, &actor);
	change.kind = CHANGE_CONTENT;
	change.key = key_of(&r->list->touched[0]);
	change.under_way = true;
	give(&change);
}

static void take_open(const struct told_record *r)
{
	const struct touched *touched = &r->list->touched[0];
	struct change change;
	struct actor actor;

	fill(r, &change, &actor);
	change.kind = CHANGE_OPEN;
	change.key = key_of(touched);
	give_of_file_system(&change, touched, r->touched);
}

static void begin_executing(const struct told *head, struct change *change)
{
	if (executing_begin(head->flags, &change->key) == 1)
		give(change);
}

/* The script itself, of which the kernel has told the path alone. */
static int find_script(const struct told_record *r, struct file_key *key)
{
	const char *directory;
	char path[TOLD_TEXT_MAX];
	struct stat st;

	if (r->paths[0][0] == '\0')
		return -1;
	directory = r->paths[0][0] == '/' ? "" : place_path(r->paths[1], r->head->lengths[1]);
	if (directory == NULL || snprintf(path, sizeof(path), "%s/%s", directory, r->paths[0]) >= (int)sizeof(path) ||
	    stat(path, &st) < 0)
		return -1;
	*key = (struct file_key){ st.st_ino, st.st_dev };
	return 0;
}

static void take_exec(const struct told_record *r)
{
	const struct touched *touched = &r->list->touched[0];
	struct change change;
	struct actor actor;

	fill(r, &change, &actor);
	change.kind = CHANGE_EXEC;
	change.key = key_of(touched);
	if (touched->bits & TOUCHED_FILE)
		begin_executing(r->head, &change);
	if (touched->bits & TOUCHED_FILE_SYSTEM)
		give_of_file_system(&change, touched, r->touched);
	if (find_script(r, &change.key) == 0)
		begin_executing(r->head, &change);
}

static void take_exit(const struct told_record *r)
{
	struct file_key ended[EXECUTED_MAX];
	unsigned count = executing_end(r->head->flags, ended);
	struct change change;
	struct actor actor;

	if (count == 0)
		return;
	fill(r, &change, &actor);
	change.kind = CHANGE_EXIT;
	for (unsigned i = 0; i < count; i++) {
		change.key = ended[i];
		give(&change);
	}
}

static void take_mount(const struct told_record *r)
{
	fill_actor(r->head, &m.mounter);
	m.has_mounter = true;
	/* The image may make room for another before somebody asks. */
	if (m.mounter.executable != NULL) {
		snprintf(m.mounter_executable, sizeof(m.mounter_executable), "%s", m.mounter.executable);
		m.mounter.executable = m.mounter_executable;
	}
	if (m.mounter.words != NULL) {
		memcpy(m.mounter_words, m.mounter.words, m.mounter.words_size);
		m.mounter.words = m.mounter_words;
	}
}

static void take_image(const struct told_record *r)
{
	const char *executable = r->head->lengths[0] == 0 ? NULL : place_path(r->paths[0], r->head->lengths[0]);

	if (images_note(r->head, r->list->ancestors, executable == NULL ? "" : executable, r->paths[1]) < 0)
		__atomic_fetch_add(&m.control->lost, 1, __ATOMIC_RELAXED);
}

static void take(void *context, const void *bytes, size_t length)
{
	struct told_record r;

	(void)context;
	(void)length;
	take_apart(&r, bytes);
	switch ((enum told_kind)r.head->kind) {
	case TOLD_CALL:
		end_removing(r.head->thread);
		/* fallthrough */
	case TOLD_ALONE:
		take_call(&r);
		break;
	case TOLD_BEGUN:
		take_begun(&r);
		break;
	case TOLD_IMAGE:
		take_image(&r);
		break;
	case TOLD_OPEN:
		take_open(&r);
		break;
	case TOLD_EXEC:
		take_exec(&r);
		break;
	case TOLD_FORK:
		executing_fork(r.head->flags, r.head->child);
		break;
	case TOLD_EXIT:
		take_exit(&r);
		break;
	case TOLD_MOUNT:
		take_mount(&r);
		break;
	}
}

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

/* Every record that was begun before this was called. Returns false if one is not finished in time. */
static bool take_all(void)
{
	unsigned long end = ring_end(&m.ring);
	int64_t since = 0;

	while (!ring_take_until(&m.ring, end, take, NULL)) {
		int64_t now = nanoseconds(CLOCK_MONOTONIC);

		if (since == 0)
			since = now;
		if (now - since > WRITING_MS * MILLISECOND)
			return false;
		sched_yield();
	}
	return true;
}

/* Who reads this next asks inotify which files are gone, and is to know then who has removed them. */
static bool take_removals(void)
{
	int64_t until = nanoseconds(CLOCK_MONOTONIC) + REMOVING_MS * MILLISECOND, left;
	struct pollfd more = { .fd = monitor_bpf.descriptor, .events = POLLIN };
	bool complete = true;

	while (complete && m.removing > 0 && (left = until - nanoseconds(CLOCK_MONOTONIC)) > 0) {
		poll(&more, 1, (int)(left / MILLISECOND) + 1);
		complete = take_all();
	}
	m.removing = 0;
	return complete;
}

/* Other processes may run between a look at the one clock and at the other; but not each time. */
static int64_t compare_clocks(void)
{
	int64_t difference = 0, shortest = INT64_MAX;

	for (int tries = 0; tries < CLOCK_TRIES && shortest > CLOCK_NANOSECONDS; tries++) {
		int64_t before = nanoseconds(CLOCK_BOOTTIME), now = nanoseconds(CLOCK_REALTIME);
		int64_t taken = nanoseconds(CLOCK_BOOTTIME) - before;

		if (taken < shortest) {
			shortest = taken;
			difference = now - before;
		}
	}
	return difference;
}

static uint64_t read_changes(change_sink sink, void *context)
{
	uint64_t lost, all_lost;

	m.sink = sink;
	m.context = context;
	m.since_boot = compare_clocks();
	lost = !take_all() || (m.removing > 0 && !take_removals());
	all_lost = __atomic_load_n(&m.control->lost, __ATOMIC_SEQ_CST);
	lost += all_lost - m.lost;
	m.lost = all_lost;
	if (lost > 0)
		executing_check();
	return lost;
}

static const struct actor *last_mounter(void)
{
	int64_t until = nanoseconds(CLOCK_MONOTONIC) + MOUNTING_MS * MILLISECOND, left;
	struct pollfd more = { .fd = monitor_bpf.descriptor, .events = POLLIN };
	bool has;

	/* The mounts have changed before the call returns of which the kernel program tells. */
	while (!m.has_mounter && (left = until - nanoseconds(CLOCK_MONOTONIC)) > 0) {
		poll(&more, 1, (int)(left / MILLISECOND) + 1);
		take_all();
	}
	has = m.has_mounter;
	m.has_mounter = false;
	return has ? &m.mounter : NULL;
}

struct monitor_backend monitor_bpf = {
	.name = "bpf",
	.description = "a program in the kernel tells of each change and of who has made it",
	.check = check,
	.open = open_monitor,
	.takes = takes,
	.watch = watch,
	.unwatch = unwatch,
	.watch_file_system = watch_file_system,
	.watch_inputs = watch_inputs,
	.descriptor = -1,
	.read = read_changes,
	.last_mounter = last_mounter,
};

struct monitor_backend *const monitor_backends[] = { &monitor_bpf, NULL };
