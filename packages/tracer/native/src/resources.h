/* Limits of resources for the probe's own processes. */
#ifndef OODATE_RESOURCES_H
#define OODATE_RESOURCES_H

/* Up to what is allowed, setrlimit(2): the lower limit was meant for the command, which keeps it. */
void raise_limit(int resource);

#endif
