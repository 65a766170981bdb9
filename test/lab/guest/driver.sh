#!/bin/bash
# Runs one case in the guest, as root, from lab.service; then switches the machine off.
#
# It brings up the desktop and says that it is ready; there the machine is saved. What goes on from there is on the
# second disk: a shell file, written by host/case-file.ts. Its STAGE is `prepare` (start Firebreak and say ready again:
# that machine is saved too, so that no run waits for a start), `run` or `checks`. What happens is told on a virtio
# console.
set -u
export LANG=C
LAB=/run/lab
CONSOLE=/dev/hvc0
mkdir -p $LAB
chmod 777 $LAB
for part in tell guards desktop hogs; do . /lab/$part.sh; done

tell boot "$(uptime_s)"
wait_for "the user's manager" 30 test -S /run/user/1000/bus
insmod /lab/gpuhog.ko
start_watcher
start_desktop
wait_until_quiet 30
follow_protected
tell ready "$(uptime_s)"
read_case 'prepare|run|checks'
if [ "$STAGE" = prepare ]; then
  start_firebreak
  wait_for 'the sentinel' 120 pgrep -f /out/main/sentinel.js >/dev/null
  wait_until_quiet 60
  follow_firebreak
  wait_until_quiet 30
  tell ready "$(uptime_s)"
  read_case run
fi
if [ "$STAGE" = checks ]; then
  run_checks
  switch_off
fi

echo "$FREE_DELAY_S" >/sys/module/gpuhog/parameters/free_delay_s
echo "$REFUSE_EVERY" >/sys/module/gpuhog/parameters/refuse_every
start_guard
wait_until_quiet "$QUIET_S"
sleep "$START_DELAY_S"
start_hog
wait_for_verdict
tell_results
switch_off
