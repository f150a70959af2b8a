#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE (1 << 16)
/* Two paths, and what stands around them. */
#define RECORD_MAX (2 * RECORD_PATH_MAX + 64)

static void flush(struct recorder *r)
{
	size_t done = 0;

	while (done < r->used && r->error == 0) {
		ssize_t n = write(r->fd, r->buffer + done, r->used - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			r->error = errno;
	}
	r->used = 0;
}

static void append(struct recorder *r, const char *bytes, size_t length)
{
	if (r->buffer == NULL)
		return;
	if (r->used + length > BUFFER_SIZE)
		flush(r);
	memcpy(r->buffer + r->used, bytes, length);
	r->used += length;
}

static void put(struct recorder *r, const char *bytes, size_t length)
{
	for (; r != NULL; r = r->outer)
		if (!r->muted)
			append(r, bytes, length);
}

static void append_number(struct recorder *r, long number)
{
	char digits[24], *first = digits + sizeof(digits);
	unsigned long rest = number < 0 ? -(unsigned long)number : (unsigned long)number;

	do
		*--first = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (number < 0)
		*--first = '-';
	append(r, first, (size_t)(digits + sizeof(digits) - first));
}

static void put_number(struct recorder *r, long number)
{
	for (; r != NULL; r = r->outer)
		if (!r->muted)
			append_number(r, number);
}

/* Room for a whole one, so that a log that breaks off does so between two records. */
static void make_room(struct recorder *r)
{
	for (; r != NULL; r = r->outer)
		if (r->used > BUFFER_SIZE - RECORD_MAX)
			flush(r);
}

static void put_head(struct recorder *r, char letter, pid_t pid)
{
	char head[2] = { letter, ' ' };

	make_room(r);
	put(r, head, 2);
	put_number(r, pid);
	put(r, " ", 1);
}

static void append_format(struct recorder *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Lines of a few hundred bytes. */
static void append_format(struct recorder *r, const char *format, ...)
{
	char line[512];
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	append(r, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

static void append_time(struct recorder *r, const char *word)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	append_format(r, "# %s %lld.%06ld\n", word, (long long)now.tv_sec, now.tv_nsec / 1000);
}

int recorder_open(struct recorder *r, int fd, struct recorder *outer)
{
	*r = (struct recorder){ .outer = outer, .fd = fd, .buffer = malloc(BUFFER_SIZE) };
	return r->buffer == NULL ? -1 : 0;
}

void recorder_start(struct recorder *r, pid_t target)
{
	append_format(r, "# filemon version 5\n# Target pid %d\n", (int)target);
	append_time(r, "Start");
	r->start = r->latest = record_clock();
	append_format(r, "V 5\n");
}

int recorder_close(struct recorder *r)
{
	if (!r->bare) {
		append_time(r, "Stop");
		append_format(r, "# Bye bye\n");
	}
	flush(r);
	free(r->buffer);
	r->buffer = NULL;
	close(r->fd);
	errno = r->error;
	return r->error == 0 ? 0 : -1;
}

/* A write that was killed ends within a line. */
static bool is_cut(int fd)
{
	char name[32], last = '\n';
	int own;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	own = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (own < 0)
		return false;
	if (lseek(own, -1, SEEK_END) < 0 || read(own, &last, 1) < 0)
		last = '\n';
	close(own);
	return last != '\n';
}

int recorder_give_up(int fd)
{
	return dprintf(fd, "%sQ 0 the probe's supervisor ended before the command\n", is_cut(fd) ? "\n" : "") < 0 ? -1 : 0;
}

/* The format has no escape: such a name can only be said to have been there. */
static bool is_writable(const char *path)
{
	return strchr(path, '\n') == NULL && strlen(path) <= RECORD_PATH_MAX;
}

void record_path(struct recorder *r, char letter, pid_t pid, const char *path)
{
	if (!is_writable(path)) {
		record_incomplete(r, pid, "a path has a newline in it or is too long for a record");
		return;
	}
	put_head(r, letter, pid);
	put(r, path, strlen(path));
	put(r, "\n", 1);
}

void record_alteration(struct recorder *r, pid_t pid, const char *path)
{
	record_path(r, 'K', pid, path);
	record_path(r, 'W', pid, path);
}

bool record_pair(struct recorder *r, char letter, pid_t pid, const char *from, const char *to)
{
	bool plain = strpbrk(from, " '\"\n") == NULL && strpbrk(to, " '\"\n") == NULL;

	if (!plain || !is_writable(from) || !is_writable(to)) {
		if (letter == 'M') {
			record_path(r, 'K', pid, from);
			record_path(r, 'D', pid, from);
		}
		record_path(r, 'W', pid, to);
		return false;
	}
	put_head(r, letter, pid);
	put(r, "'", 1);
	put(r, from, strlen(from));
	put(r, "' '", 3);
	put(r, to, strlen(to));
	put(r, "'\n", 2);
	return true;
}

void record_link(struct recorder *r, pid_t pid, bool symlink, const char *from, const char *to)
{
	record_path(r, symlink ? 'S' : 'R', pid, from);
	if (symlink)
		record_path(r, 'K', pid, from);
	record_pair(r, 'L', pid, from, to);
}

/* A text and its end: what a command line is written to. */
struct line {
	/* Each byte may be escaped, and each word, which has a NUL, be quoted; then there is the mark. */
	char text[4 * RECORD_WORDS_MAX + 16];
	size_t used;
};

static void add_text(struct line *line, const char *text)
{
	while (*text != '\0')
		line->text[line->used++] = *text++;
}

static bool is_control(unsigned char byte)
{
	return byte < ' ' || byte == 0x7f;
}

/* In what bash has for that: $'...' */
static void add_escaped(struct line *line, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	static const char named[] = "\\'\t\n\r", letters[] = "\\'tnr";
	const char *name = strchr(named, byte);

	if (!is_control(byte) && name == NULL) {
		line->text[line->used++] = (char)byte;
		return;
	}
	line->text[line->used++] = '\\';
	if (name != NULL) {
		line->text[line->used++] = letters[name - named];
		return;
	}
	line->text[line->used++] = 'x';
	line->text[line->used++] = digits[byte >> 4];
	line->text[line->used++] = digits[byte & 15];
}

static bool is_plain(unsigned char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       byte >= 0x80 || (byte != '\0' && strchr("_@%+=:,./-", byte) != NULL);
}

/* As a person would type it, on one line. */
static void add_word(struct line *line, const char *word, size_t length)
{
	bool plain = length > 0, escapes = false;

	for (size_t i = 0; i < length; i++) {
		plain = plain && is_plain((unsigned char)word[i]);
		escapes = escapes || is_control((unsigned char)word[i]);
	}
	if (!plain)
		add_text(line, escapes ? "$'" : "'");
	for (size_t i = 0; i < length; i++)
		if (escapes)
			add_escaped(line, (unsigned char)word[i]);
		else if (word[i] == '\'')
			add_text(line, "'\\''");
		else
			line->text[line->used++] = word[i];
	if (!plain)
		add_text(line, "'");
}

/* Without what a cut has left of the last character, if that is UTF-8. */
static size_t whole_characters(const char *text, size_t length)
{
	size_t start = length, wanted;
	unsigned char first;

	while (start > 0 && length - start < 3 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0)
		return length;
	first = (unsigned char)text[start - 1];
	wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
	return length - start + 1 < wanted ? start - 1 : length;
}

void record_words(struct recorder *r, pid_t pid, const char *words, size_t length, bool whole)
{
	struct line line = { .used = 0 };

	if (length > RECORD_WORDS_MAX) {
		length = RECORD_WORDS_MAX;
		whole = false;
	}
	if (!whole)
		length = whole_characters(words, length);
	for (size_t start = 0, size; start < length; start += size + 1) {
		size = strnlen(words + start, length - start);
		if (start > 0)
			add_text(&line, " ");
		add_word(&line, words + start, size);
	}
	if (line.used == 0)
		return;
	if (!whole)
		add_text(&line, " \\");
	put_head(r, 'P', pid);
	put(r, line.text, line.used);
	put(r, "\n", 1);
}

uint64_t record_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Of two processors, what was seen later may come first. */
void record_time(struct recorder *r, pid_t pid, uint64_t at)
{
	make_room(r);
	for (; r != NULL; r = r->outer) {
		if (r->muted || r->start == 0)
			continue;
		if (at > r->latest)
			r->latest = at;
		append(r, "T ", 2);
		append_number(r, pid);
		append(r, " ", 1);
		append_number(r, (long)((r->latest - r->start) / 1000));
		append(r, "\n", 1);
	}
}

void record_fork(struct recorder *r, pid_t pid, pid_t child, uint64_t at)
{
	record_time(r, pid, at);
	put_head(r, 'F', pid);
	put_number(r, child);
	put(r, "\n", 1);
}

void record_exit(struct recorder *r, pid_t pid, int status, int signal, uint64_t at)
{
	record_time(r, pid, at);
	put_head(r, 'X', pid);
	put_number(r, status);
	put(r, " ", 1);
	put_number(r, signal);
	put(r, "\n", 1);
}

static void note_incomplete(struct recorder *r, const char *reason)
{
	if (r->incomplete[0] == '\0')
		snprintf(r->incomplete, sizeof(r->incomplete), "%s", reason);
}

void record_incomplete(struct recorder *r, pid_t pid, const char *reason)
{
	for (struct recorder *each = r; each != NULL; each = each->outer)
		note_incomplete(each, reason);
	put_head(r, 'Q', pid);
	put(r, reason, strlen(reason));
	put(r, "\n", 1);
}

void record_note(struct recorder *r, const char *text, const char *path)
{
	if (!is_writable(path))
		return;
	put(r, "# Note ", 7);
	put(r, path, strlen(path));
	put(r, " ", 1);
	put(r, text, strlen(text));
	put(r, "\n", 1);
}

void record_incomplete_here(struct recorder *r, pid_t pid, const char *reason)
{
	note_incomplete(r, reason);
	append_format(r, "Q %d %s\n", (int)pid, reason);
}

void record_left_running(struct recorder *r, pid_t pid, const char *name)
{
	append_format(r, "# Left running %d %s\n", (int)pid, name);
}

void record_section(struct recorder *r, const char *path, const char *objection)
{
	if (!is_writable(path))
		return;
	append_format(r, objection == NULL ? "# Section " : "# No section ");
	append(r, path, strlen(path));
	if (objection != NULL)
		append_format(r, ": %s", objection);
	append(r, "\n", 1);
}

void record_stdin_read(struct recorder *r)
{
	append_format(r, "# Standard input read\n");
}

void record_network(struct recorder *r, bool serves)
{
	append_format(r, serves ? "# Network served\n" : "# Network used\n");
}
