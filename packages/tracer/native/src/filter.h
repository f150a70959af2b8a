/* The seccomp filter: which calls of the traced processes stop for the supervisor. */
#ifndef OODATE_FILTER_H
#define OODATE_FILTER_H

#include <stdbool.h>

#if defined(__x86_64__)
#define FILTER_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "oodate-probe knows the system calls of x86-64 and arm64 only"
#endif

/*
 * Puts the calling thread, and all that descends from it, under the filter.
 * Returns the listener's descriptor, or -1 with errno. *unprivileged is set if
 * that took no_new_privs. copies_terminals: what is written to terminals is to be seen.
 */
int filter_install(bool copies_terminals, bool *unprivileged);
/* Does a signal end a call even while it is being looked at? So it is before Linux 5.19. */
bool filter_is_interruptible(void);

#endif
