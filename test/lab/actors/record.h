/* What an actor leaves behind: a small shared page in a tmpfs file, so that it outlives its writer. */
#ifndef LAB_RECORD_H
#define LAB_RECORD_H
#include <stdint.h>

/* Longer than any run. */
#define RECORD_SECONDS 600

struct record {
  uint64_t pid;
  uint64_t start_us;     /* CLOCK_MONOTONIC, as everything here */
  uint64_t beat_us;      /* end of the last tick */
  uint64_t ticks;
  uint64_t worst_us;     /* the longest any tick was late, over the whole life */
  uint64_t held_bytes;   /* of a hog: what it took through the module */
  uint64_t refused;      /* of a hog: requests the kernel refused */
  uint64_t refused_us;   /* when the first was */
  uint64_t resting_us;   /* when it stopped growing */
  uint64_t failures;     /* of the canary: commands that could not be run */
  uint32_t late_us[RECORD_SECONDS]; /* worst lateness of each second since start_us */
};

uint64_t now_us(void);
/* Sleeps until a moment of CLOCK_MONOTONIC. */
void sleep_until_us(uint64_t due_us);
void sleep_us(uint64_t us);

/* Creates the file and maps it; memory-locked, so that writing it never waits for memory. Exits on failure. */
struct record *open_record(const char *path);

/* Notes that a tick due at due_us has just ended; a long stall counts in every second that it covered. */
void note_tick(struct record *record, uint64_t due_us);

/* A fast pseudo-random number; the same sequence in every run. */
uint64_t next_random(void);

/* Reads a whole small file into buffer as text; the length, or -1. */
int read_text(const char *path, char *buffer, int size);

/* MemAvailable in kB; -1 when it cannot be read. */
long mem_available_kb(void);

/* The value of the argument "key=value"; `otherwise` where there is none. */
const char *argument(char **argv, const char *key, const char *otherwise);
long number_argument(char **argv, const char *key, long otherwise);
#endif
