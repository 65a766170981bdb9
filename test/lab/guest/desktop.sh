# The desktop and what watches it. Sourced by driver.sh.

# Programs that must survive besides the browser: name and MiB of their own.
BYSTANDERS='gnome-shell:60 Xorg:20 pipewire:6 sshd:4'

start_watcher() {
  mkfifo $LAB/orders
  /lab/lab watcher out=$LAB/watch.jsonl <$LAB/orders &
  WATCHER=$!
  exec 7>$LAB/orders
}

start_desktop() {
  /lab/lab canary record=$LAB/canary.rec &
  as_user systemd-run --user -q --unit=app-firefox /lab/bin/firefox desktop record=$LAB/desktop.rec \
    anon=350 program=/lab/program.bin
  for one in $BYSTANDERS; do
    local run='as_user systemd-run --user'
    # sshd is the system's.
    [ "${one%:*}" = sshd ] && run=systemd-run
    $run -q --unit="lab-${one%:*}" "/lab/bin/${one%:*}" bystander anon="${one#*:}"
  done
  wait_for 'the desktop' 60 desktop_ticks
}

desktop_ticks() { [ -s $LAB/desktop.rec ] && [ "$(/lab/lab dump $LAB/desktop.rec | grep -c '"ticks":0')" = 0 ]; }

# Tells the watcher of all that must survive.
follow_protected() {
  DESKTOP_PID=$(pgrep -x firefox)
  echo "watch desktop $DESKTOP_PID" >&7
  for one in $BYSTANDERS; do
    echo "watch ${one%:*} $(pgrep -x "${one%:*}" | head -n 1)" >&7
  done
  for one in systemd:'--user' dbus-daemon:; do
    echo "watch user-${one%:*} $(pgrep -u lab -x "${one%:*}" | head -n 1)" >&7
  done
  echo "watch journald $(pgrep -x systemd-journal)" >&7
  tell adj "desktop $(cat /proc/"$DESKTOP_PID"/oom_score_adj) $(cat /proc/"$DESKTOP_PID"/oom_score)"
}
