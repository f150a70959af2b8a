#include "proof.h"

#include "crc32.h"
#include "look.h"
#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKED_FROM (offsetof(struct proof_head, check) + sizeof(uint32_t))
#define SCRIPT_NAME_MAX 150

/* As the meta file of the script: all but plain characters as %XX. */
static int script_name(const char *script, char *name, size_t size)
{
	size_t length = 0;

	for (const char *at = script; *at != '\0'; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
			     *at == '_' || *at == '-' || (*at == '.' && length > 0);

		if (length > SCRIPT_NAME_MAX || length + 4 > size)
			return -1;
		if (plain)
			name[length++] = *at;
		else
			length += (size_t)snprintf(name + length, 4, "%%%02X", (unsigned char)*at);
	}
	if (length > SCRIPT_NAME_MAX)
		return -1;
	return snprintf(name + length, size - length, ".proof") + (int)length;
}

static int digest_name(char *const *words, const char *cwd, char *name, size_t size)
{
	struct sha256 sha;
	uint8_t digest[SHA256_SIZE];
	int length = 1;

	sha256_begin(&sha);
	sha256_add(&sha, cwd, strlen(cwd) + 1);
	for (; *words != NULL; words++)
		sha256_add(&sha, *words, strlen(*words) + 1);
	sha256_end(&sha, digest);
	snprintf(name, size, "~");
	for (int i = 0; i < 8; i++)
		length += snprintf(name + length, size - (size_t)length, "%02x", digest[i]);
	return length + snprintf(name + length, size - (size_t)length, ".proof");
}

int proof_name(char *const *words, const char *cwd, char *name, size_t size)
{
	if (words[0] == NULL || words[1] == NULL)
		return -1;
	if (strcmp(words[0], "sh") == 0)
		return strcmp(words[1], "-c") == 0 && words[2] != NULL && words[3] == NULL ?
			       digest_name(words, cwd, name, size) :
			       -1;
	if (strcmp(words[0], "run") != 0)
		return -1;
	if (strcmp(words[1], "--") == 0)
		return digest_name(words, cwd, name, size);
	/* An option means what only the command line's parser knows. */
	if (words[1][0] == '-' || words[1][0] == '\0' || (words[2] != NULL && strcmp(words[2], "--") != 0))
		return -1;
	return script_name(words[1], name, size);
}

static bool lies_within(const struct proof *proof, struct part part, size_t item, size_t alignment)
{
	return part.offset % alignment == 0 && part.offset <= proof->size &&
	       part.count <= (proof->size - part.offset) / item;
}

static bool is_string(const struct proof_head *head, uint32_t place)
{
	return place < head->strings.count;
}

static bool are_strings(const struct proof *proof, struct part part)
{
	const uint32_t *places = proof_part(proof, part);

	for (uint32_t i = 0; i < part.count; i++)
		if (!is_string(proof->head, places[i]))
			return false;
	return true;
}

static bool are_groups(const struct proof *proof)
{
	const struct proof_head *head = proof->head;
	const struct look_group *groups = proof_part(proof, head->groups);
	uint32_t next = 0;

	/* Every look is in one group, in their order. */
	for (uint32_t i = 0; i < head->groups.count; i++) {
		if (!is_string(head, groups[i].path) || groups[i].first != next ||
		    groups[i].count > head->looks.count - next)
			return false;
		next += groups[i].count;
	}
	return next == head->looks.count;
}

static bool are_chunks(const struct proof *proof)
{
	const struct chunk *chunks = proof_part(proof, proof->head->chunks);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < proof->head->chunks.count; i++) {
		if (chunks[i].stream != STDOUT_FILENO && chunks[i].stream != STDERR_FILENO)
			return false;
		sum += chunks[i].length;
	}
	return sum == proof->head->output.count;
}

