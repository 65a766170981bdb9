#!/bin/bash
# Runs one case in the guest, as root, from lab.service; then switches the machine off.
#
# It brings up the desktop and says that it is ready; there the machine is saved, and each run goes on from there with
# its case on the second disk: a shell file, written by host/case-file.ts. What happens is told on a virtio console.
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
tell ready "$(uptime_s)"
read_case
. $LAB/case.sh

echo "$FREE_DELAY_S" >/sys/module/gpuhog/parameters/free_delay_s
echo "$REFUSE_EVERY" >/sys/module/gpuhog/parameters/refuse_every
follow_protected
start_guard
wait_until_quiet "$QUIET_S"
[ "$GUARD" = firebreak ] && follow_firebreak
start_hog
wait_for_verdict
tell_results
switch_off
