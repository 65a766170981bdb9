/* desktop: stands in for a browser. Every 10 ms it touches some of its own pages and some of its program file's,
 * as redrawing a page does, and notes how late it was: that is what a user feels as a stall.
 *
 *   record=FILE anon=MiB program=FILE */
#define _GNU_SOURCE
#include "actors.h"
#include "record.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define TICK_US 10000u
/* Touched per tick, of each kind. */
#define PAGES_PER_TICK 24
#define PAGE 4096u
#define WORDS_PER_PAGE 512u

int desktop_main(char **argv) {
  struct record *record = open_record(argument(argv, "record", "/run/lab/desktop.rec"));
  size_t own_pages = (size_t)number_argument(argv, "anon", 350) * 256u;
  uint64_t *own = mmap(NULL, own_pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (own == MAP_FAILED) return 2;
  /* Random content: nothing that a compressor or a merger could fold away. */
  for (size_t page = 0; page < own_pages; page++) {
    for (size_t word = 0; word < WORDS_PER_PAGE; word += 8) own[page * WORDS_PER_PAGE + word] = next_random();
  }
  const char *path = argument(argv, "program", "/lab/program.bin");
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat facts;
  if (file < 0 || fstat(file, &facts) != 0) {
    perror(path);
    return 2;
  }
  size_t file_pages = (size_t)facts.st_size / PAGE;
  volatile uint8_t *program = mmap(NULL, (size_t)facts.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  if (program == MAP_FAILED) return 2;
  volatile unsigned sum = 0;
  for (size_t page = 0; page < file_pages; page++) sum += program[page * PAGE];

  record->start_us = now_us();
  uint64_t due = now_us();
  for (;;) {
    due += TICK_US;
    sleep_until_us(due);
    for (int i = 0; i < PAGES_PER_TICK; i++) own[(next_random() % own_pages) * WORDS_PER_PAGE]++;
    for (int i = 0; i < PAGES_PER_TICK; i++) sum += program[(next_random() % file_pages) * PAGE];
    note_tick(record, due);
    /* After a stall it goes on from now, and does not hurry through what it missed. */
    if (now_us() > due + TICK_US) due = now_us();
  }
}
