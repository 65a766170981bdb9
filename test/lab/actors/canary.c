/* canary: 'can I still open a shell?' Starts a small command twice a second and notes how late it ends.
 *
 *   record=FILE */
#define _GNU_SOURCE
#include "actors.h"
#include "record.h"
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_US 500000u

static void run_command(void) {
  int null = open("/dev/null", O_RDWR);
  for (int stream = 0; stream < 3; stream++) dup2(null, stream);
  execl("/bin/sh", "sh", "-c", ":", (char *)NULL);
  _exit(127);
}

int canary_main(char **argv) {
  struct record *record = open_record(argument(argv, "record", "/run/lab/canary.rec"));
  uint64_t due = now_us();
  for (;;) {
    due += TICK_US;
    sleep_until_us(due);
    int status = 0;
    pid_t child = fork();
    if (child == 0) run_command();
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) record->failures++;
    note_tick(record, due);
    if (now_us() > due + TICK_US) due = now_us();
  }
}
