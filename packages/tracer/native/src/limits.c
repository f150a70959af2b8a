#include "limits.h"

#include "filter.h"

#include <linux/capability.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static bool always(void)
{
	return true;
}

static bool is_kernel_before(int major, int minor)
{
	struct utsname name;
	int own_major, own_minor;

	return uname(&name) == 0 && sscanf(name.release, "%d.%d", &own_major, &own_minor) == 2 &&
	       (own_major < major || (own_major == major && own_minor < minor));
}

static bool is_before_6_6(void)
{
	return is_kernel_before(6, 6);
}

static bool is_before_6_15(void)
{
	return is_kernel_before(6, 15);
}

static bool is_unprivileged(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	return syscall(SYS_capget, &head, data) < 0 || !(data[0].effective & (1u << CAP_SYS_ADMIN));
}

const struct limit notify_limits[] = {
	{ "NO_NEW_PRIVS", is_unprivileged,
	  "without CAP_SYS_ADMIN, sudo and other set-user-id programs have no privileges in a traced command",
	  "run oodate as root, or keep such steps out of the command" },
	{ "INTERRUPTED_CALLS", filter_is_interruptible,
	  "a signal that a program handles often ends its call with EINTR, which programs may take for an error",
	  "use Linux 5.19 or later, where that is rare" },
	{ "SLOW_WAKE_UP", is_before_6_6, "each call that is traced takes about twice as long as it could",
	  "use Linux 6.6 or later" },
	{ "UNKNOWN_ENDS", is_before_6_15, "of a process that was killed the log may not say how it ended",
	  "use Linux 6.15 or later" },
	{ "NO_IO_URING", always,
	  "io_uring, which works unseen, is not there for a traced command (ENOSYS); programs fall back to ordinary calls",
	  "" },
	{ NULL, NULL, NULL, NULL },
};

const struct limit bpf_limits[] = {
	{ "IO_URING", always,
	  "a run that names files through io_uring is not kept, before Linux 6.3 none that uses it at all",
	  "give it --backend notify, under which programs do without" },
	{ NULL, NULL, NULL, NULL },
};
