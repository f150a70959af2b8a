#include "record.h"

#include "engine.h"
#include "events.h"
#include "interests.h"
#include "journal.h"
#include "loop.h"
#include "sets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 64
#define CLIENT_OUTLET (2 * ANSWER_MAX)
#define JOURNAL_DELAY 200000000ll
#define FOLDER_INTERVAL 2000000000ll
/* Two clocks cannot be read at the same moment. */
#define SLEEP_MIN 10000000ll
#define GROUPS_MAX 65536
#define LABEL_MAX 4096

struct client {
	struct source source;
	LIST_ENTRY(client) entry;
	struct requester requester;
	struct outlet outlet;
};

static LIST_HEAD(, client) clients = LIST_HEAD_INITIALIZER(clients);
static unsigned client_count;
static const struct monitor_backend *backend;
static int folder = -1;
static bool watches; /* inputs of proofs */
static struct timespec since;
static int64_t slept;
static uint64_t events, losses, yes, no;

static void accept_client(struct source *source, short happened);
static void work(struct timer *timer);
static void write_journal(struct timer *timer);
static void check_folder(struct timer *timer);
static struct source listener = { .fd = -1, .events = POLLIN, .ready = accept_client };
static struct timer worker = { .elapsed = work };
static struct timer writer = { .elapsed = write_journal };
static struct timer checker = { .elapsed = check_folder };

bool is_recording(void)
{
	return folder >= 0;
}

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* How long the machine has been asleep since it was started. */
static int64_t time_slept(void)
{
	int64_t before, boot, after;

	/* Something else may have run in between. */
	do {
		before = nanoseconds(CLOCK_MONOTONIC);
		boot = nanoseconds(CLOCK_BOOTTIME);
		after = nanoseconds(CLOCK_MONOTONIC);
	} while (after - before > SLEEP_MIN / 2);
	return boot - before;
}

static void write_journal(struct timer *timer)
{
	(void)timer;
	journal_flush();
}

