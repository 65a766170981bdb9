# The hog, the mishap of the case, and when the run is over. Sourced by driver.sh.

HOG_RECORD=$LAB/hog.rec
AFTER_DESKTOP_S=5

start_hog() {
  tell available-before "$(available_mib)"
  local rest=0
  ((REST_ABOVE_FLOOR_MIB > 0)) && rest=$((FLOOR_MIB + REST_ABOVE_FLOOR_MIB))
  local how="record=$HOG_RECORD rate=$RATE cap=$CAP_MIB rest-available=$rest refused=$REFUSED"
  local hog="/lab/bin/gpuhog hog $how rss=50 term=$TERM_ACTION child=$CHILD_HOLDS"
  echo 'mark hog-start' >&7
  tell hog-start "$(uptime_s)"
  case $HOG in
  user) as_user systemd-run --user -q --unit=app-hog $hog ;;
  container)
    # A container runs as root in a scope of system.slice; it must not inherit this script's oom_score_adj.
    choom -n 0 -- systemd-run --scope -q --slice=system.slice --unit="docker-$(container_id).scope" $hog &
    ;;
  own)
    [ -n "$BESIDE" ] && as_user firebreakctl start "$BESIDE" --wait --json 2>&1 | tell_block start-beside
    # A model that has just filled memory holds new launches for some seconds.
    wait_for 'the launch' 60 start_own
    ;;
  esac
  wait_for 'the hog' 60 test -s $HOG_RECORD
  sleep 0.3
  HOG_PIDS=$(hog_pids)
  for pid in $HOG_PIDS; do echo "watch hog $pid" >&7; done
  for pid in $(beside_pids); do echo "watch beside $pid" >&7; done
  tell hog "$HOG_PIDS $(tr '\n' ' ' <"/proc/${HOG_PIDS%% *}/cgroup" 2>/dev/null)"
}

# Whether the hog's launch is under way; what was said is told either way.
start_own() {
  local said
  said=$(as_user firebreakctl start "$PROFILE" --json 2>&1)
  local outcome=$?
  echo "$said" | tell_block start
  return $outcome
}

container_id() { printf '%s' "$GUARD$RATE" | sha256sum | cut -c1-64; }

hog_pids() {
  case $HOG in
  own) pgrep -f 'llama-server.*hog\.rec' | tr '\n' ' ' ;;
  *) pgrep -x gpuhog | tr '\n' ' ' ;;
  esac
}

beside_pids() { pgrep -f 'llama-server.*other\.rec'; }

# What happens to Firebreak while the hog grows.
mishap() {
  case $MISHAP in
  stop-core) kill -STOP "$(pgrep -f /out/main/headless.js)" ;;
  kill-core) kill -KILL "$(pgrep -f /out/main/headless.js)" ;;
  hang-probe) touch $LAB/nvml-hangs ;;
  esac
  echo "mark $MISHAP" >&7
}

hog_is_gone() {
  for pid in $HOG_PIDS; do is_alive "$pid" && return 1; done
  return 0
}

# Until all that can happen has: the hog is gone and AFTER_S passed, or the desktop is dead and the kernel has had time to
# choose once more, or the time is up.
wait_for_verdict() {
  local began=$SECONDS gone_at= desktop_gone_at=
  while ((SECONDS - began < OBSERVE_S)); do
    sleep 0.5
    if [ -n "$MISHAP" ] && ((SECONDS - began >= MISHAP_AT_S)); then
      mishap
      MISHAP=
    fi
    [ -z "$gone_at" ] && hog_is_gone && gone_at=$SECONDS
    [ -n "$gone_at" ] && ((SECONDS - gone_at >= AFTER_S)) && break
    [ -z "$desktop_gone_at" ] && ! is_alive "$DESKTOP_PID" && desktop_gone_at=$SECONDS
    [ -n "$desktop_gone_at" ] && ((SECONDS - desktop_gone_at >= AFTER_DESKTOP_S)) && break
  done
}
