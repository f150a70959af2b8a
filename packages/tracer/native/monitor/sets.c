#include "sets.h"

#include "../proof/look.h"
#include "loop.h"
#include "requests.h"
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MILLISECOND 1000000ll
#define QUIET (200 * MILLISECOND) /* who has just changed something will change more */
#define SLICE MILLISECOND /* who asks must not wait for longer */
#define LOOKS_PER_CLOCK 64
/* Looking may take a fiftieth of the time, and as much at once as was saved up to this. */
#define PRICE 50
#define SAVINGS_MAX (1000 * MILLISECOND)
#define OPERATIONS_MAX 256
#define OPERATION_OLD (1000 * MILLISECOND)

#define ARRAY_LONG (256 << 10) /* bytes */

#define LOOKS_DIFFER "LOOKS_DIFFER"
#define UNREADABLE_INPUT "UNREADABLE_INPUT" /* it may be readable for another with the same ids */
#define NOT_A_PROOF "NOT_A_PROOF" /* any more */
#define NOT_WATCHED "NOT_WATCHED"

struct set {
	struct set *next;
	enum set_state state;
	const char *because; /* OVER: a code */
	struct identity proof; /* of the file as it was when it was read last */
	struct place *places; /* in the order of their keys, each once; all are watched. Strings are the proof's */
	size_t count;
	uint32_t strings; /* where these begin in the proof */
	uint32_t *names; /* in order: of each name that is looked at in a folder, see hash_of_name() */
	size_t name_count;
	uint64_t inputs, lookings, changes;
	int64_t changed; /* when it was told last; 0: never */
	char path[];
};

/* A call that has begun to change a file, and is not over. */
struct operation {
	pid_t thread;
	struct file_key key;
	int64_t since;
};

/* One after the other is looked at, in slices. */
static struct looking {
	struct set *set; /* NULL if none is */
	struct proof proof;
	struct way way;
	uint32_t group, look; /* the next */
	int dir, error; /* of the group: the descriptor, or why there is none */
	bool entered;
	unsigned steps;
	uint32_t *names; /* as in the set; there is room for one per look */
	size_t name_count;
	struct file_key folder; /* of the group */
	bool disturbed; /* something of the set was told meanwhile */
	const char *wrong; /* NULL as long as all is as the proof says; else a code */
} looking;

static const struct monitor_backend *backend;
static void (*keep_up)(void);
static struct set *sets;
static unsigned set_count;
static struct operation operations[OPERATIONS_MAX];
static unsigned operation_count;
static bool operations_left_out;
static int64_t savings, saved_at;

static int compare_keys(const void *one, const void *other)
{
	const struct file_key *a = one, *b = other;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return a->device == b->device ? 0 : a->device < b->device ? -1 : 1;
}

static bool same_key(const struct file_key *one, const struct file_key *other)
{
	return compare_keys(one, other) == 0;
}

static bool is_of(const struct set *set, const struct identity *proof)
{
	return set->proof.inode == proof->inode && set->proof.device == proof->device &&
	       set->proof.size == proof->size && set->proof.ctime == proof->ctime;
}

static int compare_places(const void *one, const void *other)
{
	return compare_keys(&((const struct place *)one)->key, &((const struct place *)other)->key);
}

static struct place *find_place(const struct set *set, const struct file_key *key)
{
	struct place wanted = { .key = *key };

	return set->count == 0 ? NULL :
				 bsearch(&wanted, set->places, set->count, sizeof(wanted), compare_places);
}

static void doubt(struct set *set)
{
	set->changed = loop_now();
	set->state = SET_DOUBTFUL;
	if (looking.set == set)
		looking.disturbed = true;
}

void sets_doubt(void)
{
	/* The end of a call may have been lost as well; it makes doubtful what it has changed when it is told. */
	operation_count = 0;
	operations_left_out = false;
	for (struct set *set = sets; set != NULL; set = set->next)
		doubt(set);
}

static void begin_operation(pid_t thread, const struct file_key *key)
{
	for (unsigned i = 0; i < operation_count; i++)
		if (operations[i].thread == thread && same_key(&operations[i].key, key))
			return;
	if (operation_count == OPERATIONS_MAX)
		operations_left_out = true;
	else
		operations[operation_count++] = (struct operation){ .thread = thread, .key = *key, .since = loop_now() };
}

static void end_operation(unsigned place)
{
	operations[place] = operations[--operation_count];
	if (operation_count == 0)
		operations_left_out = false;
}

