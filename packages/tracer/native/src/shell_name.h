/* Which variables a shell passes on: it keeps to itself what it could not use as a variable's name. */
#ifndef OODATE_SHELL_NAME_H
#define OODATE_SHELL_NAME_H

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* entry: of an environment, the name before its `=`. */
static inline bool is_shell_name(const char *entry)
{
	size_t length = strcspn(entry, "=");

	if (length == 0 || isdigit((unsigned char)entry[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)entry[i]) && entry[i] != '_')
			return false;
	return true;
}

#endif
