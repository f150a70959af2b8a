#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_bytes(struct text *t, const char *bytes, size_t length)
{
	if (t->full || length > t->size - t->length) {
		t->full = true;
		return;
	}
	memcpy(t->bytes + t->length, bytes, length);
	t->length += length;
}

void text_put(struct text *t, const char *string)
{
	text_bytes(t, string, strlen(string));
}

void text_format(struct text *t, const char *format, ...)
{
	char short_one[256];
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(short_one, sizeof(short_one), format, values);
	va_end(values);
	if (length < 0 || (size_t)length >= sizeof(short_one))
		t->full = true;
	else
		text_bytes(t, short_one, (size_t)length);
}

static bool is_plain(unsigned char byte)
{
	return byte >= ' ' && byte != '"' && byte != '\\';
}

void text_string_of(struct text *t, const char *bytes, size_t length)
{
	text_put(t, "\"");
	while (length > 0) {
		size_t plain = 0;

		while (plain < length && is_plain((unsigned char)bytes[plain]))
			plain++;
		text_bytes(t, bytes, plain);
		bytes += plain;
		length -= plain;
		if (length == 0)
			break;
		if (*bytes == '"' || *bytes == '\\')
			text_format(t, "\\%c", *bytes);
		else
			text_format(t, "\\u%04x", (unsigned)(unsigned char)*bytes);
		bytes++;
		length--;
	}
	text_put(t, "\"");
}

void text_string(struct text *t, const char *string)
{
	text_string_of(t, string, strlen(string));
}

bool text_take_back(struct text *t, size_t length)
{
	if (!t->full)
		return false;
	t->length = length;
	t->full = false;
	return true;
}
