#include "filter.h"

#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define X32_BIT 0x40000000u
/* Instructions for a call, at most. */
#define PER_CALL 7
#define CALLS_MAX 160

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
/* Goes on if the loaded word is so, else past as many instructions. */
#define IF(test, value, skip) BPF_JUMP(BPF_JMP | (test) | BPF_K, value, 0, skip)

struct program {
	struct sock_filter code[PER_CALL * CALLS_MAX + 16];
	unsigned short length;
};

static void add(struct program *p, struct sock_filter instruction)
{
	p->code[p->length++] = instruction;
}

/* The lower half of an argument; both architectures are little-endian. */
static struct sock_filter load_argument(unsigned number)
{
	return (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS,
		(unsigned)(offsetof(struct seccomp_data, args) + (number - 1) * sizeof(uint64_t)));
}

static void add_call(struct program *p, const struct call *call, bool copies_terminals)
{
	struct sock_filter notify = RETURN(SECCOMP_RET_USER_NOTIF), allow = RETURN(SECCOMP_RET_ALLOW);
	unsigned number = (unsigned)call->number;
	enum sent sent = call->sent;

	if (sent == SENT_IF_SPLICED)
		sent = copies_terminals ? SENT_IF_COPIED : SENT_IF_STANDARD_INPUT;
	switch (sent) {
	case SENT_IF_SPLICED:
		break;
	case SENT_IF_COPIED:
		if (!copies_terminals)
			break;
		/* fallthrough */
	case SENT_ALWAYS:
		add(p, (struct sock_filter)IF(BPF_JEQ, number, 1));
		add(p, notify);
		break;
	case SENT_UNLESS_FSTAT:
		add(p, (struct sock_filter)IF(BPF_JEQ, number, 6));
		add(p, load_argument(call->flags));
		add(p, (struct sock_filter)IF(BPF_JEQ, AT_EMPTY_PATH, 3));
		add(p, load_argument(call->directory));
		add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)AT_FDCWD, 1, 0));
		add(p, allow);
		add(p, notify);
		break;
	case SENT_IF_NEW_NAMESPACE:
		add(p, (struct sock_filter)IF(BPF_JEQ, number, 4));
		add(p, load_argument(1));
		add(p, (struct sock_filter)IF(BPF_JSET, CLONE_NEWNS, 1));
		add(p, notify);
		add(p, allow);
		break;
	case SENT_IF_STANDARD_INPUT:
		add(p, (struct sock_filter)IF(BPF_JEQ, number, 4));
		add(p, load_argument(1));
		add(p, (struct sock_filter)IF(BPF_JEQ, STDIN_FILENO, 1));
		add(p, notify);
		add(p, allow);
		break;
	case SENT_IF_ADDRESSED:
		/* Half of the address will do: none that is used has 32 zero bits. */
		add(p, (struct sock_filter)IF(BPF_JEQ, number, 4));
		add(p, load_argument(5));
		add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
		add(p, notify);
		add(p, allow);
		break;
	case SENT_NEVER_REFUSED:
		add(p, (struct sock_filter)IF(BPF_JEQ, number, 1));
		add(p, (struct sock_filter)RETURN(SECCOMP_RET_ERRNO | ENOSYS));
		break;
	}
}

static void build(struct program *p, bool copies_terminals)
{
	_Static_assert(CALLS_MAX >= 130, "room for the table");
	p->length = 0;
	add(p, (struct sock_filter)LOAD(arch));
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCHITECTURE, 1, 0));
	add(p, (struct sock_filter)RETURN(SECCOMP_RET_USER_NOTIF));
	add(p, (struct sock_filter)LOAD(nr));
	add(p, (struct sock_filter)IF(BPF_JGE, X32_BIT, 1));
	add(p, (struct sock_filter)RETURN(SECCOMP_RET_USER_NOTIF));
	for (size_t i = 0; i < calls_count && i < CALLS_MAX; i++)
		add_call(p, &calls[i], copies_terminals);
	add(p, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
}

static int install(struct sock_fprog *program)
{
	/*
	 * Without WAIT_KILLABLE_RECV (before Linux 5.19) a signal that a thread
	 * handles makes it start its call anew and tell of it twice.
	 */
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);

	if (listener < 0 && errno == EINVAL)
		listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
					program);
	return listener;
}

int filter_install(bool copies_terminals, bool *unprivileged)
{
	struct program p;
	struct sock_fprog program = { .filter = p.code };
	int listener;

	build(&p, copies_terminals);
	program.len = p.length;
	*unprivileged = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	listener = install(&program);
	if (listener < 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
		*unprivileged = true;
		listener = install(&program);
	}
	return listener;
}

/* The kernel looks at the flags before it looks for the filter, which is not there. */
bool filter_is_interruptible(void)
{
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EINVAL;
}
