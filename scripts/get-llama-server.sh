#!/usr/bin/env bash
# Puts a real llama-server and its planner, llama-fit-params (llama.cpp's CPU build from Debian unstable), into a folder
# of their own, with the libraries they need, so that tests have them on any Debian or Ubuntu. Nothing on the system
# changes but for patchelf, which is installed when it is missing and this runs as root.
#
# usage: get-llama-server.sh DIR      prints the path of DIR/bin/llama-server
# Needs apt-get and dpkg. The archive's address comes from the machine's own sources, or from DEBIAN_MIRROR.
set -euo pipefail

say() { echo "get-llama-server: $*" >&2; }
fail() { say "$*"; exit 1; }

dir=${1:?usage: get-llama-server.sh DIR}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
server=$dir/bin/llama-server

planner=$dir/bin/llama-fit-params

starts() { [ -x "$planner" ] && [ -x "$server" ] && "$server" --version >/dev/null 2>&1; }

if starts; then
  echo "$server"
  exit 0
fi

command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
  fail "needs apt-get and dpkg; elsewhere set FIREBREAK_TEST_LLAMA_SERVER to a llama-server of your own"

if ! command -v patchelf >/dev/null; then
  [ "$(id -u)" = 0 ] || fail "patchelf is missing: sudo apt-get install patchelf"
  say "installing patchelf"
  { apt-get -qq install -y --no-install-recommends patchelf ||
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends patchelf; }; } >&2
fi

# One call at a time: concurrent test runs share the folder.
exec 9>"$dir/.lock"
if command -v flock >/dev/null; then flock 9; fi
if starts; then
  echo "$server"
  exit 0
fi

archive_address() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}
address=${DEBIAN_MIRROR:-$(archive_address)}
[ -n "$address" ] || fail "no Debian archive among the machine's sources: run apt-get update, or set DEBIAN_MIRROR"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs"
rm -rf "$dir/root" "$dir/bin"
mkdir -p "$dir/root" "$dir/bin"

# An apt of its own: the machine's lists, sources and cache stay as they are.
apt_options=(
  -o "Dir::State::Lists=$work/lists"
  -o "Dir::Etc::SourceList=$work/sid.list"
  -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::Cache=$work/cache"
  -o "APT::Sandbox::User=$(id -un)"
)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
trust=trusted=yes
[ -f "$keyring" ] && trust=signed-by=$keyring
echo "deb [$trust] $address sid main" >"$work/sid.list"
if ! apt-get "${apt_options[@]}" -qq update >&2; then
  # An old keyring cannot know the keys of unstable; what is fetched is used by tests alone.
  say "the archive's signature could not be checked; going on without"
  echo "deb [trusted=yes] $address sid main" >"$work/sid.list"
  apt-get "${apt_options[@]}" -qq update >&2
fi

packages=(
  llama.cpp-tools llama.cpp-tools-extra libllama0 libggml0
  libc6 libgcc-s1 libstdc++6 libgomp1 libssl3t64 openssl-provider-legacy libzstd1 zlib1g
)
(cd "$work/debs" && apt-get "${apt_options[@]}" -qq download "${packages[@]}" >&2)
for package in "$work"/debs/*.deb; do dpkg -x "$package" "$dir/root"; done

# A real binary that names its own loader and libraries, no wrapper: the process's name, its /proc/PID/exe and its
# signals are then what they are on a user's machine.
libraries=$(echo "$dir"/root/usr/lib/*-linux-gnu)
loader=$(find "$dir/root/usr" -name 'ld-linux-*.so.*' | head -n 1)
search=$libraries:$libraries/llama
find "$dir/root" -type f -name '*.so*' -path '*linux-gnu*' | while read -r library; do
  case $library in
    */ld-linux* | */libc.so* | */gconv/*) ;;
    *) patchelf --force-rpath --set-rpath "$search" "$library" 2>/dev/null || true ;;
  esac
done
# ggml looks for its CPU backends beside the executable.
find "$libraries" -name 'libggml-cpu-*.so' -exec cp {} "$dir/bin/" \;
for program in "$planner" "$server"; do
  cp "$dir/root/usr/bin/$(basename "$program")" "$program"
  patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$search" "$program"
done

starts || fail "the llama-server that was fetched does not start"
echo "$server"