static bool is_laid_out(const struct proof *proof)
{
	const struct proof_head *head = proof->head;

	if (memcmp(head->magic, PROOF_MAGIC, sizeof(head->magic)) != 0 || head->length != proof->size)
		return false;
	if (!lies_within(proof, head->strings, 1, 1) || !lies_within(proof, head->words, sizeof(uint32_t), 4) ||
	    !lies_within(proof, head->ignored, sizeof(uint32_t), 4) ||
	    !lies_within(proof, head->looks, sizeof(struct look), 8) ||
	    !lies_within(proof, head->groups, sizeof(struct look_group), 4) ||
	    !lies_within(proof, head->chunks, sizeof(struct chunk), 4) || !lies_within(proof, head->output, 1, 1))
		return false;
	if (head->strings.count == 0 || proof->bytes[head->strings.offset + head->strings.count - 1] != '\0')
		return false;
	return is_string(head, head->cwd) && is_string(head, head->pwd) && is_string(head, head->line) &&
	       is_string(head, head->coloured_line) && head->pwd_kind < PWD_KINDS && are_strings(proof, head->words) &&
	       are_strings(proof, head->ignored) && are_groups(proof) && are_chunks(proof);
}

/* Another user's would tell what that one found, and write to our terminal. */
static bool may_be_proof(const struct stat *stats)
{
	return S_ISREG(stats->st_mode) && stats->st_uid == geteuid() &&
	       stats->st_size >= (off_t)sizeof(struct proof_head) && stats->st_size <= UINT32_MAX;
}

static void *map_file(int fd, size_t size)
{
	return mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
}

static void *copy_file(int fd, size_t size)
{
	char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t done = 0; bytes != MAP_FAILED && done < size;) {
		ssize_t got = pread(fd, bytes + done, size - done, (off_t)done);

		if (got > 0) {
			done += (size_t)got;
		} else if (got == 0 || errno != EINTR) {
			munmap(bytes, size);
			return MAP_FAILED;
		}
	}
	return bytes;
}

static int take_file(struct proof *proof, const char *path, void *(*take)(int fd, size_t size))
{
	/* A pipe with that name must not hold us up. */
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat stats;
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return -1;
	if (fstat(fd, &stats) == 0 && may_be_proof(&stats))
		bytes = take(fd, (size_t)stats.st_size);
	close(fd);
	if (bytes != MAP_FAILED) {
		*proof = (struct proof){ .bytes = bytes, .size = (size_t)stats.st_size, .head = bytes };
		identity_of(&proof->own, &stats);
		if (is_laid_out(proof))
			return 0;
		proof_close(proof);
	}
	errno = EINVAL;
	return -1;
}

int proof_open(struct proof *proof, const char *path)
{
	return take_file(proof, path, map_file);
}

int proof_read(struct proof *proof, const char *path)
{
	return take_file(proof, path, copy_file);
}

void proof_close(struct proof *proof)
{
	munmap((void *)(uintptr_t)proof->bytes, proof->size);
}

void proof_fetch(const struct proof *proof)
{
	/* Before Linux 5.14 each page comes when it is touched. */
	madvise((void *)(uintptr_t)proof->bytes, proof->size, MADV_POPULATE_READ);
}

bool proof_is_whole(const struct proof *proof)
{
	return crc32(proof->bytes + CHECKED_FROM, proof->size - CHECKED_FROM) == proof->head->check;
}

const char *proof_string(const struct proof *proof, uint32_t place)
{
	return (const char *)proof->bytes + proof->head->strings.offset + place;
}

const void *proof_part(const struct proof *proof, struct part part)
{
	return proof->bytes + part.offset;
}

static bool are_same_words(const struct proof *proof, char *const *words)
{
	const uint32_t *places = proof_part(proof, proof->head->words);

	for (uint32_t i = 0; i < proof->head->words.count; i++)
		if (words[i] == NULL || strcmp(words[i], proof_string(proof, places[i])) != 0)
			return false;
	return words[proof->head->words.count] == NULL;
}

/* Another oodate may decide in another way. */
static bool is_same_program(const struct proof *proof, const char *program)
{
	struct stat stats;

	return stat(program, &stats) == 0 && identity_matches(&proof->head->program, &stats);
}

bool proof_is_of_call(const struct proof *proof, const char *program, char *const *words, const char *cwd)
{
	return proof->head->uid == geteuid() && strcmp(proof_string(proof, proof->head->cwd), cwd) == 0 &&
	       are_same_words(proof, words) && is_same_program(proof, program);
}