/* A project that was removed has no use for a recorder, and without its socket nobody could end it. */
static void check_folder(struct timer *timer)
{
	struct stat st;

	if (fstatat(folder, "socket", &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		loop_end(0);
	timer->due = loop_now() + FOLDER_INTERVAL;
}

static void put_gap(void)
{
	journal_put_gap();
	writer.due = loop_now() + JOURNAL_DELAY;
}

static void begin_work(void)
{
	if (worker.due == 0)
		worker.due = loop_now();
}

static void check_sleep(void)
{
	int64_t now = time_slept();

	if (now - slept < SLEEP_MIN)
		return;
	slept = now;
	put_gap();
	sets_doubt();
	begin_work();
}

/* Everything that has happened until now is known after this. */
static void keep_up(void)
{
	engine_catch_up();
	check_sleep();
}

static void work(struct timer *timer)
{
	timer->due = sets_work();
}

void record_event(const char *line, size_t length)
{
	events++;
	journal_put(line, length);
	if (writer.due == 0)
		writer.due = loop_now() + JOURNAL_DELAY;
}

void record_change(const struct change *change)
{
	if (!is_recording())
		return;
	sets_changed(change, events_tell_at);
	begin_work();
}

void record_lost(void)
{
	if (!is_recording())
		return;
	losses++;
	put_gap();
	sets_doubt();
	begin_work();
}

void record_mounts_changed(void)
{
	if (!is_recording())
		return;
	sets_doubt();
	begin_work();
}

static void remove_client(struct client *client)
{
	loop_remove(&client->source);
	LIST_REMOVE(client, entry);
	outlet_close(&client->outlet);
	free(client);
	client_count--;
}

static void flush_client(struct client *client)
{
	if (outlet_flush(&client->outlet) < 0) {
		remove_client(client);
		return;
	}
	client->source.events = (client->outlet.used > 0 ? POLLOUT : 0) |
				(outlet_room(&client->outlet) >= ANSWER_MAX ? POLLIN : 0);
}

static void serve_client(struct source *source, short happened)
{
	struct client *client = (struct client *)source;

	if ((happened & (POLLIN | POLLHUP | POLLERR)) && requests_read(&client->requester) <= 0) {
		/* Who has asked may have ended its side, and still read. */
		outlet_flush(&client->outlet);
		remove_client(client);
	}
}

void record_before_waiting(void)
{
	struct client *client, *next;

	for (client = LIST_FIRST(&clients); client != NULL; client = next) {
		next = LIST_NEXT(client, entry);
		requests_serve(&client->requester);
		flush_client(client);
	}
}

static bool is_of_user(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

static void accept_client(struct source *source, short happened)
{
	int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *client;

	(void)happened;
	if (fd < 0)
		return;
	client = client_count < CLIENTS_MAX && is_of_user(fd) ? malloc(sizeof(*client)) : NULL;
	if (client == NULL) {
		close(fd);
		return;
	}
	*client = (struct client){ .source = { .fd = fd, .events = POLLIN, .ready = serve_client } };
	if (outlet_open(&client->outlet, fd, CLIENT_OUTLET) < 0 || loop_add(&client->source) < 0) {
		outlet_close(&client->outlet);
		free(client);
		return;
	}
	client->requester.fd = fd;
	client->requester.answers = &client->outlet;
	LIST_INSERT_HEAD(&clients, client, entry);
	client_count++;
	engine_greet(&client->outlet);
	/* Most ask at once. */
	serve_client(&client->source, POLLIN);
}

static void refuse_start(struct refusal *refusal, const char *path)
{
	refuse_with(refusal, "NO_FOLDER", "give a folder that is this user's, and that can be written to",
		    "nothing can be recorded in %.150s: %s", path, strerror(errno));
}

/* The lock ends with the process, however that ends. */
static int lock_folder(const char *path, struct refusal *refusal)
{
	struct stat st;

	folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder >= 0 && fstat(folder, &st) == 0 && (st.st_uid != geteuid() || (st.st_mode & 077) != 0)) {
		close(folder);
		folder = -1;
		errno = EPERM;
	}
	if (folder < 0) {
		refuse_start(refusal, path);
		return -1;
	}
	if (flock(folder, LOCK_EX | LOCK_NB) == 0)
		return 0;
	refuse_with(refusal, "RECORDS_ALREADY", "end that one first, by oodate monitor record stop",
		    "another recorder keeps the journal in %.150s", path);
	return -1;
}

static int write_pid(void)
{
	int fd = openat(folder, "pid", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600), written;

	if (fd < 0)
		return -1;
	written = dprintf(fd, "%d\n", (int)getpid());
	close(fd);
	return written < 0 ? -1 : 0;
}

/* From the folder, as its whole path may be longer than an address can be. */
static int listen_there(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket" };
	mode_t mask = umask(0177);
	int failed;

	unlinkat(folder, "socket", 0);
	listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	failed = listener.fd < 0 || fchdir(folder) < 0 ||
		 bind(listener.fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		 listen(listener.fd, CLIENTS_MAX) < 0 || loop_add(&listener) < 0;
	umask(mask);
	/* No place on the way here is to be kept busy. */
	return chdir("/") < 0 || failed ? -1 : 0;
}

/* What nobody else of this user may look at is not to be found there by us. */
static void give_up_overriding(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	const uint32_t overriding = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH;

	if (syscall(SYS_capget, &header, sets) < 0)
		return;
	sets[0].effective &= ~overriding;
	sets[0].permitted &= ~overriding;
	sets[0].inheritable &= ~overriding;
	watches = syscall(SYS_capset, &header, sets) == 0;
}

int record_open(const char *path, const struct monitor_backend *with, struct refusal *refusal)
{
	backend = with;
	clock_gettime(CLOCK_REALTIME, &since);
	slept = time_slept();
	if (lock_folder(path, refusal) < 0)
		return -1;
	if (write_pid() < 0 || journal_open(folder, backend->name) < 0 || loop_add_timer(&worker) < 0 ||
	    loop_add_timer(&writer) < 0 || loop_add_timer(&checker) < 0 || listen_there() < 0) {
		refuse_start(refusal, path);
		return -1;
	}
	checker.due = loop_now() + FOLDER_INTERVAL;
	if ((backend->tells & TELLS_INPUTS) && backend->watch_inputs != NULL) {
		give_up_overriding();
		sets_begin(backend, keep_up);
	}
	return 0;
}

void record_close(void)
{
	journal_flush();
	sets_end();
	while (!LIST_EMPTY(&clients)) {
		outlet_flush(&LIST_FIRST(&clients)->outlet);
		remove_client(LIST_FIRST(&clients));
	}
	unlinkat(folder, "socket", 0);
	unlinkat(folder, "pid", 0);
	close(listener.fd);
	close(folder);
}

/* Over stdin there is none of these. */
static bool is_ours(struct request *request)
{
	struct refusal refusal;

	if (is_recording())
		return true;
	refuse_with(&refusal, "NOT_RECORDING", "ask a recorder, by its socket", "this monitor keeps no record");
	request_refuse(request, &refusal);
	return false;
}

void record_set(struct request *request)
{
	struct refusal refusal;

	if (!is_ours(request))
		return;
	if (!watches) {
		refuse_with(&refusal, "NOT_WATCHING", "express interest in each path",
			    "the backend %s cannot watch all inputs of a proof", backend->name);
		request_refuse(request, &refusal);
	} else if (request->rest == NULL) {
		refuse_with(&refusal, "BAD_REQUEST", "see docs/formats/monitor.md", "the request does not name a proof");
		request_refuse(request, &refusal);
	} else if (sets_add(request->rest, &refusal) < 0) {
		request_refuse(request, &refusal);
	} else {
		begin_work();
		request_answer(request);
	}
}

static bool read_number(struct request *request, uint64_t *number)
{
	const char *word = request_word(request);
	char *end;

	if (word == NULL || *word < '0' || *word > '9')
		return false;
	errno = 0;
	*number = strtoull(word, &end, 10);
	return errno == 0 && *end == '\0';
}

/* What paths mean depends on where they begin and on what is mounted. */
static bool has_same_root(const uint64_t asker[4])
{
	struct stat mounts;
	struct statx root;

	return stat("/proc/self/ns/mnt", &mounts) == 0 &&
	       statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &root) == 0 && asker[0] == mounts.st_ino &&
	       asker[1] == makedev(root.stx_dev_major, root.stx_dev_minor) && asker[2] == root.stx_ino &&
	       (root.stx_mask & STATX_MNT_ID) && asker[3] == root.stx_mnt_id;
}

static int compare_groups(const void *one, const void *other)
{
	gid_t a = *(const gid_t *)one, b = *(const gid_t *)other;

	return a == b ? 0 : a < b ? -1 : 1;
}

static bool has_same_groups(int fd)
{
	static gid_t own[GROUPS_MAX], others[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, own);
	socklen_t size = sizeof(others);

	if (count < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, others, &size) < 0 ||
	    size != (socklen_t)count * sizeof(*own))
		return false;
	qsort(own, (size_t)count, sizeof(*own), compare_groups);
	qsort(others, (size_t)count, sizeof(*others), compare_groups);
	return memcmp(own, others, size) == 0;
}

/* Under a security module that confines programs. */
static bool has_same_label(int fd)
{
	char own[LABEL_MAX], other[LABEL_MAX];
	socklen_t size = sizeof(other);
	ssize_t length;
	int label;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERSEC, other, &size) < 0)
		return errno == ENOPROTOOPT;
	label = open("/proc/self/attr/current", O_RDONLY | O_CLOEXEC);
	length = label < 0 ? -1 : read(label, own, sizeof(own));
	if (label >= 0)
		close(label);
	/* Each may have an end of its own. */
	while (length > 0 && (own[length - 1] == '\n' || own[length - 1] == '\0'))
		length--;
	while (size > 0 && (other[size - 1] == '\n' || other[size - 1] == '\0'))
		size--;
	return length >= 0 && (socklen_t)length == size && memcmp(own, other, size) == 0;
}

