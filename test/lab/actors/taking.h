/* Taking GPU memory through /dev/gpuhog, step by step. */
#ifndef LAB_TAKING_H
#define LAB_TAKING_H
#include "record.h"

enum when_refused { HOLD, RETRY, LEAVE };

struct taking {
  long rate_mib_s;
  long cap_mib;             /* rests when it holds that much */
  long rest_available_mib;  /* rests when MemAvailable is down to that; 0: never */
  enum when_refused refused;
};

/* Reads rate=, cap=, rest-available=, refused=hold|retry|leave. */
struct taking taking_arguments(char **argv);

/* Opens the device in this process, which then is the one that holds the memory. Exits on failure. */
int open_device(void);

/* Takes until it rests; returns 0, or 1 when it was refused and is to leave. */
int take(int device, struct record *record, const struct taking *how);
#endif
