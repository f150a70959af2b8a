/*
 * What is asked of the monitor: words with a space between and a NUL at the end, see docs/formats/monitor.md. They come
 * from stdin or, where there is a recorder, from its clients; each is answered by one line.
 */
#ifndef OODATE_REQUESTS_H
#define OODATE_REQUESTS_H

#include "../src/backend.h"
#include "outlet.h"

#include <stdbool.h>

#define REQUEST_MAX 16384
/* An answer is shorter than this; as long as there is less room, no request is read. */
#define ANSWER_MAX 65536

/* Who asks, and where the answers go. */
struct requester {
	int fd;
	struct outlet *answers;
	char bytes[REQUEST_MAX];
	size_t used;
	bool skips; /* up to the next NUL: it was too long */
};

struct request {
	struct requester *from;
	const char *id; /* a number as text; "null" if it could not be read */
	char *rest; /* of the words; the last one holds what it holds */
};

/* Reads what there is, and has each answered, as there is room. Returns 1, 0 at the end, -1 with errno. */
int requests_read(struct requester *from);
/* Has those answered that were read, and for whose answers there was no room then. */
void requests_serve(struct requester *from);
/* The next of the words, and what is behind it; NULL if there is none. */
char *request_word(struct request *request);
void request_answer(const struct request *request);
/* `value` is JSON. */
void request_answer_with(const struct request *request, const char *name, const struct text *value);
void request_refuse(const struct request *request, const struct refusal *refusal);
/* As JSON. */
void refusal_write(struct text *text, const struct refusal *refusal);
__attribute__((format(printf, 4, 5))) void refuse_with(struct refusal *refusal, const char *code, const char *remedy,
						       const char *sentence, ...);

#endif
