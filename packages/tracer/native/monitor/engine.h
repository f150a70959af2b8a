/*
 * The monitor: takes requests, has a backend watch, and tells what happens. It is built into each program that has a
 * backend for it.
 */
#ifndef OODATE_ENGINE_H
#define OODATE_ENGINE_H

/* The words behind --monitor. Returns the exit status. */
int engine_main(int argc, char **argv);
/* All that has happened until now is told before this returns. */
void engine_catch_up(void);

#endif
