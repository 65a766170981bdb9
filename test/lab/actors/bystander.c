/* bystander: a protected program that must survive: it has a little memory and touches it twice a second.
 *
 *   anon=MiB (default 8) */
#define _GNU_SOURCE
#include "actors.h"
#include "record.h"
#include <stddef.h>
#include <sys/mman.h>

#define TICK_US 500000u

int bystander_main(char **argv) {
  size_t bytes = (size_t)number_argument(argv, "anon", 8) << 20;
  volatile char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  for (;;) {
    for (size_t at = 0; at < bytes; at += 4096) memory[at]++;
    sleep_us(TICK_US);
  }
}
