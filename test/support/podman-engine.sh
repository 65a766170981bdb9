#!/usr/bin/env bash
# A real container engine of its own: Podman's Docker-compatible API on DIR/docker.sock, its state below DIR. Works
# without systemd and on hybrid cgroups, and touches no other engine of this machine.
#
# usage: podman-engine.sh DIR [REGISTRY]      runs until it is ended; DIR is then cleared of containers
# REGISTRY (host:port) is spoken to without TLS. Needs root, and Debian's packages podman runc netavark aardvark-dns uidmap iptables.
set -euo pipefail
dir=${1:?usage: podman-engine.sh DIR [REGISTRY]}
registry=${2:-}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
cat >"$dir/containers.conf" <<CONF
[containers]
# What a test machine may raise is less than Podman's own defaults.
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_config_dir = "$dir/networks"
CONF
if [ -n "$registry" ]; then
  printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$registry" >"$dir/registries.conf"
  export CONTAINERS_REGISTRIES_CONF=$dir/registries.conf
fi
export CONTAINERS_CONF=$dir/containers.conf
podman=(podman --root "$dir/store" --runroot "$dir/run" --tmpdir "$dir/tmp" --storage-driver vfs)
"${podman[@]}" system service --time=0 "unix://$dir/docker.sock" &
engine=$!
finish() {
  trap - EXIT INT TERM
  kill "$engine" 2>/dev/null || true
  wait "$engine" 2>/dev/null || true
  "${podman[@]}" rm --all --force --time 0 >/dev/null 2>&1 || true
}
trap finish EXIT
trap 'exit 0' INT TERM
wait "$engine"
