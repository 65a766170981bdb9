# The guard under test. Sourced by driver.sh.

start_guard() {
  case $GUARD in
  none) ;;
  earlyoom) systemctl start earlyoom ;;
  oomd)
    # Masked in the image, because it starts by itself wherever it is installed.
    rm -f /etc/systemd/system/systemd-oomd.{service,socket}
    systemctl daemon-reload
    systemctl start systemd-oomd.service
    ;;
  # Runs already: the machine was prepared with it.
  firebreak) ;;
  esac
}

PRODUCT=/usr/lib/firebreak

# The product is on a disk of its own, which was empty when this machine was saved.
mount_product() {
  blockdev --flushbufs /dev/vdc
  mkdir -p $PRODUCT
  mount -o ro /dev/vdc $PRODUCT
  local system=$PRODUCT/system
  cp -r $system/systemd/* /usr/lib/systemd/system/
  mkdir -p /usr/share/polkit-1/actions
  cp $system/polkit/*.policy /usr/share/polkit-1/actions/ 2>/dev/null
  systemctl daemon-reload
}

start_firebreak() {
  mount_product
  start_core
}

# As installed from the package: the sentinel is a system service, the core the user's.
start_core() {
  local config=/home/lab/.config/firebreak
  install -d -o lab -g lab -m 700 /home/lab/.config $config $config/profiles
  write_settings $config
  chown -R lab:lab /home/lab/.config
  # At a login the drop-in of user@.service does this; the user of this machine is already there.
  systemctl start firebreak-sentinel@1000.socket
  # KillMode: as in the scope in which a desktop starts an app, the end of the app ends nothing else.
  as_user systemd-run --user -q --unit=firebreak-core -p KillMode=process -E FIREBREAK_NVML=$PRODUCT/lab/libnvidia-ml.so.1 \
    $PRODUCT/node $PRODUCT/app/out/main/headless.js --no-web
  wait_for 'the core' 120 test -S /run/user/1000/firebreak/control.sock
  tell core-up "$(uptime_s)"
}

# Runs test/lab/checks, which the case disk holds; each check is told as it ends.
run_checks() {
  mount_product
  mkdir -p $LAB/checks
  write_checks $LAB/checks
  $PRODUCT/node --disable-warning=MODULE_TYPELESS_PACKAGE_JSON $LAB/checks/main.ts >$CONSOLE 2>$LAB/checks.err
  tell_block errors <$LAB/checks.err
  tell_logs
}

# Firebreak's own processes, with their rights.
follow_firebreak() {
  for one in headless gpu-probe sentinel; do
    for pid in $(pgrep -f "/out/main/$one.js"); do
      echo "watch firebreak-$one $pid" >&7
      tell firebreak "$one $pid $(awk '/^VmRSS/ { print $2 }' /proc/"$pid"/status) kB rss," \
        "adj $(cat /proc/"$pid"/oom_score_adj), uid $(stat -c %u /proc/"$pid")," \
        "nice $(cut -d' ' -f19 /proc/"$pid"/stat), locked $(awk '/^VmLck/ { print $2 }' /proc/"$pid"/status) kB"
    done
  done
}
