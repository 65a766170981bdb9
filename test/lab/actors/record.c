#define _GNU_SOURCE
#include "record.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

void sleep_us(uint64_t us) {
  struct timespec t = {(time_t)(us / 1000000u), (long)(us % 1000000u) * 1000};
  while (nanosleep(&t, &t) != 0 && errno == EINTR) continue;
}

void sleep_until_us(uint64_t due_us) {
  uint64_t now = now_us();
  if (now < due_us) sleep_us(due_us - now);
}

static void fail(const char *what) {
  perror(what);
  exit(2);
}

struct record *open_record(const char *path) {
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) fail(path);
  if (ftruncate(file, sizeof(struct record)) != 0) fail("ftruncate");
  struct record *record = mmap(NULL, sizeof *record, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (record == MAP_FAILED) fail("mmap");
  close(file);
  memset(record, 0, sizeof *record);
  /* Best effort: an ordinary user may lock a little. */
  (void)!mlock(record, sizeof *record);
  record->start_us = record->beat_us = now_us();
  record->pid = (uint64_t)getpid();
  return record;
}

void note_tick(struct record *record, uint64_t due_us) {
  uint64_t now = now_us();
  uint64_t late = now > due_us ? now - due_us : 0;
  uint64_t first = due_us > record->start_us ? (due_us - record->start_us) / 1000000u : 0;
  uint64_t last = (now - record->start_us) / 1000000u;
  if (late > record->worst_us) record->worst_us = late;
  for (uint64_t second = first; second <= last && second < RECORD_SECONDS; second++) {
    if (late > record->late_us[second]) record->late_us[second] = (uint32_t)late;
  }
  record->ticks++;
  record->beat_us = now;
}

uint64_t next_random(void) {
  static uint64_t state = 88172645463325252ull;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

int read_text(const char *path, char *buffer, int size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  int length = (int)read(file, buffer, (size_t)size - 1);
  close(file);
  if (length < 0) return -1;
  buffer[length] = 0;
  return length;
}

long mem_available_kb(void) {
  char text[2048];
  if (read_text("/proc/meminfo", text, sizeof text) < 0) return -1;
  const char *at = strstr(text, "MemAvailable:");
  return at ? atol(at + strlen("MemAvailable:")) : -1;
}

const char *argument(char **argv, const char *key, const char *otherwise) {
  size_t length = strlen(key);
  for (; *argv; argv++) {
    if (strncmp(*argv, key, length) == 0 && (*argv)[length] == '=') return *argv + length + 1;
  }
  return otherwise;
}

long number_argument(char **argv, const char *key, long otherwise) {
  const char *value = argument(argv, key, NULL);
  return value ? atol(value) : otherwise;
}
