/* watcher: the lab's memory of a run. Locked in memory and never chosen by the kernel, it notes who died or was frozen
 * and when, and how much memory there was, and writes it all at the end.
 *
 *   out=FILE; on standard input, a line each:
 *     watch NAME PID     from now on this process is followed
 *     mark NAME          something began
 *     end                write FILE and leave
 *
 * Lines of FILE are JSON: {"us":…,"event":"died|frozen|thawed|watched|mark","name":…,"pid":…},
 * {"us":…,"event":"busy","name":…,"pid":…,"ms":…} (its main thread had the processor for most of a sample's time) and
 * {"us":…,"available_kb":…,"free_kb":…,"gpu_kb":…,"full_us":…}. */
#define _GNU_SOURCE
#include "actors.h"
#include "record.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TICK_US 10000u
#define SAMPLE_US 100000u
#define MAX_WATCHED 64
#define MAX_EVENTS 2048
#define MAX_SAMPLES 6000
#define NAME_SIZE 32
/* Of SAMPLE_US: whoever ran for longer kept others waiting. */
#define BUSY_MS 50

struct watched {
  char name[NAME_SIZE];
  int pid, pidfd, stat, schedstat, cgroup_events;
  uint64_t ran_ms;
  int frozen, gone;
};
struct event {
  uint64_t us;
  const char *what;
  char name[NAME_SIZE];
  int pid;
  int ms;
};
struct sample {
  uint64_t us, full_us;
  long available_kb, free_kb, gpu_kb;
};

static struct watched watched[MAX_WATCHED];
static struct event events[MAX_EVENTS];
static struct sample samples[MAX_SAMPLES];
static int watched_count, event_count, sample_count;

static void copy_name(char *to, const char *from) {
  size_t length = strnlen(from, NAME_SIZE - 1);
  memcpy(to, from, length);
  to[length] = 0;
}

static void note(const char *what, const char *name, int pid) {
  if (event_count == MAX_EVENTS) return;
  struct event *event = &events[event_count++];
  event->us = now_us();
  event->what = what;
  event->pid = pid;
  copy_name(event->name, name);
}

/* cgroup.events of the process's own cgroup, kept open; -1 where it has none. */
static int open_cgroup_events(int pid) {
  char path[64], text[512], events_path[600];
  snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
  if (read_text(path, text, sizeof text) < 0) return -1;
  char *own = strstr(text, "0::");
  if (own == NULL) return -1;
  own[strcspn(own, "\n")] = 0;
  snprintf(events_path, sizeof events_path, "/sys/fs/cgroup%s/cgroup.events", own + 3);
  return open(events_path, O_RDONLY | O_CLOEXEC);
}

static void follow(const char *name, int pid) {
  if (watched_count == MAX_WATCHED) return;
  struct watched *one = &watched[watched_count];
  char path[64];
  one->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (one->pidfd < 0) {
    note("died", name, pid);
    return;
  }
  copy_name(one->name, name);
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  one->pid = pid;
  one->stat = open(path, O_RDONLY | O_CLOEXEC);
  snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
  one->schedstat = open(path, O_RDONLY | O_CLOEXEC);
  one->cgroup_events = open_cgroup_events(pid);
  watched_count++;
  note("watched", name, pid);
}

static int read_again(int file, char *text, int size) {
  int length = file < 0 ? -1 : (int)pread(file, text, (size_t)size - 1, 0);
  if (length >= 0) text[length] = 0;
  return length;
}

/* SIGSTOP shows as state T, the cgroup freezer in cgroup.events. */
static int is_frozen(const struct watched *one) {
  char text[1024];
  if (read_again(one->stat, text, sizeof text) > 0) {
    const char *end = strrchr(text, ')');
    if (end && end[1] == ' ' && end[2] == 'T') return 1;
  }
  return read_again(one->cgroup_events, text, sizeof text) > 0 && strstr(text, "frozen 1") != NULL;
}

static void note_deaths(void) {
  for (int i = 0; i < watched_count; i++) {
    struct pollfd poll_one = {watched[i].pidfd, POLLIN, 0};
    if (watched[i].gone || poll(&poll_one, 1, 0) != 1) continue;
    watched[i].gone = 1;
    note("died", watched[i].name, watched[i].pid);
  }
}

