#!/usr/bin/env bash
# Fetches the kernel that this Debian would install, with the modules that swap in a virtual machine takes, and prints
# where it is: vmlinuz and modules/. Nothing is installed. It is kept in the user's cache; one that was interrupted is
# never taken for whole.
set -euo pipefail

modules=(virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/systemcheck
package=$(apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
[ -n "$package" ] || { echo "apt on this machine knows no linux-image-amd64" >&2; exit 1; }
version=$(apt-cache policy "$package" | awk '$1 == "Candidate:" { print $2 }')
kernel=$cache/kernel-$package-$version

mkdir -p "$cache"
exec 9>"$cache/kernel.lock"
flock 9

if [ ! -d "$kernel" ]; then
  making=$(mktemp -d "$cache/making.XXXXXX")
  trap 'rm -rf --one-file-system "$making"' EXIT
  (cd "$making" && apt-get -q download "$package=$version" >&2)
  dpkg-deb --extract "$making"/linux-image-*.deb "$making/all"
  mkdir -p "$making/kernel/modules"
  cp "$making"/all/boot/vmlinuz-* "$making/kernel/vmlinuz"
  for module in "${modules[@]}"; do
    find "$making/all/lib/modules" -name "$module.ko" -exec cp {} "$making/kernel/modules/" \;
    [ -e "$making/kernel/modules/$module.ko" ] || { echo "$package has no $module.ko" >&2; exit 1; }
  done
  mv "$making/kernel" "$kernel"
fi
touch "$kernel"
find "$cache" -maxdepth 1 -name 'kernel-*' -type d -mtime +14 -exec rm -rf --one-file-system {} +
echo "$kernel"
