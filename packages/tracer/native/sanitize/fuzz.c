/*
 * Gives path.c, image.c and oodate-proof what nobody would give them on purpose, drawn by lot:
 *
 *   fuzz path SEED ROUNDS            paths below the current directory, which has what names[] names
 *   fuzz image SEED ROUNDS FILE...   damaged beginnings of these files
 *   fuzz proof SEED ROUNDS FILE...   these proofs damaged in each byte and cut at each length, and then
 *                                    ROUNDS ones damaged by someone who knows to make the check fit
 *
 * The sanitizers watch the memory; this looks at the answers. Exit status 1, with
 * a line on stderr, if one is wrong.
 */
#include "../proof/caller.h"
#include "../proof/crc32.h"
#include "../proof/looks.h"
#include "../proof/proof.h"
#include "../src/image.h"
#include "../src/path.h"
#include "../src/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned state;

static unsigned below(unsigned limit)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

static int wrong(const char *what, const char *given, const char *got)
{
	fprintf(stderr, "fuzz: %s: '%s' gave '%s'\n", what, given, got);
	return 1;
}

/* In the current directory: d/e/f are directories and d/file a file; the rest are links. */
static const char *const names[] = { ".",  "..",   "d",    "e",	     "f",   "file", "to-e", "to-file",
				     "up", "loop", "gone", "nosuch", "far", "",	    "...",  ".d" };

static void draw_path(char *given, const char *here)
{
	static const char *const starts[] = { "", "/", "//", "/proc/self/cwd/", "/proc/self/root", "/dev/fd/", "/proc/self/fd/" };
	unsigned start = below(12), components = below(8) == 0 ? below(400) : below(9);
	size_t used;

	if (start == 0)
		used = (size_t)snprintf(given, PATH_MAX, "%s/", here);
	else
		used = (size_t)snprintf(given, PATH_MAX, "%s", start < 7 ? starts[start] : "");
	while (components-- > 0 && used + 300 < PATH_MAX) {
		if (below(50) == 0) {
			size_t length = 1 + below(255);

			memset(given + used, 'x', length);
			used += length;
		} else {
			used += (size_t)snprintf(given + used, PATH_MAX - used, "%s", names[below(sizeof(names) / sizeof(names[0]))]);
		}
		for (unsigned slashes = below(10) == 0 ? below(4) : 1; slashes > 0; slashes--)
			given[used++] = '/';
	}
	if (used > 1 && given[used - 1] == '/' && below(2))
		used--;
	given[used] = '\0';
}

static int is_normal(const char *text)
{
	if (text[0] != '/' || strlen(text) >= PATH_TEXT_MAX)
		return 0;
	for (const char *part = text; *part == '/'; part += 1 + strcspn(part + 1, "/")) {
		size_t length = strcspn(part + 1, "/");

		if ((length == 0 && text[1] != '\0') || (length == 1 && part[1] == '.') ||
		    (length == 2 && part[1] == '.' && part[2] == '.'))
			return 0;
	}
	return 1;
}

static int check_path(struct path_resolver *r, const char *given)
{
	struct path path = { .text = "" };
	enum path_result result = path_resolve(r, getpid(), getpid(), AT_FDCWD, given, &path);
	struct stat own, st;
	int there = stat(given, &own) == 0;

	switch (result) {
	case PATH_FOUND:
		if (!is_normal(path.text))
			return wrong("no normal path", given, path.text);
		/* What the way there stumbles over may be gone from the text, never what it leads to. */
		if (there && (stat(path.text, &st) < 0 || st.st_dev != own.st_dev || st.st_ino != own.st_ino))
			return wrong("another file", given, path.text);
		if ((stat(path.lookup, &st) == 0) != there)
			return wrong("another look-up", given, path.lookup);
		return 0;
	case PATH_NOWHERE:
	case PATH_FAILED:
		return there ? wrong("there is a file", given, "nothing") : 0;
	case PATH_NAMELESS:
		return there && S_ISREG(own.st_mode) ? wrong("the file has a name", given, "none") : 0;
	}
	return wrong("no result", given, "");
}

static int fuzz_paths(unsigned rounds)
{
	static struct path_resolver resolver;
	static struct recorder recorder;
	char here[PATH_MAX], given[2 * PATH_MAX];

	if (getcwd(here, sizeof(here)) == NULL ||
	    recorder_open(&recorder, open("/dev/null", O_WRONLY | O_CLOEXEC), NULL) < 0)
		return wrong("cannot begin", "", strerror(errno));
	resolver.recorder = &recorder;
	while (rounds-- > 0) {
		draw_path(given, here);
		/* The empty path is about a descriptor. */
		if (given[0] != '\0' && check_path(&resolver, given) != 0)
			return 1;
	}
	return recorder_close(&recorder) < 0;
}

