#include "features.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

/* From Linux 5.8. */
#ifndef CAP_BPF
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

/* bpf_loop() and bpf_find_vma() came with 5.17. */
#define OLDEST_MAJOR 5
#define OLDEST_MINOR 17

struct feature {
	bool (*is_missing)(void);
	struct refusal refusal;
};

static bool has_capability(unsigned number)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	return syscall(SYS_capget, &head, data) == 0 && (data[number / 32].effective >> number % 32 & 1);
}

static bool lacks_capabilities(void)
{
	return !has_capability(CAP_SYS_ADMIN) && (!has_capability(CAP_BPF) || !has_capability(CAP_PERFMON));
}

/* Given to the file, but not to this process. */
static bool is_not_granted(void)
{
	return lacks_capabilities() && getxattr("/proc/self/exe", "security.capability", NULL, 0) > 0;
}

static bool is_old(void)
{
	struct utsname name;
	int major, minor;

	return uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	       (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR));
}

static bool lacks_btf(void)
{
	return access("/sys/kernel/btf/vmlinux", R_OK) < 0;
}

static bool is_locked_down(void)
{
	char text[128] = "";
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");

	if (file == NULL)
		return false;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	fclose(file);
	return strstr(text, "[confidentiality]") != NULL;
}

static const struct feature features[] = {
	{ lacks_btf,
	  { "NO_BTF", "the kernel does not describe its structures (no /sys/kernel/btf/vmlinux)",
	    "use a kernel built with CONFIG_DEBUG_INFO_BTF, as those of the distributions are" } },
	{ is_not_granted, REFUSAL_NOT_GRANTED },
	{ lacks_capabilities, REFUSAL_NO_CAPABILITY },
	{ is_locked_down,
	  { "LOCKED_DOWN", "the kernel is locked down and lets no program read its memory",
	    "boot with lockdown=integrity or without lockdown" } },
};

int features_check(struct refusal *refusal)
{
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (features[i].is_missing()) {
			*refusal = features[i].refusal;
			return -1;
		}
	return 0;
}

void features_explain(int error, struct refusal *refusal)
{
	/* Not before, since distributions put newer parts into older kernels. */
	if (is_old()) {
		refusal->code = "OLD_KERNEL";
		refusal->remedy = "use a newer kernel";
		snprintf(refusal->sentence, sizeof(refusal->sentence), "bpf needs Linux %d.%d or later", OLDEST_MAJOR,
			 OLDEST_MINOR);
		return;
	}
	refusal->code = "BPF_REFUSED";
	refusal->remedy = "allow bpf(2) in the sandbox or container";
	snprintf(refusal->sentence, sizeof(refusal->sentence), "the kernel refused the program of the bpf backend (%s)",
		 strerror(error));
}
