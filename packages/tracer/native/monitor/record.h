/*
 * The recorder: keeps a journal of what happens to files of interest, and answers whether anything of a proof may have
 * changed. It is the engine with requests from a socket, see docs/formats/monitor.md.
 */
#ifndef OODATE_RECORD_H
#define OODATE_RECORD_H

#include "monitor_backend.h"
#include "requests.h"

/* `folder` belongs to this user alone. After the backend is open. Returns -1 with the reason. */
int record_open(const char *folder, const struct monitor_backend *backend, struct refusal *refusal);
void record_close(void);
/* Nothing is recorded unless record_open() was called; then nothing of all this does anything. */
bool is_recording(void);
void record_change(const struct change *change);
void record_lost(void);
void record_mounts_changed(void);
void record_event(const char *line, size_t length);
/* What waits to be written is, as far as it can be at once. */
void record_before_waiting(void);

void record_set(struct request *request);
void record_ask(struct request *request);
void record_status(struct request *request);
void record_stop(struct request *request);

#endif