static int check_image(const unsigned char *bytes, size_t length)
{
	/* From its end on nothing may be touched. */
	char *interpreter = malloc(RECORD_PATH_MAX + 1), file[64];
	int fd = memfd_create("image", MFD_CLOEXEC), result = 0;
	enum image_kind kind;

	if (interpreter == NULL || fd < 0 || write(fd, bytes, length) != (ssize_t)length)
		return wrong("cannot begin", "", strerror(errno));
	memset(interpreter, 'x', RECORD_PATH_MAX + 1);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	kind = image_read(file, interpreter, RECORD_PATH_MAX + 1);
	if (memchr(interpreter, '\0', RECORD_PATH_MAX + 1) == NULL)
		result = wrong("a path without its end", file, "");
	else if (kind == IMAGE_SCRIPT && interpreter[0] == '\0')
		result = wrong("a script without interpreter", file, "");
	close(fd);
	free(interpreter);
	return result;
}

/* Values at which lengths and offsets break, in the first bytes. */
static void damage(unsigned char *bytes, size_t *length, size_t head)
{
	static const unsigned long long odd[] = { 0, 1, 255, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff,
						  0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff };
	size_t limit = *length < head ? *length : head, at = limit == 0 ? 0 : below((unsigned)limit), size = 1u << below(4);

	switch (below(4)) {
	case 0:
		*length = at;
		break;
	case 1:
		if (at < *length)
			bytes[at] ^= (unsigned char)(1 << below(8));
		break;
	default:
		if (at + size <= *length)
			memcpy(bytes + at, &odd[below(sizeof(odd) / sizeof(odd[0]))], size);
	}
}

static int fuzz_images(unsigned rounds, char **files)
{
	static unsigned char bytes[8192];

	for (; *files != NULL; files++)
		for (unsigned round = 0; round < rounds; round++) {
			int fd = open(*files, O_RDONLY | O_CLOEXEC);
			ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
			size_t length = (size_t)got;

			if (got < 0)
				return wrong("cannot read", *files, strerror(errno));
			close(fd);
			for (unsigned times = 1 + below(4); times > 0; times--)
				damage(bytes, &length, 1024);
			if (check_image(bytes, length) != 0)
				return 1;
		}
	return 0;
}

/* In the current directory, as a proof must be a file. */
static int write_proof(const unsigned char *bytes, size_t length)
{
	int fd = open("damaged", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int failed = fd < 0 || write(fd, bytes, length) != (ssize_t)length;

	close(fd);
	return failed ? wrong("cannot begin", "damaged", strerror(errno)) : 0;
}

static int check_damaged_proof(const unsigned char *bytes, size_t length, size_t at)
{
	struct proof proof;
	char place[32];
	int result = 0;

	if (write_proof(bytes, length) != 0)
		return 1;
	if (proof_open(&proof, "damaged") < 0)
		return 0;
	snprintf(place, sizeof(place), "byte %zu", at);
	if (looks_hold(&proof))
		result = wrong("a damaged proof holds", place, "");
	proof_close(&proof);
	return result;
}

static int check_forged_proof(unsigned char *bytes, size_t length)
{
	static char *const words[] = { "run", "build", NULL };
	const size_t from = offsetof(struct proof_head, check) + sizeof(uint32_t);
	struct proof proof;
	uint32_t numbers[2] = { (uint32_t)length, 0 };

	if (length < sizeof(struct proof_head))
		return 0;
	memcpy(bytes + offsetof(struct proof_head, length), numbers, sizeof(*numbers));
	numbers[1] = crc32(bytes + from, length - from);
	memcpy(bytes + offsetof(struct proof_head, check), numbers + 1, sizeof(*numbers));
	if (write_proof(bytes, length) != 0)
		return 1;
	if (proof_open(&proof, "damaged") < 0)
		return 0;
	/* Nothing is known of the answers. */
	proof_is_of_call(&proof, "/", words, "/");
	caller_is_same(&proof, getppid());
	looks_hold(&proof);
	proof_close(&proof);
	return 0;
}

static int fuzz_proof(unsigned rounds, const char *file)
{
	static unsigned char whole[1 << 16], bytes[1 << 16];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, whole, sizeof(whole));
	struct proof proof;

	close(fd);
	if (length <= 0 || proof_open(&proof, file) < 0 || !looks_hold(&proof))
		return wrong("is no proof that holds", file, "");
	proof_close(&proof);
	for (size_t at = 0; at < (size_t)length; at++) {
		memcpy(bytes, whole, sizeof(bytes));
		bytes[at] ^= (unsigned char)(1 + below(255));
		if (check_damaged_proof(bytes, (size_t)length, at) != 0 || check_damaged_proof(whole, at, at) != 0)
			return 1;
	}
	while (rounds-- > 0) {
		size_t size = (size_t)length;

		memcpy(bytes, whole, sizeof(bytes));
		for (unsigned times = 1 + below(4); times > 0; times--)
			damage(bytes, &size, below(2) ? sizeof(struct proof_head) : size);
		if (check_forged_proof(bytes, size) != 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return wrong("see the head of its source", "", "");
	state = (unsigned)strtoul(argv[2], NULL, 10) | 1;
	if (strcmp(argv[1], "path") == 0)
		return fuzz_paths((unsigned)atoi(argv[3]));
	if (strcmp(argv[1], "proof") == 0) {
		for (char **file = argv + 4; *file != NULL; file++)
			if (fuzz_proof((unsigned)atoi(argv[3]), *file) != 0)
				return 1;
		return 0;
	}
	return fuzz_images((unsigned)atoi(argv[3]), argv + 4);
}
