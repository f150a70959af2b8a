/*
 * Writes a filemon log, version 5 as FreeBSD's, with our letters N S G K P Q T.
 * The layout is described in docs/formats/filemon-log.md.
 */
#ifndef OODATE_RECORD_H
#define OODATE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Longest path that a record can hold: what the kernel takes, without the NUL. */
#define RECORD_PATH_MAX 4095

/* Bytes of a command line that a record can hold, with a NUL behind each word. */
#define RECORD_WORDS_MAX 1000

struct recorder {
	struct recorder *outer; /* gets the same records; NULL if there is none */
	int fd;
	bool bare; /* head and end are written by others */
	bool muted; /* ordinary records go to the outer ones alone */
	char incomplete[160]; /* the first reason for incompleteness; empty if there is none */
	int error; /* errno of a write that failed: the log must not be closed as if it were whole */
	uint64_t start, latest; /* as of record_clock(): of the log, 0 if that is not known; and of its last T */
	size_t used;
	char *buffer; /* NULL once closed: what comes later goes to the outer ones alone */
};

/* Takes fd over. Returns -1 with errno. */
int recorder_open(struct recorder *r, int fd, struct recorder *outer);
void recorder_start(struct recorder *r, pid_t target);
/* Ends the log and closes it. Returns -1 with errno if any write has failed. */
int recorder_close(struct recorder *r);
/* Says in a log whose supervisor has died that it is incomplete. Returns -1 with errno. */
int recorder_give_up(int fd);

void record_path(struct recorder *r, char letter, pid_t pid, const char *path);
/* The path is changed, and what was there stays at least in part. */
void record_alteration(struct recorder *r, pid_t pid, const char *path);
/* A rename or link. Where a name has a space or a quote it becomes plain records, and false is returned. */
bool record_pair(struct recorder *r, char letter, pid_t pid, const char *from, const char *to);
/* A hard link; of a file that is read if it is not a symbolic link itself. */
void record_link(struct recorder *r, pid_t pid, bool symlink, const char *from, const char *to);
/* The command line of the program executed: words with a NUL behind each. Unless whole, there was more, and the last has none. */
void record_words(struct recorder *r, pid_t pid, const char *words, size_t length, bool whole);
/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t record_clock(void);
/* When that was which the next record of the process tells of: an E, here; forks and exits have it in their own functions. */
void record_time(struct recorder *r, pid_t pid, uint64_t at);
void record_fork(struct recorder *r, pid_t pid, pid_t child, uint64_t at);
/* status is -1 if it could not be found out */
void record_exit(struct recorder *r, pid_t pid, int status, int signal, uint64_t at);
void record_incomplete(struct recorder *r, pid_t pid, const char *reason);
/* As record_incomplete(), for this log and none around it. */
void record_incomplete_here(struct recorder *r, pid_t pid, const char *reason);
/* Of a meta file of bmake's: that it has got its section, or why not (NULL if it has). For this log alone. */
void record_section(struct recorder *r, const char *path, const char *objection);
/* Standard input, which holds nothing, was read. For this log alone. */
void record_stdin_read(struct recorder *r);
/* The network was used; or offered on, as a server does. For this log alone. */
void record_network(struct recorder *r, bool serves);
/* For this log and none around it. */
void record_left_running(struct recorder *r, pid_t pid, const char *name);
void record_note(struct recorder *r, const char *text, const char *path);

#endif