static bool has_same_rights(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid() &&
	       peer.gid == getegid() && has_same_groups(fd) && has_same_label(fd);
}

/* NULL if the proof's looks would all hold, else why that is not known. */
static const char *find_doubt(int fd, const uint64_t asker[4], const struct identity *proof)
{
	if (!watches)
		return "NOT_WATCHING";
	if (!has_same_root(asker))
		return "OTHER_ROOT";
	if (!has_same_rights(fd))
		return "OTHER_RIGHTS";
	keep_up();
	switch (sets_state(proof)) {
	case SET_HOLDS:
		return NULL;
	case SET_DOUBTFUL:
		return "DOUBTFUL";
	case SET_OVER:
		return "OVER";
	case SET_UNKNOWN:
		break;
	}
	return "UNKNOWN";
}

void record_ask(struct request *request)
{
	uint64_t asker[4], proof[4];
	struct refusal refusal;
	const char *doubt;
	char bytes[64];
	struct text answer = { .bytes = bytes, .size = sizeof(bytes) };

	if (!is_ours(request))
		return;
	for (int i = 0; i < 8; i++)
		if (!read_number(request, i < 4 ? &asker[i] : &proof[i - 4])) {
			refuse_with(&refusal, "BAD_REQUEST", "see docs/formats/monitor.md",
				    "the request does not say who asks, and for which proof");
			request_refuse(request, &refusal);
			return;
		}
	doubt = find_doubt(request->from->fd, asker,
			   &(struct identity){ .device = proof[0], .inode = proof[1], .size = proof[2], .ctime = (int64_t)proof[3] });
	if (doubt == NULL) {
		yes++;
		text_put(&answer, "true");
	} else {
		no++;
		text_format(&answer, "false,\"because\":\"%s\"", doubt);
	}
	request_answer_with(request, "holds", &answer);
}

