#!/usr/bin/env bash
# Makes a real program of Debian unstable startable on any Debian or Ubuntu, for tests: a root of its own with the
# program's packages, and a small starter that runs it there. Nothing on the system changes.
#
# usage: get-debian-program.sh DIR PROGRAM PACKAGE...      prints the path of DIR/bin/PROGRAM
#   a Hugging Face Trainer: get-debian-program.sh DIR python3 python3-transformers python3-torch python3-accelerate
#   JupyterLab:             get-debian-program.sh DIR jupyter-lab jupyterlab
# Needs root, mmdebstrap and unshare. The archive's address comes from the machine's own sources, or from DEBIAN_MIRROR.
set -euo pipefail

say() { echo "get-debian-program: $*" >&2; }
fail() { say "$*"; exit 1; }

usage='usage: get-debian-program.sh DIR PROGRAM PACKAGE...'
dir=${1:?$usage}
program=${2:?$usage}
packages=$(IFS=,; echo "${*:3}")
[ -n "$packages" ] || fail "$usage"
[ "$(id -u)" = 0 ] || fail 'needs root: a program is started in a root of its own'
for needed in mmdebstrap unshare; do
  command -v "$needed" >/dev/null || fail "$needed is missing: sudo apt-get install mmdebstrap util-linux"
done

mkdir -p "$dir/bin"
dir=$(cd "$dir" && pwd -P)
root=$dir/root
starter=$dir/bin/$program

# One call at a time: concurrent test runs share the folder.
exec 9>"$dir/.lock"
flock 9

if [ ! -d "$root" ]; then
  archive_address() {
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
      awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
  }
  address=${DEBIAN_MIRROR:-$(archive_address)}
  [ -n "$address" ] || fail "no Debian archive among the machine's sources: run apt-get update, or set DEBIAN_MIRROR"
  say "fetching $packages and what they need; this takes minutes"
  rm -rf --one-file-system "$root.part"
  # A mirror may lag behind the date until which its own list says it is good.
  mmdebstrap -q --variant=apt --include="$packages" \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    sid "$root.part" "deb $address sid main" >&2
  mv "$root.part" "$root"
fi
[ -x "$root/usr/bin/$program" ] || fail "the packages $packages hold no /usr/bin/$program"

# Each step becomes the next: the program has the starter's process number, and its signals. It sees this machine's
# /tmp, where tests have their folders, and its processes and network.
cat >"$starter" <<STARTER
#!/bin/sh
exec unshare --mount --propagation private sh -c '
  for place in tmp proc sys dev; do mount --rbind "/\$place" "\$0/\$place" || exit 1; done
  exec chroot "\$0" env -C "\$PWD" "\$@"' '$root' '/usr/bin/$program' "\$@"
STARTER
chmod +x "$starter"
echo "$starter"
