#!/usr/bin/env bash
# Makes the Debian machine that the booted scenarios run on, once, and prints where it is.
#
# It is kept in the user's cache under a name made from this recipe, so that a changed recipe makes a
# new machine and an interrupted one is never taken for whole. Packages come from wherever this
# machine's own apt gets them.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/systemcheck
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
recipe=$(cat "$here/make_tree.sh" "$here/packages.txt" <(echo "$release") | sha256sum | cut -c1-16)
tree=$cache/booted-$release-$recipe

mkdir -p "$cache"
exec 9>"$cache/booted.lock"
flock 9

if [ ! -d "$tree" ]; then
  mapfile -t sources < <(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian')
  [ "${#sources[@]}" -gt 0 ] || { echo "apt on this machine has no Debian sources" >&2; exit 1; }
  making=$(mktemp -d "$cache/making.XXXXXX")
  trap 'rm -rf --one-file-system "$making"' EXIT
  # A directory made by mmdebstrap in its root mode has mounts of its own while it is made; through a
  # tarball nothing of that can stay behind.
  mmdebstrap --quiet --variant=minbase \
    --include="$(paste -sd, "$here/packages.txt")" "$release" "$making/tree.tar" "${sources[@]}" >&2
  mkdir "$making/tree"
  tar -C "$making/tree" --numeric-owner --exclude='./dev/*' -xf "$making/tree.tar"
  # mmdebstrap keeps services from starting while it installs; on this machine they shall start.
  rm -f "$making/tree/usr/sbin/policy-rc.d"
  echo booted >"$making/tree/etc/hostname"
  # proftpd and sendmail refuse to start without a name for their own machine.
  echo '127.0.0.1 localhost booted.example.test booted' >"$making/tree/etc/hosts"
  chmod 0755 "$making/tree"
  mv "$making/tree" "$tree"
fi
# Of what other recipes have made, older clones may still be in need.
touch "$tree"
find "$cache" -maxdepth 1 -name 'booted-*' -type d -mtime +14 -exec rm -rf --one-file-system {} +
echo "$tree"
