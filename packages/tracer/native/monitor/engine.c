#include "engine.h"

#include "deletions.h"
#include "events.h"
#include "loop.h"
#include "mounts.h"
#include "programs.h"
#include "record.h"
#include "requests.h"
#include "stacks.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define OUTLET_SIZE (1u << 20)
/* How long the end waits for a reader that does not read. */
#define FAREWELL_NANOSECONDS 200000000
#define REST_NANOSECONDS 20000000

const struct monitor_backend *engine_backend;

struct choice {
	const char *backend; /* NULL: the best that works */
	const char *record; /* a folder; NULL: nothing is recorded */
	bool stacks, fall_back, check;
};

static const char usage[] =
	"usage: oodate-probe --monitor [--backend NAME] [--stacks] [--record FOLDER]\n"
	"       oodate-probe --monitor --check\n"
	"\n"
	"  --backend NAME   see in this way: bpf or fanotify; default: the best that works here\n"
	"  --fall-back      ... or in the next best, if it does not work\n"
	"  --stacks         tell where in kernel and program a change was made\n"
	"  --record FOLDER  keep a journal there, and take requests by a socket there\n"
	"  --check          tell which backends work here, as oodate-probe --check does\n"
	"\n"
	"Requests come on stdin, answers and events go to stdout, see docs/formats/monitor.md. It ends with stdin.\n";

static struct outlet out;
static struct requester standard_input = { .fd = STDIN_FILENO, .answers = &out };

const struct actor *engine_mounter(void)
{
	return engine_backend->last_mounter == NULL ? NULL : engine_backend->last_mounter();
}

static void take_change(void *context, const struct change *change)
{
	(void)context;
	record_change(change);
	events_tell(change);
}

static void read_backend(void)
{
	uint64_t lost = engine_backend->read(take_change, NULL);

	if (lost > 0)
		events_lost(lost);
}

static void backend_is_ready(struct source *source, short happened);
static void end_rest(struct timer *timer);
static struct source backend_source = { .events = POLLIN, .ready = backend_is_ready };
static struct timer rest = { .elapsed = end_rest };

/* Each change would wake a recorder, and take its time from the build that makes it. Who asks it has it read at once. */
static void backend_is_ready(struct source *source, short happened)
{
	(void)happened;
	read_backend();
	if (!is_recording())
		return;
	source->events = 0;
	rest.due = loop_now() + REST_NANOSECONDS;
}

static void end_rest(struct timer *timer)
{
	(void)timer;
	backend_source.events = POLLIN;
}

static void deletions_are_ready(struct source *source, short happened)
{
	(void)source;
	(void)happened;
	deletions_read(read_backend);
}

static void compare_mounts(void)
{
	record_mounts_changed();
	mounts_compare();
}

static void mounts_are_ready(struct source *source, short happened)
{
	(void)source;
	(void)happened;
	read_backend();
	compare_mounts();
}

void engine_catch_up(void)
{
	read_backend();
	deletions_read(read_backend);
	if (mounts_changed())
		compare_mounts();
}

static void requests_are_ready(struct source *source, short happened)
{
	/* There is no room for answers: it is only told that nobody will ask any more. */
	if (source->events == 0 && !(happened & POLLIN)) {
		loop_end(0);
		return;
	}
	if (requests_read(&standard_input) <= 0)
		loop_end(0);
}

static void signal_is_ready(struct source *source, short happened)
{
	(void)source;
	(void)happened;
	loop_end(0);
}

static void outlet_is_ready(struct source *source, short happened)
{
	(void)source;
	/* What can be written is written before each wait. */
	if (happened & (POLLERR | POLLHUP))
		loop_end(0);
}

static struct source deletions_source = { .events = POLLIN, .ready = deletions_are_ready };
static struct source mounts_source = { .events = POLLPRI, .ready = mounts_are_ready };
static struct source requests_source = { .fd = STDIN_FILENO, .ready = requests_are_ready };
static struct source signals_source = { .events = POLLIN, .ready = signal_is_ready };
static struct source outlet_source = { .ready = outlet_is_ready };

