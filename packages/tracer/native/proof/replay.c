#include "replay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_TROUBLE 125

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);

		if (written >= 0) {
			bytes += written;
			size -= (size_t)written;
		} else if (errno == EPIPE) {
			/* Who reads it may stop to; that is no failure. */
			return 0;
		} else if (errno == EAGAIN) {
			/* Somebody else has made it non-blocking, and it is full. */
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

static const char *line_for_stderr(const struct proof *proof)
{
	const char *term = getenv("TERM");
	bool coloured = isatty(STDERR_FILENO) && (term == NULL || strcmp(term, "dumb") != 0);

	return proof_string(proof, coloured ? proof->head->coloured_line : proof->head->line);
}

/* Is there a terminal that has got what was written last, which does not end its line, and now gets oodate's own? */
static bool leaves_line_open(const struct chunk *last, const char *end)
{
	return end[-1] != '\n' && isatty((int)last->stream) && isatty(STDERR_FILENO);
}

int replay(const struct proof *proof)
{
	const struct chunk *chunks = proof_part(proof, proof->head->chunks), *last = NULL;
	const char *bytes = proof_part(proof, proof->head->output), *line = line_for_stderr(proof);

	signal(SIGPIPE, SIG_IGN);
	for (uint32_t i = 0; i < proof->head->chunks.count; i++) {
		if (write_all((int)chunks[i].stream, bytes, chunks[i].length) < 0) {
			fprintf(stderr, "oodate: the output cannot be written: %s\n", strerror(errno));
			return EXIT_TROUBLE;
		}
		bytes += chunks[i].length;
		if (chunks[i].length > 0)
			last = &chunks[i];
	}
	if (*line != '\0' && last != NULL && leaves_line_open(last, bytes))
		write_all(STDERR_FILENO, "\n", 1);
	write_all(STDERR_FILENO, line, strlen(line));
	return 0;
}
