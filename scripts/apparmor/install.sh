#!/bin/sh
# Lets this checkout's Electron use its sandbox where Ubuntu restricts user namespaces (24.04 and later).
# The profile is bound to this checkout's path and gives nothing else. Undo: sudo sh scripts/apparmor/install.sh --remove
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
root=$(CDPATH= cd -- "$here/../.." && pwd -P)
target=/etc/apparmor.d/firebreak-checkout

if [ "$(id -u)" -ne 0 ]; then
  echo "firebreak: run it as root: sudo sh scripts/apparmor/install.sh" >&2
  exit 1
fi
if ! command -v apparmor_parser >/dev/null 2>&1; then
  echo "firebreak: this system has no AppArmor (apparmor_parser); nothing to do" >&2
  exit 1
fi
if [ "${1-}" = --remove ]; then
  [ ! -e "$target" ] || apparmor_parser --remove "$target"
  rm -f "$target"
  echo "firebreak: removed $target"
  exit 0
fi
case $root in
  *[\"\\\*\?\[\]\{\}@^]*)
    echo "firebreak: the checkout's path has characters that mean something else to AppArmor: $root" >&2
    exit 1 ;;
esac

new=$(mktemp /etc/apparmor.d/.firebreak-checkout.XXXXXX)
trap 'rm -f "$new"' EXIT
sed "s|@ELECTRON@|$(printf '%s' "$root" | sed 's/[&|]/\\&/g')/node_modules/electron/dist/electron|" \
  "$root/resources/apparmor/firebreak-checkout" > "$new"
chmod 0644 "$new"
apparmor_parser --skip-kernel-load "$new"
mv "$new" "$target"
trap - EXIT
apparmor_parser --replace "$target"
echo "firebreak: installed $target; now: npm start"