static void before_waiting(void)
{
	events_catch_up();
	if (outlet_flush(&out) < 0)
		loop_end(0);
	events_catch_up();
	requests_serve(&standard_input);
	requests_source.events = outlet_room(&out) >= ANSWER_MAX ? POLLIN : 0;
	outlet_source.events = out.used > 0 ? POLLOUT : 0;
}

static int open_signals(void)
{
	sigset_t ends;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	return signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Returns -1 with errno. */
static int open_sources(void)
{
	backend_source.fd = engine_backend->descriptor;
	deletions_source.fd = deletions_open();
	mounts_source.fd = mounts_open();
	signals_source.fd = open_signals();
	outlet_source.fd = out.fd;
	if (deletions_source.fd < 0 || mounts_source.fd < 0 || signals_source.fd < 0)
		return -1;
	return loop_add(&backend_source) < 0 || loop_add(&deletions_source) < 0 || loop_add(&mounts_source) < 0 ||
	       loop_add(&signals_source) < 0 ? -1 : 0;
}

void engine_greet(struct outlet *outlet)
{
	static const char *const tellings[] = { "process", "reasons",	   "map",    "exec",   "exit",
						"stacks",  "file-systems", "inputs", "mounter" };
	char bytes[512];
	struct text line = { .bytes = bytes, .size = sizeof(bytes) };
	const char *separator = "";

	text_format(&line, "{\"monitor\":1,\"backend\":\"%s\",\"pid\":%d,\"tells\":[", engine_backend->name, (int)getpid());
	for (unsigned i = 0; i < sizeof(tellings) / sizeof(tellings[0]); i++)
		if (engine_backend->tells & (1u << i)) {
			text_format(&line, "%s\"%s\"", separator, tellings[i]);
			separator = ",";
		}
	text_put(&line, "]}");
	outlet_put(outlet, line.bytes, line.length);
}

static int refuse(const struct refusal *refusal)
{
	char bytes[2048];
	struct text line = { .bytes = bytes, .size = sizeof(bytes) };

	text_put(&line, "{\"refusal\":");
	refusal_write(&line, refusal);
	text_put(&line, "}\n");
	return write(STDOUT_FILENO, line.bytes, line.length) < 0 || line.full ? 2 : 1;
}

/* What is still there is for a reader that reads. */
static void say_farewell(void)
{
	int64_t until = loop_now() + FAREWELL_NANOSECONDS;
	struct pollfd room = { .fd = out.fd, .events = POLLOUT };

	while (outlet_flush(&out) == 0 && out.used > 0 && loop_now() < until)
		if (poll(&room, 1, 10) > 0 && room.revents & POLLERR)
			return;
}

/* Takes requests from stdin, and tells on stdout. */
static int serve(void)
{
	int status;

	if (loop_add(&outlet_source) < 0 || loop_add(&requests_source) < 0)
		return 1;
	events_open(&out, getppid());
	engine_greet(&out);
	status = loop_run(before_waiting);
	say_farewell();
	return status;
}

/* Whoever has started it is told that it has begun, and may go. */
static void let_go(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	engine_greet(&out);
	say_farewell();
	outlet_close(&out);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && nothing >= 0; fd++)
		dup2(nothing, fd);
}

static int keep_record(const char *folder)
{
	struct refusal refusal;
	int status;

	if (record_open(folder, engine_backend, &refusal) < 0)
		return refuse(&refusal);
	let_go();
	loop_add_timer(&rest);
	status = loop_run(record_before_waiting);
	record_close();
	return status;
}

static int monitor(const char *record)
{
	struct refusal refusal;

	raise_descriptors();
	if (outlet_open(&out, STDOUT_FILENO, OUTLET_SIZE) < 0 || open_sources() < 0) {
		refuse_with(&refusal, "FAILED", "close other programs that watch files, or raise fs.inotify.max_user_instances",
			    "the monitor cannot begin: %s", strerror(errno));
		return refuse(&refusal);
	}
	return record == NULL ? serve() : keep_record(record);
}

