/*
 * oodate-probe-bpf: the monitor, if its first word is --monitor, see engine.h. Otherwise
 * it loads the kernel program for a probe and hands it over. It
 * is a program of its own so that it alone needs privileges (see setcap(8)), and
 * nothing that it is given but a socket, as descriptor 3, the size of the
 * ring buffer, and which of its parent's streams are terminals whose output is to be copied, as of
 * terminal_streams(). It answers with a letter: `+` and the descriptors of the ring
 * buffer, of the count of what was lost, and of what keeps the program attached;
 * or `-` and the code, sentence and remedy, a NUL behind each. Then it waits for
 * the number of the process to be watched, a grandchild of its own parent, and
 * answers once more.
 *
 * Where it was given capabilities, anyone may start it with anything: so it looks
 * at what it is given before it does any work.
 */
#include "features.h"
#include "load.h"
#include "ring_size.h"
#include "shapes.h"
#include "wire.h"
#include "../monitor/engine.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#define SOCKET 3
#define LINKS_MAX 8
#define RING_TRACEPOINT "io_uring_submit_req"

extern const char watch_program[], watch_program_end[];

struct loaded {
	struct settings settings;
	unsigned ring_size;
	struct bpf_object *object;
	unsigned count;
	int descriptors[2 + LINKS_MAX];
};

static int answer(const char *text, size_t length, const int *descriptors, unsigned count)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * (2 + LINKS_MAX))];
	} control = { .bytes = { 0 } };
	struct iovec part = { (char *)(size_t)text, length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(&control.head), descriptors, sizeof(int) * count);
	}
	return sendmsg(SOCKET, &message, MSG_NOSIGNAL) < 0 ? 1 : 0;
}

static int answer_no(const struct refusal *refusal)
{
	char text[1024];
	int length = snprintf(text, sizeof(text), "-%.64s%c%.255s%c%.255s", refusal->code, 0, refusal->sentence, 0,
			      refusal->remedy);

	answer(text, (size_t)length + 1, NULL, 0);
	return 1;
}

/* Kernels before 6.3 do not tell of each request of a ring; there the ring itself is what is told of. */
static int prepare(struct bpf_object *object, bool rings, void *context)
{
	struct settings *settings = &((struct loaded *)context)->settings;
	bool terminals = settings->terminals[STDOUT_FILENO] != 0 || settings->terminals[STDERR_FILENO] != 0;
	unsigned ring_size = ((struct loaded *)context)->ring_size;

	settings->wake_at = ring_size / 8;
	settings->copied_max = ring_size / 2;
	shapes_fill(settings->shapes, rings);
	if (terminals)
		shapes_add_buffers(settings->shapes);
	bpf_program__set_autoload(bpf_object__find_program_by_name(object, "ring_submits"), rings);
	bpf_program__set_autoload(bpf_object__find_program_by_name(object, "write_returns"), terminals);
	return bpf_map__set_initial_value(bpf_object__find_map_by_name(object, SETTINGS_SECTION), settings,
					  sizeof(*settings)) < 0 ||
			       bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "ring"), ring_size) < 0 ?
		       -1 :
		       0;
}

static int load(struct loaded *l)
{
	const struct loading loading = { watch_program, watch_program_end, RING_TRACEPOINT, prepare, l };

	l->object = load_program(&loading);
	return l->object == NULL ? -1 : 0;
}

static int attach(struct loaded *l)
{
	struct bpf_program *program;

	l->descriptors[l->count++] = bpf_object__find_map_fd_by_name(l->object, "ring");
	l->descriptors[l->count++] = bpf_object__find_map_fd_by_name(l->object, LOST_SECTION);
	bpf_object__for_each_program(program, l->object) {
		struct bpf_link *link;

		if (!bpf_program__autoload(program))
			continue;
		link = bpf_program__attach_trace(program);
		if (link == NULL || l->count == sizeof(l->descriptors) / sizeof(l->descriptors[0]))
			return -1;
		l->descriptors[l->count++] = bpf_link__fd(link);
	}
	return 0;
}

struct owner {
	pid_t parent;
	uid_t users[4]; /* real, effective, saved, of files */
};

static int read_owner(pid_t pid, struct owner *owner)
{
	char name[48], line[256];
	uid_t *users = owner->users;
	int found = 0;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
	file = fopen(name, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		found += sscanf(line, "PPid: %d", &owner->parent) == 1 ||
			 sscanf(line, "Uid: %u %u %u %u", &users[0], &users[1], &users[2], &users[3]) == 4;
	if (file != NULL)
		fclose(file);
	return found == 2 ? 0 : -1;
}

/*
 * Nobody shall have another's processes watched: it has to be below the probe,
 * which has started this one, and to have the same users.
 */
static bool is_own(pid_t pid)
{
	struct owner own, process, supervisor;

	return read_owner(getpid(), &own) == 0 && read_owner(pid, &process) == 0 &&
	       read_owner(process.parent, &supervisor) == 0 && supervisor.parent == own.parent &&
	       memcmp(process.users, own.users, sizeof(own.users)) == 0;
}

static int watch(const struct loaded *l, pid_t pid, struct refusal *refusal)
{
	static const char zeros[64];
	int map = bpf_object__find_map_fd_by_name(l->object, "watched");
	/* First, so that what is looked at afterwards is this process, or one that has taken its number and is not watched. */
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0 || !is_own(pid)) {
		refusal->code = "NOT_OWN";
		snprintf(refusal->sentence, sizeof(refusal->sentence), "process %d is not one that the probe has started",
			 (int)pid);
		return -1;
	}
	if (bpf_map_update_elem(map, &pidfd, zeros, BPF_NOEXIST) < 0) {
		features_explain(errno, refusal);
		return -1;
	}
	return 0;
}

/* The parent's own, so that nobody has other devices watched than what they could open. */
static int find_terminals(struct loaded *l, const char *streams)
{
	char name[48];
	struct stat st;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		if (strchr(streams, '0' + fd) == NULL)
			continue;
		snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)getppid(), fd);
		if (stat(name, &st) < 0 || !S_ISCHR(st.st_mode))
			return -1;
		l->settings.terminals[fd] = major(st.st_rdev) << 20 | minor(st.st_rdev);
	}
	return 0;
}

static bool is_socket(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
	static struct loaded l;
	struct refusal refusal = { .remedy = "" };
	unsigned ring_size = argc == 3 ? ring_size_read(argv[1]) : 0;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "--monitor") == 0)
		return engine_main(argc - 2, argv + 2);
	if (ring_size == 0 || !is_socket(SOCKET)) {
		fputs("oodate-probe-bpf: this is started by oodate-probe, and of no use alone\n", stderr);
		return 2;
	}
	if (features_check(&refusal) < 0)
		return answer_no(&refusal);
	if (find_terminals(&l, argv[2]) < 0) {
		refusal = (struct refusal){ "LOADER_FAILED", "the terminal of oodate-probe could not be looked at", "" };
		return answer_no(&refusal);
	}
	l.ring_size = ring_size;
	if (load(&l) < 0 || attach(&l) < 0) {
		features_explain(errno, &refusal);
		return answer_no(&refusal);
	}
	if (answer("+", 1, l.descriptors, l.count) != 0 ||
	    recv(SOCKET, &pid, sizeof(pid), MSG_TRUNC) != (ssize_t)sizeof(pid))
		return 1;
	if (watch(&l, pid, &refusal) < 0)
		return answer_no(&refusal);
	return answer("+", 1, NULL, 0);
}
