/* Text of a bounded length in memory that is there already, and JSON in it. What does not fit is cut, and `full` says so. */
#ifndef OODATE_TEXT_H
#define OODATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *bytes;
	size_t size, length; /* no NUL at the end */
	bool full;
};

void text_put(struct text *t, const char *string);
void text_bytes(struct text *t, const char *bytes, size_t length);
__attribute__((format(printf, 2, 3))) void text_format(struct text *t, const char *format, ...);
/* A string of JSON: bytes from 0x80 on stay what they are, whether they are UTF-8 or not. */
void text_string(struct text *t, const char *string);
void text_string_of(struct text *t, const char *bytes, size_t length);
/* What was put since then was too long: all of it is taken back. Says whether it was. */
bool text_take_back(struct text *t, size_t length);

#endif
