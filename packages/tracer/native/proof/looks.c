#include "looks.h"

#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#define THREADS_MAX 8
/* For fewer, starting a thread takes longer than it saves. */
#define LOOKS_PER_THREAD 1000

struct search {
	const struct proof *proof;
	atomic_uint next; /* group */
	atomic_bool differs;
};

static bool group_holds(const struct search *search, const struct look_group *group)
{
	const struct proof *proof = search->proof;
	const struct look *looks = proof_part(proof, proof->head->looks);
	/* The way to the directory is walked once for all names in it. */
	int dir = open(proof_string(proof, group->path), O_PATH | O_DIRECTORY | O_CLOEXEC), error = errno;
	bool holds = true;

	for (uint32_t i = 0; holds && i < group->count; i++) {
		const struct look *look = &looks[group->first + i];
		struct stat stats;

		if (look->name >= proof->head->strings.count)
			holds = false;
		else if (dir < 0)
			holds = look_failure_matches(look, error);
		else if (fstatat(dir, proof_string(proof, look->name), &stats,
				 look->follows ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
			holds = look_failure_matches(look, errno);
		else
			holds = look_matches(look, &stats);
	}
	if (dir >= 0)
		close(dir);
	return holds;
}

static void *search_groups(void *context)
{
	struct search *search = context;
	const struct proof_head *head = search->proof->head;
	const struct look_group *groups = proof_part(search->proof, head->groups);

	while (!atomic_load(&search->differs)) {
		uint32_t group = atomic_fetch_add(&search->next, 1);

		if (group >= head->groups.count)
			break;
		if (!group_holds(search, &groups[group]))
			atomic_store(&search->differs, true);
	}
	return NULL;
}

static unsigned helpers_for(uint32_t looks)
{
	cpu_set_t set;
	unsigned processors = sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
	unsigned wanted = looks / LOOKS_PER_THREAD;

	if (wanted >= processors)
		wanted = processors - 1;
	return wanted < THREADS_MAX ? wanted : THREADS_MAX - 1;
}

bool looks_hold(const struct proof *proof)
{
	struct search search = { .proof = proof };
	pthread_t helpers[THREADS_MAX];
	unsigned started = 0, wanted = helpers_for(proof->head->looks.count);

	while (started < wanted && pthread_create(&helpers[started], NULL, search_groups, &search) == 0)
		started++;
	if (!proof_is_whole(proof))
		atomic_store(&search.differs, true);
	search_groups(&search);
	for (unsigned i = 0; i < started; i++)
		pthread_join(helpers[i], NULL);
	return !atomic_load(&search.differs);
}
