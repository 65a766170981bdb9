/* hog: a program with a model on the GPU that Firebreak knows nothing of.
 *
 *   record=FILE rate=MiB/s cap=MiB rest-available=MiB refused=hold|retry|leave
 *   rss=MiB       ordinary memory it has besides (default 50)
 *   term=ignore   ignores SIGTERM
 *   child=1       a child takes and holds the memory; the parent only waits */
#define _GNU_SOURCE
#include "actors.h"
#include "taking.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void touch_ordinary_memory(long mib) {
  size_t bytes = (size_t)mib << 20;
  if (bytes == 0) return;
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) exit(2);
  for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
}

int hog_main(char **argv) {
  struct taking how = taking_arguments(argv);
  if (strcmp(argument(argv, "term", ""), "ignore") == 0) signal(SIGTERM, SIG_IGN);
  if (number_argument(argv, "child", 0) == 1) {
    pid_t child = fork();
    if (child < 0) return 2;
    if (child > 0) {
      /* Outlives nothing: ends with its child, as a launcher does. */
      int status;
      while (waitpid(child, &status, 0) != child) continue;
      return 1;
    }
  }
  struct record *record = open_record(argument(argv, "record", "/run/lab/hog.rec"));
  touch_ordinary_memory(number_argument(argv, "rss", 50));
  if (take(open_device(), record, &how) != 0) return 1;
  for (;;) pause();
}
