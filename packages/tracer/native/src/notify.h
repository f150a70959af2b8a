/*
 * The backend that needs no privilege: seccomp user notification (seccomp(2),
 * seccomp_unotify(2)). A filter stops the calls of the table in calls.c; the
 * supervisor reads their arguments, finds out what they will do, lets them go on.
 */
#ifndef OODATE_NOTIFY_H
#define OODATE_NOTIFY_H

#include "backend.h"

extern const struct backend notify_backend;

#endif
