#include "bpf.h"

#include "../bpf/features.h"
#include "../bpf/ring_size.h"
#include "command.h"
#include "descriptors.h"
#include "left.h"
#include "ring.h"
#include "seen.h"
#include "session.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define RING_SIZE_DEFAULT (8u << 20)
#define LOADER "oodate-probe-bpf"
#define LOADER_SOCKET 3
#define DESCRIPTORS_MAX 16
/* Its exit status if the kernel does not execute it, since it would not have its capabilities. */
#define LOADER_MAY_NOT EXIT_CANNOT_EXECUTE
/* How long records may wait; what cannot be had from the kernel is looked up when they are read. */
#define PATIENCE_MILLISECONDS 10
#define READER_PRIORITY (-15)

/* What the loader has handed over. */
struct program {
	int loader; /* its socket */
	pid_t loader_pid;
	unsigned count;
	int descriptors[DESCRIPTORS_MAX]; /* the ring buffer, the count of lost records, and what keeps it attached */
};

static struct program program = { .loader = -1 };
static const struct refusal no_capability = REFUSAL_NO_CAPABILITY, not_granted = REFUSAL_NOT_GRANTED;
static unsigned ring_size = RING_SIZE_DEFAULT, terminals;

int bpf_set_ring_size(const char *text)
{
	unsigned size = ring_size_read(text);

	if (size == 0)
		return -1;
	ring_size = size;
	return 0;
}

void bpf_set_terminals(unsigned streams)
{
	terminals = streams;
}

static void refuse(struct refusal *refusal, const char *code, const char *remedy, const char *sentence)
{
	refusal->code = code;
	refusal->remedy = remedy;
	snprintf(refusal->sentence, sizeof(refusal->sentence), "%s", sentence);
}

/* The loader lies beside the probe. Returns -1 if its path is too long. */
static int find_loader(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - sizeof(LOADER) - 1);
	char *name;

	if (length < 0)
		return -1;
	path[length] = '\0';
	name = strrchr(path, '/');
	if (name == NULL)
		return -1;
	strcpy(name + 1, LOADER);
	return 0;
}

static int check_loader(const char *path, struct refusal *refusal)
{
	if (access(path, X_OK) < 0) {
		if (errno == EACCES)
			refuse(refusal, "NOT_PERMITTED", "join the group that may",
			       "this user may not execute " LOADER);
		else
			refuse(refusal, "NOT_BUILT", "install clang and libbpf-dev, and build the probe again",
			       "the probe was built without bpf, as there was no clang or no libbpf");
		return -1;
	}
	/* Only to be quick for those who never can; the loader itself knows better. */
	if (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) < 0) {
		*refusal = no_capability;
		return -1;
	}
	return 0;
}

static _Noreturn void become_loader(const char *path, int socket)
{
	char size[16], streams[3], *words[] = { LOADER, size, streams, NULL }, *environment[] = { NULL };
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t all;

	/* What the terminal sends is for the command. This one ends with the socket. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	snprintf(size, sizeof(size), "%u", ring_size);
	snprintf(streams, sizeof(streams), "%s%s", terminals & TERMINAL_STREAM(STDOUT_FILENO) ? "1" : "",
		 terminals & TERMINAL_STREAM(STDERR_FILENO) ? "2" : "");
	/* It shall hold nothing open that the command is given, which would then have another user. */
	for (int fd = 0; fd < 3; fd++)
		dup2(nowhere, fd);
	keep_descriptors(&socket, 1);
	if (socket == LOADER_SOCKET ? fcntl(socket, F_SETFD, 0) == 0 : dup2(socket, LOADER_SOCKET) >= 0)
		execve(path, words, environment);
	_exit(errno == EPERM ? LOADER_MAY_NOT : EXIT_PROBE_FAILED);
}