static void end_operations(pid_t thread, const struct file_key *key)
{
	for (unsigned i = operation_count; i-- > 0;)
		if (operations[i].thread == thread && same_key(&operations[i].key, key))
			end_operation(i);
}

/* (Source: FNV-1a.) */
static uint32_t hash_of_name(const struct file_key *folder, const char *name)
{
	uint32_t hash = 2166136261u ^ (uint32_t)folder->inode ^ (uint32_t)folder->device * 40503u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

static int compare_hashes(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return a == b ? 0 : a < b ? -1 : 1;
}

/* What is made in a folder or removed from it is only of interest where it is looked at. */
static bool is_of_interest(const struct set *set, const struct place *place, const struct change *change)
{
	uint32_t hash;

	if (place->folder == NO_NAME || change->under_way)
		return false;
	if (place->name != NO_NAME || change->kind != CHANGE_ENTRY)
		return true;
	if (change->name == NULL || set->name_count == 0)
		return false;
	hash = hash_of_name(&change->key, change->name);
	return bsearch(&hash, set->names, set->name_count, sizeof(hash), compare_hashes) != NULL;
}

/* The proof whose strings were read last. */
static struct {
	const struct set *set;
	int fd;
} opened = { .fd = -1 };

static void close_proof(void)
{
	if (opened.fd >= 0)
		close(opened.fd);
	opened.set = NULL;
	opened.fd = -1;
}

/* False if it is not the one any more that the places are of. */
static bool open_proof(const struct set *set)
{
	struct identity found;
	struct stat stats;

	if (opened.set == set)
		return opened.fd >= 0;
	close_proof();
	opened.set = set;
	opened.fd = open(set->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (opened.fd < 0 || fstat(opened.fd, &stats) < 0)
		return false;
	identity_of(&found, &stats);
	if (is_of(set, &found))
		return true;
	close(opened.fd);
	opened.fd = -1;
	return false;
}

/* False if it is too long. */
static bool read_string(const struct set *set, uint32_t place, char *string, size_t size)
{
	ssize_t got = pread(opened.fd, string, size, (off_t)set->strings + place);

	return got > 0 && memchr(string, '\0', (size_t)got) != NULL;
}

static bool read_path(const struct set *set, const struct place *place, char path[PATH_MAX])
{
	size_t length;

	if (!open_proof(set) || !read_string(set, place->folder, path, PATH_MAX))
		return false;
	if (place->name == NO_NAME)
		return true;
	length = strlen(path);
	if (length > 1 && length + 1 < PATH_MAX)
		path[length++] = '/';
	return read_string(set, place->name, path + length, PATH_MAX - length);
}

void sets_changed(const struct change *change, void (*named)(const struct change *change, const char *path))
{
	char path[PATH_MAX];
	bool concerns = false;

	if (change->kind == CHANGE_OPEN || change->kind == CHANGE_EXEC || change->kind == CHANGE_EXIT)
		return;
	for (struct set *set = sets; set != NULL; set = set->next) {
		struct place *place = find_place(set, &change->key);

		if (place == NULL)
			continue;
		concerns = true;
		set->changes++;
		doubt(set);
		if (is_of_interest(set, place, change) && read_path(set, place, path)) {
			named(change, path);
			/* It is not there any more: by the same number another file may soon be known. */
			if (change->kind == CHANGE_REMOVE || change->kind == CHANGE_RENAME)
				place->folder = NO_NAME;
		}
	}
	if (concerns && change->under_way)
		begin_operation(change->thread, &change->key);
	else if (!change->alone)
		end_operations(change->thread, &change->key);
}

static bool is_alive(pid_t thread)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/%d", thread);
	return access(name, F_OK) == 0;
}

/* A thread that was ended in a call never comes to its end. */
static bool is_under_way(const struct set *set)
{
	int64_t now = loop_now();

	for (unsigned i = operation_count; i-- > 0;)
		if (now - operations[i].since > OPERATION_OLD && !is_alive(operations[i].thread))
			end_operation(i);
	if (operations_left_out)
		return true;
	for (unsigned i = 0; i < operation_count; i++)
		if (find_place(set, &operations[i].key) != NULL)
			return true;
	return false;
}

void sets_begin(const struct monitor_backend *with, void (*keeping_up)(void))
{
	backend = with;
	keep_up = keeping_up;
	savings = SAVINGS_MAX;
	saved_at = loop_now();
#ifdef __GLIBC__
	/* Long arrays come and go: else they would come to lie among what stays, and their memory with it. */
	mallopt(M_MMAP_THRESHOLD, ARRAY_LONG);
#endif
}

static void leave_group(void)
{
	if (looking.entered && looking.dir >= 0)
		close(looking.dir);
	looking.entered = false;
}

static void end_looking(void)
{
	leave_group();
	free(looking.names);
	free(looking.way.passed.places);
	way_close(&looking.way);
	proof_close(&looking.proof);
	looking.set = NULL;
}

static void remove_set(struct set **place)
{
	struct set *set = *place;

	if (looking.set == set)
		end_looking();
	if (opened.set == set)
		close_proof();
	*place = set->next;
	free(set->names);
	free(set->places);
	free(set);
	set_count--;
}

void sets_end(void)
{
	while (sets != NULL)
		remove_set(&sets);
}

static struct set *find_by_path(const char *path)
{
	struct set *set = sets;

	while (set != NULL && strcmp(set->path, path) != 0)
		set = set->next;
	return set;
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Those whose proofs are gone make room. */
static void remove_orphans(void)
{
	for (struct set **place = &sets; *place != NULL;)
		if (is_there((*place)->path))
			place = &(*place)->next;
		else
			remove_set(place);
}

static struct set *new_set(const char *path, struct refusal *refusal)
{
	struct set *set;

	if (set_count == SETS_MAX)
		remove_orphans();
	set = set_count < SETS_MAX ? malloc(sizeof(*set) + strlen(path) + 1) : NULL;
	if (set == NULL) {
		refuse_with(refusal, "TOO_MANY", "remove the cache folders of targets that are not used",
			    "there are %u proofs already", set_count);
		return NULL;
	}
	*set = (struct set){ .next = sets, .state = SET_DOUBTFUL };
	strcpy(set->path, path);
	sets = set;
	set_count++;
	return set;
}

int sets_add(const char *path, struct refusal *refusal)
{
	struct set *set = find_by_path(path);

	if (path[0] != '/') {
		refuse_with(refusal, "NOT_ABSOLUTE", "name it from the root", "%.200s is no absolute path", path);
		return -1;
	}
	if (set == NULL && !is_there(path)) {
		refuse_with(refusal, "NOT_THERE", "name a proof that is there", "%.200s is not there", path);
		return -1;
	}
	if (set == NULL)
		set = new_set(path, refusal);
	if (set == NULL)
		return -1;
	if (set->state == SET_OVER)
		set->state = SET_DOUBTFUL;
	return 0;
}

enum set_state sets_state(const struct identity *proof)
{
	/* Two paths may lead to one proof. */
	enum set_state state = SET_UNKNOWN;

	for (const struct set *set = sets; set != NULL && state != SET_HOLDS; set = set->next)
		if (is_of(set, proof))
			state = set->state;
	return state;
}

static void find_wrong(const char *what)
{
	if (looking.wrong == NULL)
		looking.wrong = what;
}

/* The kernel has to come to the same as the way that was gone, or to stop for the same reason: else that may have ended before. */
static void enter_group(const struct look_group *group)
{
	const char *path = proof_string(&looking.proof, group->path);
	struct file_key walked;
	int way = way_to_directory(&looking.way, path, &walked), stop = errno;
	struct stat stats;
	bool same;

	looking.dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	looking.error = errno;
	looking.entered = true;
	if (looking.dir < 0)
		/* A way can be gone to a file as well. */
		same = looking.error == (way < 0 ? stop : ENOTDIR);
	else
		same = way == 0 && fstat(looking.dir, &stats) == 0 && stats.st_ino == walked.inode &&
		       stats.st_dev == walked.device;
	if (!same)
		find_wrong(UNCLEAR_WAY);
	if (way < 0)
		return;
	looking.folder = walked;
	way_name(&looking.way, &walked, group->path, NO_NAME);
}

static const char *look_through_link(const struct look *look, const char *name, uint32_t folder)
{
	struct file_key walked;
	int way = way_through_link(&looking.way, looking.dir, name, &walked), stop = errno;
	struct stat stats;

	if (fstatat(looking.dir, name, &stats, 0) < 0) {
		if (way == 0 || errno != stop)
			return UNCLEAR_WAY;
		return look_failure_matches(look, errno) ? NULL : LOOKS_DIFFER;
	}
	if (way < 0 || stats.st_ino != walked.inode || stats.st_dev != walked.device)
		return UNCLEAR_WAY;
	way_name(&looking.way, &walked, folder, look->name);
	return look_matches(look, &stats) ? NULL : LOOKS_DIFFER;
}

/* Returns a code if it does not hold or could not be watched. */
static const char *look_again(const struct look *look, uint32_t folder)
{
	const char *name;
	struct stat stats;

	if (look->kind == LOOK_UNREADABLE)
		return UNREADABLE_INPUT;
	if (look->name >= looking.proof.head->strings.count)
		return NOT_A_PROOF;
	if (looking.dir < 0)
		return look_failure_matches(look, looking.error) ? NULL : LOOKS_DIFFER;
	name = proof_string(&looking.proof, look->name);
	looking.names[looking.name_count++] = hash_of_name(&looking.folder, name);
	if (fstatat(looking.dir, name, &stats, AT_SYMLINK_NOFOLLOW) < 0)
		return look_failure_matches(look, errno) ? NULL : LOOKS_DIFFER;
	if (look->follows && S_ISLNK(stats.st_mode))
		return look_through_link(look, name, folder);
	/* Which directory a name leads to depends on the one that it is in, not on what is in it. */
	if (look->kind == LOOK_SAME || look->kind == LOOK_ABSENT)
		way_note(&looking.way, looking.dir, name, &stats, folder, look->name);
	return look_matches(look, &stats) ? NULL : LOOKS_DIFFER;
}

/* Whether all has been looked at. One that does not hold is no reason to stop: what changes next is to be known, too. */
static bool look_on(int64_t until)
{
	const struct look_group *groups = proof_part(&looking.proof, looking.proof.head->groups);
	const struct look *looks = proof_part(&looking.proof, looking.proof.head->looks);

	for (; looking.group < looking.proof.head->groups.count; looking.group++) {
		const struct look_group *group = &groups[looking.group];

		if (!looking.entered)
			enter_group(group);
		for (; looking.look < group->count; looking.look++) {
			if (++looking.steps % LOOKS_PER_CLOCK == 0 && loop_now() > until)
				return false;
			find_wrong(look_again(&looks[group->first + looking.look], group->path));
		}
		leave_group();
		looking.look = 0;
	}
	find_wrong(looking.way.trouble);
	return true;
}

static void end_over(struct set *set, const char *because)
{
	set->state = SET_OVER;
	set->because = because;
}

static void begin_looking(struct set *set)
{
	struct stat proof = { .st_mode = S_IFREG };

	looking = (struct looking){ .set = set };
	set->lookings++;
	if (proof_read(&looking.proof, set->path) < 0) {
		end_over(set, NOT_A_PROOF);
		looking.set = NULL;
		return;
	}
	looking.names = malloc((looking.proof.head->looks.count + 1) * sizeof(*looking.names));
	if (looking.names == NULL ||
	    way_open(&looking.way, looking.proof.head->looks.count + 2 * looking.proof.head->groups.count + 64) < 0) {
		end_over(set, OUT_OF_MEMORY);
		free(looking.names);
		proof_close(&looking.proof);
		looking.set = NULL;
		return;
	}
	if (!proof_is_whole(&looking.proof))
		find_wrong(NOT_A_PROOF);
	proof.st_ino = looking.proof.own.inode;
	proof.st_dev = looking.proof.own.device;
	way_note(&looking.way, AT_FDCWD, set->path, &proof, NO_NAME, NO_NAME);
}

/* Of the places of one file one with a name is kept. */
static void sort_places(struct place_list *list)
{
	size_t kept = 0;
	struct place *shorter;

	qsort(list->places, list->count, sizeof(*list->places), compare_places);
	for (size_t i = 0; i < list->count; i++) {
		if (kept == 0 || compare_places(&list->places[i], &list->places[kept - 1]) != 0)
			list->places[kept++] = list->places[i];
		else if (list->places[kept - 1].folder == NO_NAME)
			list->places[kept - 1] = list->places[i];
	}
	list->count = kept;
	shorter = realloc(list->places, kept * sizeof(*shorter));
	if (shorter != NULL)
		list->places = shorter;
}

static bool has_all_places(const struct set *set, const struct place_list *list)
{
	size_t at = 0;

	for (size_t i = 0; i < list->count; i++) {
		while (at < set->count && compare_places(&set->places[at], &list->places[i]) < 0)
			at++;
		if (at == set->count || compare_places(&set->places[at], &list->places[i]) != 0)
			return false;
	}
	return true;
}

static bool watch(const struct place_list *list)
{
	struct file_key keys[256];
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		keys[count++] = list->places[i].key;
		if (count < sizeof(keys) / sizeof(*keys) && i + 1 < list->count)
			continue;
		if (backend->watch_inputs(keys, count) < 0)
			return false;
		count = 0;
	}
	return true;
}

/*
 * All has been looked at. That it holds counts only if every file on the way was watched before the first look; else the
 * ways that were gone just now are watched from here on, and have to be gone once more: not at once, so that calls that
 * had begun to change something before it was watched are over by then.
 */
static void conclude(void)
{
	struct set *set = looking.set;
	struct place_list *passed = &looking.way.passed;
	bool watched;

	sort_places(passed);
	watched = has_all_places(set, passed);
	if (!watched && !watch(passed))
		find_wrong(NOT_WATCHED);
	if (opened.set == set)
		close_proof();
	qsort(looking.names, looking.name_count, sizeof(*looking.names), compare_hashes);
	free(set->names);
	free(set->places);
	set->names = realloc(looking.names, (looking.name_count + 1) * sizeof(*looking.names));
	set->name_count = set->names == NULL ? 0 : looking.name_count;
	looking.names = NULL;
	set->places = passed->places;
	set->count = passed->count;
	*passed = (struct place_list){ .places = NULL };
	set->strings = looking.proof.head->strings.offset;
	set->inputs = looking.proof.head->looks.count;
	set->proof = looking.proof.own;
	if (watched)
		keep_up();
	else
		set->changed = loop_now();
	if (looking.wrong != NULL)
		end_over(set, looking.wrong);
	else if (watched && !looking.disturbed && !is_under_way(set))
		set->state = SET_HOLDS;
	end_looking();
}

static bool is_due(const struct set *set, int64_t now)
{
	return set->state == SET_DOUBTFUL && (set->changed == 0 || now - set->changed >= QUIET) && !is_under_way(set);
}

static struct set *next_due(int64_t now)
{
	struct set *set = sets;

	while (set != NULL && !is_due(set, now))
		set = set->next;
	return set;
}

static void save_up(int64_t now)
{
	savings += (now - saved_at) / PRICE;
	if (savings > SAVINGS_MAX)
		savings = SAVINGS_MAX;
	saved_at = now;
}

/* When something may be due that is not now. */
static int64_t next_moment(int64_t now)
{
	int64_t moment = 0;

	for (const struct set *set = sets; set != NULL; set = set->next) {
		int64_t due = set->changed + QUIET;

		if (set->state != SET_DOUBTFUL)
			continue;
		/* It waits for the end of a call. */
		if (due <= now)
			due = now + QUIET;
		if (moment == 0 || due < moment)
			moment = due;
	}
	return moment;
}

static void look_for_a_slice(int64_t until)
{
	if (looking.disturbed)
		end_looking();
	else if (look_on(until))
		conclude();
}

int64_t sets_work(void)
{
	int64_t now = loop_now(), end;
	struct set *due;

	save_up(now);
	if (looking.set == NULL) {
		/* What has happened before does not disturb. */
		if (next_due(now) == NULL)
			return next_moment(now);
		keep_up();
		due = next_due(now);
		if (due == NULL)
			return next_moment(now);
		if (savings <= 0)
			return now + PRICE * (MILLISECOND - savings);
		begin_looking(due);
	}
	if (looking.set != NULL)
		look_for_a_slice(now + SLICE);
	end = loop_now();
	savings -= end - now;
	return end;
}

void sets_sum_up(struct sets_sum *sum)
{
	*sum = (struct sets_sum){ .sets = set_count };
	for (const struct set *set = sets; set != NULL; set = set->next) {
		sum->doubtful += set->state == SET_DOUBTFUL;
		sum->over += set->state == SET_OVER;
		sum->files += set->count;
	}
}

static const char *const state_names[] = { "doubtful", "holds", "over" };

void sets_write(struct text *text)
{
	const char *separator = "";

	for (const struct set *set = sets; set != NULL; set = set->next) {
		size_t begin = text->length;

		text_put(text, separator);
		text_put(text, "{\"proof\":");
		text_string(text, set->path);
		text_format(text, ",\"state\":\"%s\"", state_names[set->state]);
		if (set->state == SET_OVER)
			text_format(text, ",\"because\":\"%s\"", set->because);
		text_format(text, ",\"inputs\":%llu,\"files\":%zu,\"lookings\":%llu,\"changes\":%llu}",
			    (unsigned long long)set->inputs, set->count, (unsigned long long)set->lookings,
			    (unsigned long long)set->changes);
		if (text_take_back(text, begin))
			break;
		separator = ",";
	}
}