static int check_all(void)
{
	int result = programs_check_better(monitor_backends[0]->name);

	for (struct monitor_backend *const *backend = monitor_backends; *backend != NULL; backend++) {
		struct refusal refusal = { .code = "", .sentence = "", .remedy = "" };
		int failed = (*backend)->check(&refusal);

		printf("%s\t%s\t%s\t%s\t%s\n", (*backend)->name, failed ? "no" : "yes", refusal.code,
		       failed ? refusal.sentence : (*backend)->description, refusal.remedy);
		if (!failed)
			result = 0;
	}
	return result;
}

static int read_choice(int argc, char **argv, struct choice *choice)
{
	enum { BACKEND = 256, RECORD, STACKS, FALL_BACK, CHECK };
	static const struct option options[] = {
		{ "backend", required_argument, NULL, BACKEND }, { "record", required_argument, NULL, RECORD },
		{ "stacks", no_argument, NULL, STACKS },	 { "fall-back", no_argument, NULL, FALL_BACK },
		{ "check", no_argument, NULL, CHECK },		 { NULL, 0, NULL, 0 },
	};
	int option;

	/* argv[0] is the first of the words. */
	optind = 0;
	while ((option = getopt_long(argc + 1, argv - 1, "+", options, NULL)) != -1)
		switch (option) {
		case BACKEND:
			choice->backend = optarg;
			break;
		case RECORD:
			choice->record = optarg;
			break;
		case STACKS:
			choice->stacks = true;
			break;
		case FALL_BACK:
			choice->fall_back = true;
			break;
		case CHECK:
			choice->check = true;
			break;
		default:
			return -1;
		}
	return optind == argc + 1 ? 0 : -1;
}

/* Returns only if it cannot. */
static void hand_on(const struct choice *choice, const char *backend)
{
	char *words[8];
	size_t count = 0;

	words[count++] = (char *)(size_t)"--backend";
	words[count++] = (char *)(size_t)backend;
	if (choice->fall_back)
		words[count++] = (char *)(size_t)"--fall-back";
	if (choice->stacks)
		words[count++] = (char *)(size_t)"--stacks";
	if (choice->record != NULL) {
		words[count++] = (char *)(size_t)"--record";
		words[count++] = (char *)(size_t)choice->record;
	}
	words[count] = NULL;
	programs_become(backend, words);
}

static struct monitor_backend *find_own(const char *name)
{
	for (struct monitor_backend *const *backend = monitor_backends; *backend != NULL; backend++)
		if (strcmp((*backend)->name, name) == 0)
			return *backend;
	return NULL;
}

/* Has it opened, here or in the program that has it. Returns NULL with the reason. */
static const struct monitor_backend *choose(const struct choice *choice, struct refusal *refusal)
{
	const struct monitor_options options = { .stacks = choice->stacks, .records = choice->record != NULL };

	for (const char *name = choice->backend; name != NULL; name = choice->fall_back ? programs_next(name) : NULL) {
		struct monitor_backend *own = find_own(name);

		if (own == NULL) {
			hand_on(choice, name);
			refuse_with(refusal, "NO_SUCH_BACKEND", "see oodate-probe --monitor --check",
				    "the program for the backend '%.100s' is not there", name);
			continue;
		}
		/* With the privileges that the backend gives up. */
		if (choice->stacks)
			stacks_open();
		if (own->open(&options, refusal) == 0)
			return own;
	}
	return NULL;
}

int engine_main(int argc, char **argv)
{
	struct choice choice = { .backend = NULL };
	struct refusal refusal;

	if (read_choice(argc, argv, &choice) < 0) {
		fputs(usage, stderr);
		return EXIT_PROBE_FAILED;
	}
	if (choice.check)
		return check_all();
	if (choice.backend == NULL) {
		choice.backend = programs_best();
		choice.fall_back = true;
	}
	engine_backend = choose(&choice, &refusal);
	if (engine_backend == NULL)
		return refuse(&refusal);
	return monitor(choice.record);
}
