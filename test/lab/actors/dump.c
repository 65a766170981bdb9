/* dump FILE: an actor's record as one line of JSON; 'null' where there is none. */
#include "actors.h"
#include "record.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define U64(value) ((unsigned long long)(value))

int dump_main(char **argv) {
  static struct record record;
  int file = argv[0] ? open(argv[0], O_RDONLY) : -1;
  if (file < 0 || read(file, &record, sizeof record) != sizeof record || record.pid == 0) {
    puts("null");
    return 0;
  }
  int alive = kill((pid_t)record.pid, 0) == 0;
  uint64_t last = 0;
  for (uint64_t second = 0; second < RECORD_SECONDS; second++) {
    if (record.late_us[second]) last = second;
  }
  printf("{\"pid\":%llu,\"alive\":%s,\"start_us\":%llu,\"beat_us\":%llu,\"open_us\":%llu,\"ticks\":%llu,"
         "\"worst_us\":%llu,\"held_bytes\":%llu,\"refused\":%llu,\"refused_us\":%llu,\"resting_us\":%llu,"
         "\"failures\":%llu,\"late_us\":[",
         U64(record.pid), alive ? "true" : "false", U64(record.start_us), U64(record.beat_us),
         U64(alive ? now_us() - record.beat_us : 0), U64(record.ticks), U64(record.worst_us),
         U64(record.held_bytes), U64(record.refused), U64(record.refused_us), U64(record.resting_us),
         U64(record.failures));
  for (uint64_t second = 0; second <= last; second++) printf("%s%u", second ? "," : "", record.late_us[second]);
  puts("]}");
  return 0;
}
