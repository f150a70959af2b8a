/*
 * What is told to who has expressed interest: an event for each path whose file has changed, with a number that goes up
 * by one. What there is no room for, or what the backend has lost, is told by OVER; and then the state of each path is.
 */
#ifndef OODATE_EVENTS_H
#define OODATE_EVENTS_H

#include "interests.h"
#include "monitor_backend.h"
#include "outlet.h"

/* Answers to requests go there, too, and always find room. `reader` is who reads it, whose own changes are not told; 0: anybody's are. */
void events_open(struct outlet *out, pid_t reader);
void events_tell(const struct change *change);
/* The same of a file that nobody has expressed interest in, which is found at this path. */
void events_tell_at(const struct change *change, const char *path);
/* Its last name is gone, and it is open nowhere. Ends all interests in it. */
void events_tell_deleted(struct file *file);
/* `who` is NULL if that is not known. Ends the interest. */
void events_tell_unmounted(struct interest *interest, const struct actor *who);
void events_tell_overmounted(const struct interest *interest, const struct actor *who);
void events_lost(uint64_t count);
/* Its state has just been told: the next that is due is after a loss. */
void events_state_is_told(struct interest *interest);
/* Tells what could not be told before, as far as there is room now. */
void events_catch_up(void);

#endif
