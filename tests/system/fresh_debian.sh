#!/usr/bin/env bash
# Follows the README on a Debian that has nothing but its essential packages: contrib/quickstart and the Debian
# package, on a copy of what is committed. Packages come from wherever this machine's own apt gets them. It takes
# root, mmdebstrap and ten minutes; without the first two the exit code is 77, which ctest shows as skipped.
set -euo pipefail

skip() {
  echo "skipped: $*"
  exit 77
}

# What runs inside, as the first process of a process namespace of its own.
follow_readme() {
  local machine=$1
  mount --rbind /dev "$machine/dev"
  mount -t proc proc "$machine/proc"
  exec chroot "$machine" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    bash -euo pipefail /root/systemcheck/tests/system/fresh_debian.sh --within
}

# No process but this one and its own, no policy, no files.
must_be_clean() {
  local left
  left=$(for one in /proc/[1-9]*; do readlink "$one/exe" || true; done | grep systemcheck || true)
  [ -z "$left" ] || { echo "left running: $left" >&2; exit 1; }
  left=$(find /tmp /run /usr/sbin/policy-rc.d -name 'systemcheck*' -o -name 'policy-rc.d' 2>/dev/null || true)
  [ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
}

try_quickstart() {
  contrib/quickstart --smoke
  must_be_clean
  echo "once more, with everything there already, in a tree of somebody else"
  chown -R nobody .
  contrib/quickstart --smoke
  must_be_clean
}

try_package() {
  contrib/install-packages contrib/packages/build.txt contrib/packages/package.txt
  cmake --workflow --preset package >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
  apt-get -q -y install ./build/package/systemcheck_*.deb >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
  must_be_clean
  systemcheckd --check-config
  systemcheckd --once --observe >/tmp/metrics
  grep '^systemcheck_load1 ' /tmp/metrics
  rm /tmp/metrics
  dpkg --purge systemcheck >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
  hash -r  # Where it was is not where it is.
  ! command -v systemcheckd || { echo "still there after purging" >&2; exit 1; }
}

if [ "${1-}" = --within ]; then
  cd /root/systemcheck
  try_quickstart
  try_package
  exit 0
fi

if [ "${1-}" = --inside ]; then
  follow_readme "$2"
fi

[ "$(id -u)" -eq 0 ] || skip "only root can make a machine"
command -v mmdebstrap >/dev/null || skip "mmdebstrap is not installed"
command -v git >/dev/null || skip "git is not installed"
tree=$(cd "$(dirname "$0")/../.." && pwd)
git -C "$tree" rev-parse --quiet --verify HEAD >/dev/null || skip "$tree is no git work tree"

release=bookworm
mapfile -t sources < <(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
  'Created-By: Packages' 'Origin: Debian' | grep -E " $release(-[a-z]+)? ")
[ "${#sources[@]}" -gt 0 ] || skip "apt on this machine has no sources of Debian $release"

work=$(mktemp -d "${TMPDIR:-/var/tmp}/systemcheck-fresh.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
# Through a tarball, so that nothing that mmdebstrap mounts while it works can stay behind.
mmdebstrap --quiet --variant=minbase "$release" "$work/machine.tar" "${sources[@]}"
mkdir "$work/machine"
tar -C "$work/machine" --numeric-owner --exclude='./dev/*' -xf "$work/machine.tar"
rm -f "$work/machine.tar" "$work/machine/usr/sbin/policy-rc.d"
# The way to the network, and to apt's packages through whatever this machine's apt goes through.
cp /etc/resolv.conf /etc/hosts "$work/machine/etc/"
apt-config dump | grep -E '^Acquire::(https?|Check-(Valid-Until|Date))' >"$work/machine/etc/apt/apt.conf.d/99-as-the-host" || true

mkdir "$work/machine/root/systemcheck"
git -C "$tree" archive HEAD | tar -C "$work/machine/root/systemcheck" -x
unshare --mount --pid --fork --kill-child "$0" --inside "$work/machine"
