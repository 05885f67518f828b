#!/usr/bin/env bash
# make_packages.sh TREE NAME…: a Debian archive with these packages and what they take on the machine in TREE, from
# wherever this machine's own apt gets them. It is made once and kept beside the tree; prints where it is.
set -euo pipefail

tree=$1
shift
cache=${XDG_CACHE_HOME:-$HOME/.cache}/systemcheck
options=(-q -y --no-install-recommends -o "Dir::State::status=$tree/var/lib/dpkg/status" -o Debug::NoLocking=true)

mkdir -p "$cache"
exec 9>"$cache/packages.lock"
flock 9
making=$(mktemp -d "$cache/making.XXXXXX")
trap 'rm -rf --one-file-system "$making"' EXIT
mkdir -p "$making/none/partial" "$making/packages/partial"

# What apt would fetch if it had nothing yet: other versions make another archive.
wanted=$(apt-get "${options[@]}" -o "Dir::Cache::archives=$making/none" --print-uris install "$@" | sed -n "s/^'.*' //p")
packages=$cache/packages-$(sha256sum <<<"$wanted" | cut -c1-16)
if [ ! -d "$packages" ]; then
  apt-get "${options[@]}" -o "Dir::Cache::archives=$making/packages" --download-only install "$@" >&2
  rm -r "$making/packages/partial"
  # apt reads it as a user of its own.
  chmod 0755 "$making/packages"
  (cd "$making/packages" && dpkg-scanpackages --multiversion . >Packages) 2>/dev/null
  mv "$making/packages" "$packages"
fi
touch "$packages"
find "$cache" -maxdepth 1 -name 'packages-*' -type d -mtime +14 -exec rm -rf --one-file-system {} +
echo "$packages"
