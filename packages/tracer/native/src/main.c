/*
 * oodate-probe: runs a command and writes down which files it and all that it
 * starts look for, read, write and remove, as a filemon log.
 */
#include "../bpf/ring_size.h"
#include "../monitor/engine.h"
#include "bpf.h"
#include "descriptors.h"
#include "front.h"
#include "launch.h"
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: oodate-probe -o LOG [--output FILE] [--backend NAME] [--quiet] -- command [argument ...]\n"
	"       oodate-probe --check\n"
	"       oodate-probe --monitor [option ...]\n"
	"       oodate-probe --front -- program [argument ...]\n"
	"       oodate-probe --dropped PID\n"
	"\n"
	"  -o LOG           where the filemon log goes\n"
	"  --output FILE    keep there a copy of what the command writes to stdout and stderr\n"
	"  --backend NAME   see in this way; default: the best that works here\n"
	"  --ring-size BYTES  of the buffer in which the bpf backend's records wait, a power of two;\n"
	"                   default: what OODATE_RING_SIZE says, or 8388608\n"
	"  --bmake          the command is a bmake: each of its meta files gets the filemon section of\n"
	"                   its target, and the log tells of those alone\n"
	"  --quiet          say why the command could not be run in the log only\n"
	"  --caller PID     this program has asked the parent for it (see --front): signals to\n"
	"                   others than the whole process group come from the parent alone\n"
	"  --monitor        see oodate-probe --monitor --help\n"
	"  --check          tell which backends work here: name, yes or no, code, sentence, remedy,\n"
	"                   a line each with tabs between, followed by lines that have \"limit\" for\n"
	"                   what one does less well here; exit status 1 if none works\n"
	"\n"
	"The exit status is the command's, 127 if it was not found, 126 if it cannot be executed,\n"
	"125 if the probe fails. If a signal ended the command, the same ends the probe, which a\n"
	"shell shows as 128 + n.\n";

static int check_all(void)
{
	int result = 1;

	for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
		struct refusal refusal = { .code = "", .sentence = "", .remedy = "" };
		int failed = (*backend)->check(&refusal);

		printf("%s\t%s\t%s\t%s\t%s\n", (*backend)->name, failed ? "no" : "yes", refusal.code,
		       failed ? refusal.sentence : (*backend)->description, refusal.remedy ? refusal.remedy : "");
		if (failed)
			continue;
		result = 0;
		for (const struct limit *limit = (*backend)->limits; limit->code != NULL; limit++)
			if (limit->applies())
				printf("%s\tlimit\t%s\t%s\t%s\n", (*backend)->name, limit->code, limit->sentence,
				       limit->remedy);
	}
	return result;
}

/*
 * Within a trace the supervisor around this one writes the log, too; and the
 * section of a meta file of bmake's has to be there before bmake goes on.
 */
static bool needs_notify(const struct launch *launch)
{
	return launch->bmake || session_is_watched();
}

/* The one that is named, or the best that works; NULL with the reason of the last that does not. */
static const struct backend *choose(const struct launch *launch, const char *name, struct refusal *refusal)
{
	if (name == NULL && needs_notify(launch))
		name = "notify";
	*refusal = (struct refusal){ .code = "NO_SUCH_BACKEND", .remedy = "see oodate-probe --check" };
	snprintf(refusal->sentence, sizeof(refusal->sentence), "there is no backend named '%.100s'",
		 name != NULL ? name : "");
	for (const struct backend *const *backend = backends; *backend != NULL; backend++)
		if ((name == NULL || strcmp(name, (*backend)->name) == 0) && (*backend)->check(refusal) == 0)
			return *backend;
	return NULL;
}

static int set_ring_size(const char *text, struct refusal *refusal)
{
	if (text == NULL || bpf_set_ring_size(text) == 0)
		return 0;
	*refusal = (struct refusal){ .code = "BAD_RING_SIZE", .remedy = "correct --ring-size or OODATE_RING_SIZE" };
	snprintf(refusal->sentence, sizeof(refusal->sentence),
		 "the size of the ring buffer is '%.32s', which is no power of two from %u to %u", text, RING_SIZE_LEAST,
		 RING_SIZE_MOST);
	return -1;
}

static int create(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		fprintf(stderr, "oodate-probe: %s: cannot be written: %s\n", file, strerror(errno));
	return fd;
}

static int report_refusal(const struct launch *launch, const struct refusal *refusal)
{
	if (!launch->quiet)
		fprintf(stderr, "oodate-probe: %s; %s\n", refusal->sentence, refusal->remedy);
	dprintf(launch->log, "# Failed %s %s; %s\n", refusal->code, refusal->sentence, refusal->remedy);
	return EXIT_PROBE_FAILED;
}

int main(int argc, char **argv)
{
	enum { OUTPUT = 256, BACKEND, BMAKE, QUIET, CALLER, CHECK, FRONT, DROPPED, HELP, RING_SIZE, MONITOR };
	static const struct option options[] = {
		{ "output", required_argument, NULL, OUTPUT }, { "backend", required_argument, NULL, BACKEND },
		{ "quiet", no_argument, NULL, QUIET },	       { "check", no_argument, NULL, CHECK },
		{ "help", no_argument, NULL, HELP },	       { "caller", required_argument, NULL, CALLER },
		{ "front", no_argument, NULL, FRONT },	       { "dropped", required_argument, NULL, DROPPED },
		{ "bmake", no_argument, NULL, BMAKE },	       { "ring-size", required_argument, NULL, RING_SIZE },
		{ "monitor", no_argument, NULL, MONITOR },     { NULL, 0, NULL, 0 },
	};
	struct launch launch_options = { .copy = -1 };
	const char *log = NULL, *output = NULL, *backend = NULL, *ring_size = getenv("OODATE_RING_SIZE");
	struct refusal refusal;
	int option;

	occupy_standard_descriptors();

	while ((option = getopt_long(argc, argv, "+o:", options, NULL)) != -1)
		switch (option) {
		case 'o':
			log = optarg;
			break;
		case OUTPUT:
			output = optarg;
			break;
		case BACKEND:
			backend = optarg;
			break;
		case RING_SIZE:
			ring_size = optarg;
			break;
		case BMAKE:
			launch_options.bmake = true;
			break;
		case QUIET:
			launch_options.quiet = true;
			break;
		case CALLER:
			launch_options.caller = atoi(optarg);
			break;
		case CHECK:
			return check_all();
		case FRONT:
			if (optind < argc && strcmp(argv[optind], "--") == 0)
				optind++;
			return front(argv + optind);
		case MONITOR:
			return engine_main(argc - optind, argv + optind);
		case DROPPED:
			return front_print_dropped(optarg);
		case HELP:
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return EXIT_PROBE_FAILED;
		}
	if (log == NULL || optind == argc) {
		fputs(usage, stderr);
		return EXIT_PROBE_FAILED;
	}
	launch_options.words = argv + optind;
	launch_options.log = create(log);
	if (launch_options.log < 0 || (output != NULL && (launch_options.copy = create(output)) < 0))
		return EXIT_PROBE_FAILED;
	if (output != NULL)
		launch_options.terminals = terminal_streams();
	bpf_set_terminals(launch_options.terminals);
	if (set_ring_size(ring_size, &refusal) < 0)
		return report_refusal(&launch_options, &refusal);
	launch_options.backend = choose(&launch_options, backend, &refusal);
	if (launch_options.backend == NULL)
		return report_refusal(&launch_options, &refusal);
	return launch(&launch_options);
}
