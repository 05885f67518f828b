#!/usr/bin/env bash
# unpack_package.sh PACKAGE [PACKAGE…]
#
# Unpacks packages of Debian's somewhere in the user's cache, once, and prints where: installed they would take another's
# place on this machine (postfix that of sendmail), or bring what nobody needs. They come from wherever this machine's own
# apt gets them.
set -euo pipefail

name=$1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/systemcheck
version=$(apt-cache policy "$name" | awk '$1 == "Candidate:" { print $2 }')
case $version in
  '' | '(none)') echo "apt on this machine knows no $name" >&2 && exit 1 ;;
esac
tree=$cache/$name-$version-$(dpkg --print-architecture)

mkdir -p "$cache"
exec 9>"$cache/$name.lock"
flock 9

if [ ! -d "$tree" ]; then
  making=$(mktemp -d "$cache/making.XXXXXX")
  trap 'rm -rf "$making"' EXIT
  chmod 0755 "$making"
  (cd "$making" && apt-get --quiet --option APT::Sandbox::User=root download "$@" >&2)
  mkdir "$making/tree"
  for package in "$making"/*.deb; do
    dpkg --extract "$package" "$making/tree"
  done
  mv "$making/tree" "$tree"
fi
# Of older versions, other clones may still be in need.
touch "$tree"
find "$cache" -maxdepth 1 -name "$name-*" -type d -mtime +14 -exec rm -rf {} +
echo "$tree"
