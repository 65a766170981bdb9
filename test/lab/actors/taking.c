#define _GNU_SOURCE
#include "taking.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Twenty steps a second: fine enough for the slowest rate, coarse enough to cost nothing. */
#define STEP_US 50000u
#define MIB 1048576u

struct taking taking_arguments(char **argv) {
  const char *refused = argument(argv, "refused", "hold");
  struct taking how = {
    .rate_mib_s = number_argument(argv, "rate", 100),
    .cap_mib = number_argument(argv, "cap", 1000000),
    .rest_available_mib = number_argument(argv, "rest-available", 0),
    .refused = strcmp(refused, "retry") == 0 ? RETRY : strcmp(refused, "leave") == 0 ? LEAVE : HOLD,
  };
  return how;
}

int open_device(void) {
  int device = open("/dev/gpuhog", O_RDWR | O_CLOEXEC);
  if (device < 0) {
    perror("/dev/gpuhog");
    exit(2);
  }
  return device;
}

int take(int device, struct record *record, const struct taking *how) {
  /* In KiB, so that slow rates keep their pace. */
  long step_kib = how->rate_mib_s * 1024 / (1000000 / (long)STEP_US);
  if (step_kib < 4) step_kib = 4;
  uint64_t due = now_us();
  while ((long)(record->held_bytes / MIB) < how->cap_mib) {
    if (how->rest_available_mib > 0 && mem_available_kb() / 1024 <= how->rest_available_mib) break;
    char request[32];
    int length = snprintf(request, sizeof request, "%ld", step_kib);
    ssize_t written = write(device, request, (size_t)length);
    record->beat_us = now_us();
    if (written < 0) {
      record->refused++;
      if (record->refused_us == 0) record->refused_us = record->beat_us;
      if (how->refused == LEAVE) return 1;
      if (how->refused == HOLD) break;
    } else {
      record->held_bytes += (uint64_t)step_kib * 1024u;
    }
    due += STEP_US;
    if (now_us() < due) sleep_until_us(due);
    else due = now_us();
  }
  record->resting_us = now_us();
  return 0;
}
