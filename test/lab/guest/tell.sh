# Words to the host, and small helpers. Sourced by driver.sh.

uptime_s() { cut -d' ' -f1 /proc/uptime; }

# tell NAME TEXT: one line for the host.
tell() { echo "@$1 ${*:2}" >$CONSOLE; }

# tell_block NAME: what comes on standard input, as a block.
tell_block() {
  echo "@BEGIN $1" >$CONSOLE
  cat >$CONSOLE
  # A block may end without a line end.
  printf '\n@END %s\n' "$1" >$CONSOLE
}

as_user() {
  runuser -u lab -- env HOME=/home/lab XDG_RUNTIME_DIR=/run/user/1000 \
    DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@"
}

switch_off() {
  tell done "$(uptime_s)"
  sleep 0.2
  echo o >/proc/sysrq-trigger
  sleep 10
}

# wait_for WHAT SECONDS COMMAND…: until the command succeeds; without it the run is void.
wait_for() {
  local what=$1 tries=$(($2 * 10))
  shift 2
  for ((i = 0; i < tries; i++)); do
    "$@" && return 0
    sleep 0.1
  done
  tell void "$what did not come"
  tell_logs
  switch_off
}

is_alive() { kill -0 "$1" 2>/dev/null; }

# MiB that the kernel says are to be had.
available_mib() { awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo; }

# wait_until_quiet SECONDS: until the processor has been idle for half of a second, so that no start-up is measured;
# not longer than that many seconds.
wait_until_quiet() {
  local idle before=-1
  for ((i = 0; i < $1; i++)); do
    idle=$(awk '/^cpu / { print $5 + $6 }' /proc/stat)
    # 100 ticks are a second of one processor.
    ((before >= 0 && idle - before >= 50)) && break
    before=$idle
    sleep 1
  done
}

# read_case STAGES: waits for a case of such a stage. Read past the page cache: there is another disk when the machine
# goes on from its saved state.
read_case() {
  until dd if=/dev/vdb of=$LAB/case.raw iflag=direct bs=64k count=1 2>/dev/null &&
    grep -aqE "^STAGE='($1)'" $LAB/case.raw; do
    sleep 0.2
  done
  tr -d "\0" <$LAB/case.raw >$LAB/case.sh
  . $LAB/case.sh
}

tell_logs() {
  dmesg | grep -E 'oom|Out of memory|Killed process|hung|blocked for|soft lockup|stall|segfault' | tail -80 | tell_block kernel
  journalctl -o short-monotonic --no-pager -q -n 120 -u earlyoom -u systemd-oomd -u 'firebreak-sentinel@*' \
    -u user@1000 2>/dev/null | cut -c1-400 | tell_block journal
  journalctl -o short-monotonic --no-pager -q -n 60 _UID=1000 2>/dev/null | cut -c1-400 | tell_block user-journal
  for file in /home/lab/.local/share/firebreak/incidents/*.json; do
    [ -f "$file" ] && head -c 20000 "$file" | tell_block incident
  done
  for file in /home/lab/.local/share/firebreak/*.log /home/lab/.local/share/firebreak/sentinel/*.log; do
    [ -f "$file" ] && tail -n 40 "$file" | cut -c1-400 | tell_block "log:$(basename "$file")"
  done
}

tell_results() {
  tell end "$(uptime_s)"
  echo end >&7
  wait "$WATCHER"
  for actor in desktop hog canary other; do
    tell "record:$actor" "$(/lab/lab dump $LAB/$actor.rec)"
  done
  tell gpu-at-end "$(head -n 1 /proc/gpuhog)"
  tell available-at-end "$(available_mib)"
  tell_block watch <$LAB/watch.jsonl
  tell_logs
}
