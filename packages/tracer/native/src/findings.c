#include "findings.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void find_record(const struct finder *f, char letter, const char *path)
{
	record_path(f->resolver->recorder, letter, f->pid, path);
}

/* `a/.` fails although a is there, if that is no directory. */
void find_missing(const struct finder *f, const struct path *path, const struct look *look)
{
	struct look there = { .error = ENOENT };

	if (look->error == ENOTDIR)
		there = look_at(path->text, false);
	find_record(f, there.error == 0 && !S_ISLNK(there.st.st_mode) ? 'S' : 'N', path->text);
}

void find_no_room(const struct finder *f, const struct path *path, const struct look *look)
{
	struct path directory = *path;
	char *name = strrchr(directory.text, '/');
	struct look above;

	*(name == directory.text ? name + 1 : name) = '\0';
	above = look_at(directory.text, true);
	if (look_is_missing(&above))
		find_record(f, 'N', directory.text);
	else if (above.error == 0 && !S_ISDIR(above.st.st_mode))
		find_record(f, 'S', directory.text);
	else
		find_missing(f, path, look);
}

void find_dead_end(const struct finder *f, const struct path *path, const struct look *look)
{
	char text[PATH_TEXT_MAX];
	struct path target;

	find_record(f, 'N', path->text);
	if (look_target(path->text, text) && path_join(f->resolver, f->pid, "", text, PATH_WAY_UNKNOWN, &target) == PATH_FOUND)
		find_no_room(f, &target, look);
}

static void add(struct images *images, char letter, const char *text)
{
	images->file[images->count].letter = letter;
	memcpy(images->file[images->count++].text, text, strlen(text) + 1);
}

bool find_images(struct images *images, struct path *path, bool named, resolve_interpreter *resolve, void *context)
{
	char interpreter[RECORD_PATH_MAX + 1];

	images->count = 0;
	images->foreign = false;
	images->missing = false;
	for (unsigned depth = 0; depth <= INTERPRETERS_MAX; depth++) {
		enum image_kind kind = image_read(path->lookup, interpreter, sizeof(interpreter));

		if (named)
			add(images, 'E', path->text);
		named = true;
		images->foreign = images->foreign || kind == IMAGE_FOREIGN;
		if (kind == IMAGE_OTHER)
			return false;
		if (interpreter[0] == '\0' || resolve(context, interpreter, path) != PATH_FOUND)
			return true;
		if (!look_permits(path->lookup, X_OK)) {
			images->missing = true;
			return false;
		}
		if (kind == IMAGE_ELF) {
			add(images, 'R', path->text);
			return true;
		}
	}
	return false; /* interpreters without end */
}
