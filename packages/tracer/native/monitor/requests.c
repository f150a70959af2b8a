#include "requests.h"

#include "express.h"
#include "record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ID_DIGITS_MAX 15

static const struct verb {
	const char *name;
	void (*serve)(struct request *request);
} verbs[] = {
	{ "express", express_interest },
	{ "revoke", express_revoke },
	{ "file-system", express_file_system },
	{ "set", record_set },
	{ "ask", record_ask },
	{ "status", record_status },
	{ "stop", record_stop },
};

static char answer[ANSWER_MAX];

void refuse_with(struct refusal *refusal, const char *code, const char *remedy, const char *sentence, ...)
{
	va_list values;

	refusal->code = code;
	refusal->remedy = remedy;
	va_start(values, sentence);
	vsnprintf(refusal->sentence, sizeof(refusal->sentence), sentence, values);
	va_end(values);
}

static struct text begin_answer(const struct request *request)
{
	struct text line = { .bytes = answer, .size = sizeof(answer) - 1 };

	text_put(&line, "{\"answer\":");
	text_put(&line, request->id);
	return line;
}

/* There is room: none is read before there is. */
static void end_answer(const struct request *request, struct text *line)
{
	text_put(line, "}");
	outlet_put(request->from->answers, line->bytes, line->length);
}

void request_answer(const struct request *request)
{
	struct text line = begin_answer(request);

	end_answer(request, &line);
}

void request_answer_with(const struct request *request, const char *name, const struct text *value)
{
	struct text line = begin_answer(request);

	text_format(&line, ",\"%s\":", name);
	text_bytes(&line, value->bytes, value->length);
	end_answer(request, &line);
}

void request_refuse(const struct request *request, const struct refusal *refusal)
{
	struct text line = begin_answer(request);

	text_put(&line, ",\"refusal\":");
	refusal_write(&line, refusal);
	end_answer(request, &line);
}

void refusal_write(struct text *text, const struct refusal *refusal)
{
	text_put(text, "{\"code\":");
	text_string(text, refusal->code);
	text_put(text, ",\"sentence\":");
	text_string(text, refusal->sentence);
	text_put(text, ",\"remedy\":");
	text_string(text, refusal->remedy);
	text_put(text, "}");
}

char *request_word(struct request *request)
{
	char *word = request->rest, *end;

	if (word == NULL)
		return NULL;
	end = strchr(word, ' ');
	if (end != NULL)
		*end++ = '\0';
	request->rest = end;
	return word;
}

static bool is_number(const char *word)
{
	size_t digits = strspn(word, "0123456789");

	return word[digits] == '\0' && digits > 0 && digits <= ID_DIGITS_MAX && (word[0] != '0' || digits == 1);
}

static void refuse_bad(struct requester *from, const char *id, const char *sentence)
{
	struct request request = { .from = from, .id = id };
	struct refusal refusal;

	refuse_with(&refusal, "BAD_REQUEST", "see docs/formats/monitor.md", "%s", sentence);
	request_refuse(&request, &refusal);
}

static void serve(struct requester *from, char *line)
{
	struct request request = { .from = from, .rest = line };
	const char *name = request_word(&request), *id = request_word(&request);

	if (id == NULL || !is_number(id)) {
		refuse_bad(from, "null", "the second word of the request is no number");
		return;
	}
	request.id = id;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0) {
			verbs[i].serve(&request);
			return;
		}
	refuse_bad(from, id, "the first word of the request is none that is known");
}

void requests_serve(struct requester *from)
{
	char *begin = from->bytes, *limit = from->bytes + from->used, *end;

	while (outlet_room(from->answers) >= ANSWER_MAX &&
	       (end = memchr(begin, '\0', (size_t)(limit - begin))) != NULL) {
		if (from->skips)
			from->skips = false;
		else
			serve(from, begin);
		begin = end + 1;
	}
	from->used = (size_t)(limit - begin);
	memmove(from->bytes, begin, from->used);
}

static bool is_full(const struct requester *from)
{
	return from->used == sizeof(from->bytes) && memchr(from->bytes, '\0', from->used) == NULL;
}

int requests_read(struct requester *from)
{
	ssize_t length;

	requests_serve(from);
	if (is_full(from)) {
		if (!from->skips)
			refuse_bad(from, "null", "the request is too long");
		from->skips = true;
		from->used = 0;
	}
	if (from->used == sizeof(from->bytes))
		return 1;
	length = read(from->fd, from->bytes + from->used, sizeof(from->bytes) - from->used);
	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -1;
	if (length == 0)
		return 0;
	from->used += (size_t)length;
	requests_serve(from);
	return 1;
}