static unsigned count_interests(void)
{
	const struct interest *interest;
	unsigned count = 0;

	TAILQ_FOREACH(interest, &interests, all)
		count++;
	return count;
}

void record_status(struct request *request)
{
	static char bytes[ANSWER_MAX - 256];
	struct text status = { .bytes = bytes, .size = sizeof(bytes) - 8 };
	struct sets_sum sum;

	if (!is_ours(request))
		return;
	keep_up();
	/* Who asks may want to read it next. */
	journal_flush();
	sets_sum_up(&sum);
	text_format(&status, "{\"since\":{\"seconds\":%lld,\"nanoseconds\":%ld}", (long long)since.tv_sec, since.tv_nsec);
	text_format(&status, ",\"paths\":%u,\"sets\":%u,\"doubtful\":%u,\"over\":%u,\"inputs\":%llu",
		    count_interests(), sum.sets, sum.doubtful, sum.over, (unsigned long long)sum.files);
	text_format(&status, ",\"events\":%llu,\"lost\":%llu,\"journal\":%llu", (unsigned long long)events,
		    (unsigned long long)losses, (unsigned long long)journal_size());
	text_format(&status, ",\"yes\":%llu,\"no\":%llu,\"proofs\":[", (unsigned long long)yes, (unsigned long long)no);
	sets_write(&status);
	status.size += 8;
	text_put(&status, "]}");
	request_answer_with(request, "status", &status);
}

void record_stop(struct request *request)
{
	if (!is_ours(request))
		return;
	request_answer(request);
	loop_end(0);
}