static void note_freezes(void) {
  for (int i = 0; i < watched_count; i++) {
    if (watched[i].gone) continue;
    int frozen = is_frozen(&watched[i]);
    if (frozen != watched[i].frozen) note(frozen ? "frozen" : "thawed", watched[i].name, watched[i].pid);
    watched[i].frozen = frozen;
  }
}

/* schedstat begins with the ns for which the main thread has run. */
static void note_busy(void) {
  char text[128];
  for (int i = 0; i < watched_count; i++) {
    struct watched *one = &watched[i];
    if (one->gone || read_again(one->schedstat, text, sizeof text) <= 0) continue;
    uint64_t ran_ms = strtoull(text, NULL, 10) / 1000000u;
    if (one->ran_ms != 0 && ran_ms - one->ran_ms >= BUSY_MS) {
      note("busy", one->name, one->pid);
      if (event_count > 0) events[event_count - 1].ms = (int)(ran_ms - one->ran_ms);
    }
    one->ran_ms = ran_ms;
  }
}

static long number_after(const char *text, const char *key) {
  const char *at = strstr(text, key);
  return at ? atol(at + strlen(key)) : -1;
}

static void take_sample(int meminfo, int pressure) {
  static char text[4096];
  if (sample_count == MAX_SAMPLES) return;
  struct sample *sample = &samples[sample_count++];
  sample->us = now_us();
  if (read_again(meminfo, text, sizeof text) > 0) {
    sample->available_kb = number_after(text, "MemAvailable:");
    sample->free_kb = number_after(text, "MemFree:");
  }
  sample->gpu_kb = read_text("/proc/gpuhog", text, sizeof text) > 0 ? number_after(text, "total ") / 1024 : -1;
  if (read_again(pressure, text, sizeof text) > 0) {
    const char *full = strstr(text, "full ");
    sample->full_us = full ? (uint64_t)number_after(full, "total=") : 0;
  }
}

/* Returns 1 when told to end. */
static int obey(char *line) {
  char name[NAME_SIZE];
  int pid;
  if (sscanf(line, "watch %31s %d", name, &pid) == 2) follow(name, pid);
  else if (sscanf(line, "mark %31s", name) == 1) note("mark", name, 0);
  return strncmp(line, "end", 3) == 0;
}

static int read_orders(void) {
  static char pending[4096];
  static size_t filled;
  struct pollfd input = {0, POLLIN, 0};
  while (poll(&input, 1, 0) == 1 && (input.revents & POLLIN)) {
    ssize_t length = read(0, pending + filled, sizeof pending - 1 - filled);
    if (length <= 0) break;
    filled += (size_t)length;
    pending[filled] = 0;
    for (char *end; (end = strchr(pending, '\n')) != NULL;) {
      *end = 0;
      if (obey(pending)) return 1;
      filled -= (size_t)(end + 1 - pending);
      memmove(pending, end + 1, filled + 1);
    }
    input.revents = 0;
  }
  return 0;
}

static int write_all(const char *path) {
  FILE *out = fopen(path, "w");
  if (out == NULL) return 2;
  for (int i = 0; i < event_count; i++) {
    fprintf(out, "{\"us\":%llu,\"event\":\"%s\",\"name\":\"%s\",\"pid\":%d", (unsigned long long)events[i].us,
            events[i].what, events[i].name, events[i].pid);
    if (events[i].ms > 0) fprintf(out, ",\"ms\":%d", events[i].ms);
    fputs("}\n", out);
  }
  for (int i = 0; i < sample_count; i++) {
    fprintf(out, "{\"us\":%llu,\"available_kb\":%ld,\"free_kb\":%ld,\"gpu_kb\":%ld,\"full_us\":%llu}\n",
            (unsigned long long)samples[i].us, samples[i].available_kb, samples[i].free_kb, samples[i].gpu_kb,
            (unsigned long long)samples[i].full_us);
  }
  return fclose(out) == 0 ? 0 : 2;
}

int watcher_main(char **argv) {
  int meminfo = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
  int pressure = open("/proc/pressure/memory", O_RDONLY | O_CLOEXEC);
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) perror("mlockall");
  uint64_t due = now_us(), sample_due = due;
  while (!read_orders()) {
    note_deaths();
    if (now_us() >= sample_due) {
      take_sample(meminfo, pressure);
      note_freezes();
      note_busy();
      sample_due += SAMPLE_US;
    }
    due += TICK_US;
    if (now_us() < due) sleep_until_us(due);
    else due = now_us();
  }
  return write_all(argument(argv, "out", "/run/lab/watch.jsonl"));
}