/* `+` and descriptors, or the reason. */
static int hear_loader(struct program *p, struct refusal *refusal)
{
	static char text[1024];
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
	} control;
	struct iovec part = { text, sizeof(text) - 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t length;
	size_t code;

	do
		length = recvmsg(p->loader, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length < 1) {
		refuse(refusal, "LOADER_FAILED", "run oodate doctor", LOADER " ended without an answer");
		return -1;
	}
	text[length] = '\0';
	if (text[0] != '+') {
		code = strlen(text) + 1;
		refusal->code = text + 1;
		snprintf(refusal->sentence, sizeof(refusal->sentence), "%s", code < (size_t)length ? text + code : "");
		code += strlen(refusal->sentence) + 1;
		refusal->remedy = code < (size_t)length ? text + code : "";
		return -1;
	}
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)) && control.head.cmsg_type == SCM_RIGHTS) {
		p->count = (unsigned)((control.head.cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(p->descriptors, CMSG_DATA(&control.head), p->count * sizeof(int));
	}
	return 0;
}

static void release(struct program *p)
{
	if (p->loader >= 0)
		close(p->loader);
	p->loader = -1;
	while (p->count > 0)
		close(p->descriptors[--p->count]);
}

/* Returns how it has ended. */
static int wait_for_loader(void)
{
	int status = 0;

	while (waitpid(program.loader_pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int bpf_check(struct refusal *refusal)
{
	char path[4096];
	int sockets[2], status;

	if (find_loader(path, sizeof(path)) < 0) {
		refuse(refusal, "NO_PROCESS", "", "the probe's own folder is not known");
		return -1;
	}
	if (check_loader(path, refusal) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0 || (program.loader_pid = fork()) < 0) {
		refuse(refusal, "NO_PROCESS", "free memory or processes", strerror(errno));
		return -1;
	}
	if (program.loader_pid == 0)
		become_loader(path, sockets[1]);
	close(sockets[1]);
	program.loader = sockets[0];
	if (hear_loader(&program, refusal) == 0) {
		if (program.count > 2)
			return 0;
		refuse(refusal, "LOADER_FAILED", "allow more open files", LOADER " could not hand its descriptors over");
	}
	release(&program);
	status = wait_for_loader();
	if (WIFEXITED(status) && WEXITSTATUS(status) == LOADER_MAY_NOT)
		*refusal = not_granted;
	return -1;
}

static void bpf_release(void)
{
	release(&program);
}

static void bpf_collect(void)
{
	wait_for_loader();
}

/* Reading what the kernel program tells */

#define PROCESS_BUCKETS 1024

struct reader {
	struct ring ring;
	const volatile struct losses *losses;
	struct terminal terminal;
	struct path_resolver resolver;
	struct linkers linkers;
	struct session *sessions; /* one */
	struct seen_process *by_pid[PROCESS_BUCKETS];
	unsigned running;
	pid_t root;
	bool root_ended;
};

static struct seen_process **place_of(struct reader *reader, pid_t pid)
{
	struct seen_process **link = &reader->by_pid[(size_t)pid % PROCESS_BUCKETS];

	while (*link != NULL && (*link)->pid != pid)
		link = &(*link)->next;
	return link;
}

/* NULL if memory has gone. */
static struct seen_process *find_process(struct reader *reader, pid_t pid)
{
	struct seen_process **link = place_of(reader, pid);

	if (*link == NULL && (*link = calloc(1, sizeof(**link))) != NULL) {
		(*link)->pid = pid;
		reader->running++;
	}
	return *link;
}

static void forget_process(struct reader *reader, pid_t pid)
{
	struct seen_process **link = place_of(reader, pid), *process = *link;

	if (process == NULL)
		return;
	*link = process->next;
	seen_forget(process);
	free(process);
	reader->running--;
}

static void take_fork(struct reader *reader, const struct returned *r)
{
	struct seen_process *child = find_process(reader, r->seen->number);

	record_fork(&r->session->recorder, r->seen->pid, r->seen->number, seen_at(r));
	if (child == NULL)
		return;
	child->directory = r->seen->directory;
	seen_inherit(child, r->process);
	/* With one directory for both, one would not hear of the other's change. */
	if (r->seen->directory == r->seen->parents_directory)
		seen_forget_cwd(r->process);
	else if (r->process->directory == r->seen->parents_directory && r->process->cwd != NULL)
		seen_set_cwd(child, r->process->cwd);
}

static void forget_all_cwds(struct reader *reader)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++)
		for (struct seen_process *process = reader->by_pid[i]; process != NULL; process = process->next)
			seen_forget_cwd(process);
}

static void take_exit(struct reader *reader, const struct returned *r)
{
	const struct seen *seen = r->seen;
	int status = WIFEXITED(seen->result) ? WEXITSTATUS(seen->result) : 0;
	int signal = WIFSIGNALED(seen->result) ? WTERMSIG(seen->result) : 0;

	record_exit(&r->session->recorder, seen->pid, status, signal, seen_at(r));
	forget_process(reader, seen->pid);
	reader->root_ended = reader->root_ended || seen->pid == reader->root;
}

static void take_texts(struct returned *r, const struct seen *seen, size_t length)
{
	const char *text = (const char *)(seen + 1), *end = (const char *)seen + length;

	for (unsigned i = 0; i < TEXTS; i++)
		r->texts[i] = NULL;
	/* Strings and places come in the order in which they were found out, the place of a path behind it. */
	for (unsigned i = 0; i < TEXTS; i++) {
		size_t size = seen->lengths[i];

		if (size == 0 || size > (size_t)(end - text))
			continue;
		r->texts[i] = text;
		text += size;
	}
}

static void take(void *context, const void *record, size_t length)
{
	struct reader *reader = context;
	const struct seen *seen = record;
	struct returned r = { .seen = seen, .session = reader->sessions, .linkers = &reader->linkers,
			      .finder = { &reader->resolver, seen->pid } };

	if (length < sizeof(*seen))
		return;
	if (seen->kind == SEEN_WRITTEN) {
		terminal_keep(&reader->terminal, seen->number, seen + 1, length - sizeof(*seen));
		return;
	}
	/* Two threads that end at once both see themselves as the last. */
	if (seen->kind == SEEN_EXIT && *place_of(reader, seen->pid) == NULL)
		return;
	r.process = find_process(reader, seen->pid);
	if (r.process == NULL) {
		record_incomplete(&r.session->recorder, seen->pid, "there was too little memory to see all");
		return;
	}
	/* Of the first process only; others have it from their parent. */
	if (r.process->directory == 0)
		r.process->directory = seen->kind == SEEN_FORK ? seen->parents_directory : seen->directory;
	take_texts(&r, seen, length);
	switch ((enum seen_kind)seen->kind) {
	case SEEN_CALL:
		r.call = call_by_number(seen->number);
		if (r.call != NULL && r.call->seen != NULL)
			r.call->seen(&r);
		if (r.moves_directories)
			forget_all_cwds(reader);
		break;
	case SEEN_FORK:
		take_fork(reader, &r);
		break;
	case SEEN_EXEC:
		seen_new_image(&r);
		break;
	case SEEN_EXIT:
		take_exit(reader, &r);
		break;
	case SEEN_RING:
		seen_ring(&r);
		break;
	case SEEN_FOREIGN:
		seen_foreign(&r);
		break;
	case SEEN_WRITTEN:
		break;
	}
}

static bool leaves_running(const struct reader *reader)
{
	for (size_t i = 0; i < PROCESS_BUCKETS && reader->running > 0; i++)
		for (const struct seen_process *p = reader->by_pid[i]; p != NULL; p = p->next)
			if (left_may_read_more(p->pid))
				return true;
	return false;
}

static void read_until_end(struct reader *reader, int pidfd)
{
	struct pollfd polled[] = { { .fd = program.descriptors[0], .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	int left;

	while (!reader->root_ended) {
		poll(polled, 2, PATIENCE_MILLISECONDS);
		reader->root_ended = polled[1].revents != 0;
		ring_take_all(&reader->ring, take, reader);
	}
	/* What ends because the command has ended needs a moment for it. */
	while (leaves_running(reader) && (left = left_patience()) > 0) {
		poll(polled, 1, left);
		ring_take_all(&reader->ring, take, reader);
	}
}

static void record_losses(struct reader *reader)
{
	char reason[96];

	if (reader->losses->written > 0)
		terminal_give_up(&reader->terminal);
	if (reader->losses->records == 0)
		return;
	snprintf(reason, sizeof(reason), "%llu records found no room in the ring buffer",
		 (unsigned long long)reader->losses->records);
	record_incomplete(&reader->sessions->recorder, reader->root, reason);
}

/* The supervisor */

static void become_command(const struct command *command, int socket)
{
	struct report report = { .kind = REPORT_STARTED };
	char go;

	command_take_places(command);
	/* Which files are given to the command is looked at now: where its output is copied, they are not. */
	command_mark_in_place(command, FD_CLOEXEC);
	if (report_send(socket, &report, -1) < 0 || recv(socket, &go, 1, 0) != 1)
		_exit(EXIT_PROBE_FAILED);
	command_mark_in_place(command, 0);
	command_execute(command, bpf_backend.name, &report);
	report_send(socket, &report, -1);
	_exit(report.status);
}

/* Has the child, which waits, watched from its next call on. */
static int watch(pid_t child, struct refusal *refusal)
{
	refuse(refusal, "LOADER_FAILED", "run oodate doctor", LOADER " could not be reached");
	if (send(program.loader, &child, sizeof(child), MSG_NOSIGNAL) != sizeof(child))
		return -1;
	if (hear_loader(&program, refusal) < 0) {
		/* The launcher is told, and has not heard the loader: of the texts only the sentence goes with a report. */
		refusal->code = "LOADER_FAILED";
		refusal->remedy = "run oodate doctor";
		return -1;
	}
	close(program.loader);
	program.loader = -1;
	return 0;
}

/* The command begins where the probe is. */
static int note_root(struct reader *reader)
{
	struct seen_process *root = find_process(reader, reader->root);
	char cwd[PATH_TEXT_MAX];

	if (root == NULL)
		return -1;
	if (getcwd(cwd, sizeof(cwd)) != NULL && cwd[0] == '/')
		seen_set_cwd(root, cwd[1] == '\0' ? "" : cwd);
	return 0;
}

static int open_reader(struct reader *reader, const struct command *command, pid_t child, int end)
{
	const struct attachment given = { .log = command->log, .end = end, .copy = -1 };
	struct session *s = session_begin(&reader->sessions, NULL, child, -1, &given);
	void *losses = mmap(NULL, sizeof(struct losses), PROT_READ, MAP_SHARED, program.descriptors[1], 0);

	if (s == NULL || losses == MAP_FAILED || ring_open(&reader->ring, program.descriptors[0], ring_size) < 0)
		return -1;
	reader->losses = losses;
	reader->terminal = command->terminal;
	reader->root = child;
	reader->resolver.recorder = &s->recorder;
	return note_root(reader);
}

static int begin(struct reader *reader, const struct command *command, pid_t child, int socket, int end,
		 struct report *report)
{
	int unused;

	refuse(&report->refusal, "NO_PROCESS", "free memory or descriptors", "the command could not be started");
	return report_receive(socket, report, &unused) != 1 || open_reader(reader, command, child, end) < 0 ||
			       watch(child, &report->refusal) < 0 ?
		       -1 :
		       0;
}

static void end_log(struct reader *reader)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++)
		for (const struct seen_process *p = reader->by_pid[i]; p != NULL; p = p->next)
			left_record(reader->sessions, p->pid);
	record_losses(reader);
	session_end(&reader->sessions, reader->sessions);
}

static void bpf_supervise(const struct command *command, int launcher)
{
	static struct reader reader;
	struct report report = { .status = EXIT_PROBE_FAILED };
	int sockets[2], ends[2], pidfd, unused;
	pid_t child;

	child = command_fork(command, launcher, sockets, ends);
	if (child < 0)
		return;
	if (child == 0)
		become_command(command, sockets[1]);
	close(sockets[1]);
	pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	if (begin(&reader, command, child, sockets[0], ends[1], &report) < 0) {
		report.status = EXIT_PROBE_FAILED;
		command_fail(command, launcher, &report);
		return;
	}
	close(ends[1]);
	command_close_output(command);
	/* So that it is emptied before it is full, however busy the machine. Where that is refused, its size has to do. */
	setpriority(PRIO_PROCESS, 0, READER_PRIORITY);
	report = (struct report){ .kind = REPORT_STARTED, .pid = child };
	report_send(launcher, &report, -1);
	signals_tell_stops(child, launcher);
	/* Only now, so that the launcher knows the command should it end this process. */
	send(sockets[0], "+", 1, MSG_NOSIGNAL);
	read_until_end(&reader, pidfd);
	end_log(&reader);
	command_receive_ending(command, ends[0], child, &report);
	fcntl(sockets[0], F_SETFL, O_NONBLOCK);
	if (report_receive(sockets[0], &report, &unused) == 1)
		command_write_failure(command, &report.refusal);
	signals_tell_stops(0, -1);
	report_send(launcher, &report, -1);
}

/* The command goes on by itself. */
static void bpf_let_go_on(int fd, const void *shared)
{
	(void)fd;
	(void)shared;
}

static void bpf_let_one_go_on(int fd)
{
	(void)fd;
}

const struct backend bpf_backend = {
	.name = "bpf",
	.description = "a program in the kernel, which knows results; needs root, or CAP_BPF and CAP_PERFMON",
	.limits = bpf_limits,
	.check = bpf_check,
	.release = bpf_release,
	.collect = bpf_collect,
	.supervise = bpf_supervise,
	.let_go_on = bpf_let_go_on,
	.let_one_go_on = bpf_let_one_go_on,
};
