#!/usr/bin/env bash
# Unpacks Debian's Postfix somewhere in the user's cache, once, and prints where: as a package it would take sendmail's
# place on this machine. Packages come from wherever this machine's own apt gets them.
set -euo pipefail

packages=(postfix postfix-lmdb)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/systemcheck
version=$(apt-cache policy postfix | awk '$1 == "Candidate:" { print $2 }')
case $version in
  '' | '(none)') echo "apt on this machine knows no postfix" >&2 && exit 1 ;;
esac
tree=$cache/postfix-$version-$(dpkg --print-architecture)

mkdir -p "$cache"
exec 9>"$cache/postfix.lock"
flock 9

if [ ! -d "$tree" ]; then
  making=$(mktemp -d "$cache/making.XXXXXX")
  trap 'rm -rf "$making"' EXIT
  chmod 0755 "$making"
  (cd "$making" && apt-get --quiet --option APT::Sandbox::User=root download "${packages[@]}" >&2)
  mkdir "$making/tree"
  for package in "$making"/*.deb; do
    dpkg --extract "$package" "$making/tree"
  done
  mv "$making/tree" "$tree"
fi
# Of older versions, other clones may still be in need.
touch "$tree"
find "$cache" -maxdepth 1 -name 'postfix-*' -type d -mtime +14 -exec rm -rf {} +
echo "$tree"
