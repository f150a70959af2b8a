#include "copy.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* That there is no copy keeps the command from nothing. */
static void add(struct copy *c, const char *head, const void *bytes, size_t length)
{
	struct iovec parts[] = { { (char *)(uintptr_t)head, strlen(head) }, { (void *)(uintptr_t)bytes, length } };

	if (c->file < 0 || writev(c->file, parts, 2) == (ssize_t)(parts[0].iov_len + length))
		return;
	c->full = true;
	c->broken = true;
}

static void list(char *text, size_t size, const char *name, unsigned streams)
{
	snprintf(text, size, "%s%s%s\n", name, streams & 1 ? " 1" : "", streams & 2 ? " 2" : "");
}

void copy_begin(struct copy *c, unsigned streams, unsigned terminals)
{
	char line[32];

	list(line, sizeof(line), "streams", streams);
	add(c, line, NULL, 0);
	if (terminals == 0)
		return;
	list(line, sizeof(line), "terminals", terminals);
	add(c, line, NULL, 0);
}

void copy_keep(struct copy *c, int stream, const void *bytes, size_t length)
{
	char head[32];

	c->kept += length;
	c->full = c->full || c->kept > COPY_MAX;
	if (c->full)
		return;
	snprintf(head, sizeof(head), "%d %zu\n", stream, length);
	add(c, head, bytes, length);
}

void copy_give_up_terminals(struct copy *c)
{
	add(c, "void\n", NULL, 0);
	c->full = true;
	/* The launcher may have room again for what it adds. Without its beginning it is no copy. */
	if (c->broken && ftruncate(c->file, 0) < 0)
		c->file = -1;
}

void copy_end(struct copy *c)
{
	if (!c->full)
		add(c, "end\n", NULL, 0);
}
