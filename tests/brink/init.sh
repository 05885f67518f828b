#!/bin/sh
# The first process of the machine that is driven to the brink. Its kernel's command line says whether there is swap
# (swap=yes) and whether the daemon runs (daemon=yes). It has three serial lines: the console, what record writes, and
# one for what became of it: lines of KEY VALUE, and files between BEGIN NAME and END NAME.
set -u

/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t cgroup2 cgroup /sys/fs/cgroup
ifconfig lo up
for line in /dev/ttyS1 /dev/ttyS2; do stty -F "$line" raw; done

wanted() { grep -qw "$1=yes" /proc/cmdline; }
say() { echo "$*" >/dev/ttyS2; }
show() {
  say "BEGIN $1"
  cat "$2" >/dev/ttyS2
  say "END $1"
}
since_boot() { cut -d' ' -f1 /proc/uptime; }
# within SECONDS WHAT COMMAND…: says when WHAT was, or that it never was.
within() {
  deadline=$(($(cut -d. -f1 /proc/uptime) + $1)) what=$2
  shift 2
  until "$@"; do
    if [ "$(cut -d. -f1 /proc/uptime)" -ge "$deadline" ]; then
      say "never $what"
      return 1
    fi
    sleep 2
  done
  say "$what $(since_boot)"
}

# Debian's busybox ends with a fault where its wget is told a time limit.
metrics() { timeout 5 wget -q -O /run/metrics http://127.0.0.1:10060/metrics 2>/dev/null; }
has() { grep -q "^$1" /run/metrics; }
is_measured() {
  metrics || return 1
  for service in $sheddable; do
    has "systemcheck_service_state{service=\"$service\",state=\"up\"} 1" || return 1
    has "systemcheck_service_shed_bytes{service=\"$service\"} [0-9.e+]*[1-9]" || return 1
  done
}
runs() { pidof "$1" >/dev/null; }
has_ended() { ! runs "$1"; }
is_whole() {
  for service in $services; do runs "$service" || return 1; done
  metrics || return 1
  for service in $services; do
    has "systemcheck_service_state{service=\"$service\",state=\"up\"} 1" || return 1
  done
  for service in $sheddable; do
    has "systemcheck_service_shed_phase{service=\"$service\",phase=\"up\"} 1" || return 1
  done
}
has_killed() { ! grep -q '^oom_kill 0$' /proc/vmstat; }

finish() {
  grep '^oom_kill ' /proc/vmstat >/dev/ttyS2
  say 'done'
  sync
  poweroff -f
}

sheddable='index shop mail web'
services="sshd syslog $sheddable"

if wanted swap; then
  for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
    insmod "/modules/$module.ko"
  done
  within 20 disk [ -b /dev/vda ]
  if ! mkswap /dev/vda >/dev/null || ! swapon /dev/vda; then
    say "never swap"
    finish
  fi
fi

for service in $services; do
  cp /load "/services/$service"
  /control start "$service"
done
# Those that judge must not be what the kernel kills; services are started before, or by the daemon.
echo -1000 >/proc/self/oom_score_adj
programs=$(for service in $services; do echo "/services/$service"; done)
# shellcheck disable=SC2086
record $programs >/dev/ttyS1 &

if ! wanted daemon; then
  sleep 2
  touch /run/leak
  say "leak $(since_boot)"
  within 90 killed has_killed
  finish
fi

(
  echo 0 >/proc/self/oom_score_adj  # It sees to that itself.
  exec systemcheckd --config /systemcheck.yaml >/run/log 2>&1
) &
within 150 measured is_measured && {
  sleep 180
  touch /run/leak
  say "leak $(since_boot)"
  within 60 relieved has_ended shop
  rm /run/leak
  say "leak_ended $(since_boot)"
  within 900 whole is_whole
}
metrics
show metrics /run/metrics
show log /run/log
finish
