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
  firebreak) start_firebreak ;;
  esac
}

# The product is on a disk of its own, which was empty when this machine was saved.
mount_product() {
  blockdev --flushbufs /dev/vdc
  mkdir -p /opt/firebreak
  mount -o ro /dev/vdc /opt/firebreak
  local system=/opt/firebreak/system
  cp $system/systemd/*.{service,socket,slice} /usr/lib/systemd/system/ 2>/dev/null
  mkdir -p /usr/share/polkit-1/actions
  cp $system/polkit/*.policy /usr/share/polkit-1/actions/ 2>/dev/null
  systemctl daemon-reload
}

# As installed from the package: the sentinel is a system service, the core the user's.
start_firebreak() {
  local config=/home/lab/.config/firebreak
  mount_product
  install -d -o lab -g lab -m 700 /home/lab/.config $config $config/profiles
  write_settings $config
  chown -R lab:lab /home/lab/.config
  if [ -e /usr/lib/systemd/system/firebreak-sentinel@.socket ]; then
    systemctl start firebreak-sentinel@1000.socket
  elif [ -e /usr/lib/systemd/system/firebreak-sentinel@.service ]; then
    systemctl start firebreak-sentinel@1000.service
  fi
  as_user systemd-run --user -q --unit=firebreak-core -E FIREBREAK_NVML=/opt/firebreak/lab/libnvidia-ml.so.1 \
    /opt/firebreak/node/bin/node /opt/firebreak/out/main/headless.js --no-web
  wait_for 'the core' 120 test -S /run/user/1000/firebreak/control.sock
  tell core-up "$(uptime_s)"
  as_user firebreakctl status --json 2>&1 | tell_block status-before
  for one in headless gpu-probe sentinel; do
    for pid in $(pgrep -f "/out/main/$one.js"); do
      echo "watch firebreak-$one $pid" >&7
      tell firebreak "$one $pid $(awk '/^VmRSS/ { print $2 }' /proc/"$pid"/status) kB rss," \
        "adj $(cat /proc/"$pid"/oom_score_adj), uid $(stat -c %u /proc/"$pid")," \
        "nice $(cut -d' ' -f19 /proc/"$pid"/stat), locked $(awk '/^VmLck/ { print $2 }' /proc/"$pid"/status) kB"
    done
  done
}
