/*
 * The monitor: takes requests, has a backend watch, and tells what happens. It is built into each program that has a
 * backend for it.
 */
#ifndef OODATE_ENGINE_H
#define OODATE_ENGINE_H

#include "monitor_backend.h"
#include "outlet.h"

/* The words behind --monitor, which is itself before them. Returns the exit status. */
int engine_main(int argc, char **argv);

extern const struct monitor_backend *engine_backend;
/* As of last_mounter() of the backend. */
const struct actor *engine_mounter(void);
/* Says who is there. */
void engine_greet(struct outlet *outlet);
/* All that has happened until now is told before this returns. */
void engine_catch_up(void);

#endif
