#!/usr/bin/env bash
# Why is it gone? The rows of that table that systemd, packages or an administrator have a part in.
# shellcheck disable=SC2034 # service and unit are for the evidence of a check that fails
set -u

# shellcheck source=helpers.sh
. /scenario/helpers.sh

# --- the machine -------------------------------------------------------------------------------
names=(quiet disabled masked killed limited packaged waiting switched forbidden untouched)
for name in "${names[@]}"; do
  cat >"/etc/systemd/system/$name.service" <<UNIT
[Service]
ExecStart=/run/patient $name
[Install]
WantedBy=multi-user.target
UNIT
  printf '  %s: {match: {unit: %s.service}}\n' "$name" "$name" >>/run/services
done
cat >>/etc/systemd/system/limited.service <<'UNIT'
[Unit]
StartLimitIntervalSec=60
StartLimitBurst=3
[Service]
Restart=on-failure
RestartSec=100ms
UNIT
cat >/run/systemd/system/systemcheckd.service <<UNIT
[Unit]
Before=$(printf '%s.service ' "${names[@]}")
[Service]
ExecStart=/build/systemcheckd --config /run/systemcheck.yaml
RuntimeDirectory=systemcheck
StateDirectory=systemcheck
StandardError=append:/results/daemon.log
# Fences that a service must not share which it starts by a command.
PrivateTmp=yes
ProtectSystem=full
PrivateDevices=yes
UNIT
cp /usr/bin/sleep /run/bycommand
cat >/run/systemcheck.yaml <<YAML
cycle: 1s
mode: act
discover: false
snmp: {mode: disabled}
# Much dies here in a short while, and nobody is about to start anything by hand.
restart_policy: {grace: 1s, host_limit: {restarts: 100, share: 100%}}
services:
$(cat /run/services)
  transient: {match: {unit: transient.service}}
  bycommand: {match: {exe: /run/bycommand}, start: [/usr/bin/setsid, --fork, /run/bycommand, infinity]}
YAML
systemctl daemon-reload
for name in "${names[@]}"; do
  systemctl -q enable "$name"
  [ "$name" = untouched ] || systemctl start "$name"
done
setsid --fork /run/bycommand infinity </dev/null >/dev/null 2>&1
systemd-run --quiet --unit=transient.service /run/patient transient
systemctl start systemcheckd
for service in "${names[@]}" transient bycommand; do
  within 20 "$service is up" state_is "$service" up || { systemctl poweroff; exit; }
done

# --- never up since boot, and enabled ----------------------------------------------------------
service=untouched unit=untouched
check "what is enabled and was never up is started" starts_are untouched 1
check "that was us" restarts_are untouched 1

# --- it ended by itself, and nobody asked for it ------------------------------------------------
service=quiet unit=quiet
kill_main TERM quiet
within 10 "what ended with success and without a stop job is restarted" restarts_are quiet 1
within 10 "it is up again" state_is quiet up
check "it was started once more" starts_are quiet 2
within 10 "the history says so" recorded_times 1 actions quiet result=up 'reason=it ended by itself, and nobody asked for it'

# --- disabled or masked since it was up ---------------------------------------------------------
service=disabled unit=disabled
systemctl -q disable disabled
for_seconds 2 "what is disabled and runs goes on" state_is disabled up
kill_main TERM disabled
within 10 "what was disabled and ended is held" held_by disabled admin
service=masked unit=masked
rm /etc/systemd/system/masked.service
systemctl -q mask --now masked
within 10 "what was masked is held" held_by masked admin
for_seconds 3 "both stay stopped" eval 'starts_are disabled 1 && starts_are masked 1'
check "the history knows whose wish that was" eval 'recorded events disabled to=held owner=admin && recorded events masked to=held owner=admin'
check "and of no action" eval 'unrecorded actions disabled && unrecorded actions masked'

# --- the start limit ---------------------------------------------------------------------------
service=limited unit=limited
touch /run/limited.broken
kill_main KILL limited
within 15 "systemd gives up on what fails at each start" eval '[ "$(systemctl show --property ActiveState --value limited)" = failed ]'
rm /run/limited.broken
within 40 "we do not" state_is limited up
check "by a restart of ours" metric_above 'systemcheck_service_restarts_total{service="limited",reason="down"}' 0
check "the history knows why" recorded actions limited 'reason=systemd says it failed: .*'
within 20 "and how it ended" recorded actions limited result=up
check "that was never taken for an administrator's wish" unrecorded events limited owner=admin

# --- a unit that has no file of its own --------------------------------------------------------
service=transient unit=transient
kill_main KILL transient
within 20 "a transient unit is restarted" starts_are transient 2
within 10 "it is up again" state_is transient up

# --- what is started by a command is as free as what systemd starts ------------------------------
service=bycommand unit=systemcheckd
pkill -9 -x bycommand
within 10 "bycommand is restarted" restarts_are bycommand 1
within 10 "bycommand is up again" state_is bycommand up
mounts_of() { readlink "/proc/$1/ns/mnt"; }
fences_are_real() { [ "$(mounts_of "$(main_pid systemcheckd)")" != "$(mounts_of 1)" ]; }
check "the daemon has mounts of its own" fences_are_real
is_free() { [ "$(mounts_of "$(pgrep -x bycommand)")" = "$(mounts_of 1)" ]; }
check "what it started sees those of the machine" is_free

# --- a package is upgraded ---------------------------------------------------------------------
# Its maintainer scripts kill the daemon, as some do that know no systemd, and take their time.
service=packaged unit=packaged
pack() { # pack VERSION
  mkdir -p "/run/pack/DEBIAN"
  printf 'Package: packaged\nVersion: %s\nArchitecture: all\nMaintainer: nobody <nobody@example.test>\nDescription: is upgraded\n' "$1" >/run/pack/DEBIAN/control
  printf '#!/bin/sh\n[ "$1" != upgrade ] || kill -9 $(systemctl show --property MainPID --value packaged)\n' >/run/pack/DEBIAN/prerm
  printf '#!/bin/sh\n[ -z "$2" ] || { sleep 4; systemctl start packaged; }\n' >/run/pack/DEBIAN/postinst
  chmod 755 /run/pack/DEBIAN/prerm /run/pack/DEBIAN/postinst
  dpkg-deb --build /run/pack "/run/packaged_$1.deb" >/dev/null
}
pack 1
pack 2
dpkg -i /run/packaged_1.deb >/dev/null 2>&1
check "a package is installed" eval 'dpkg -s packaged | grep -q "Version: 1"'
dpkg -i /run/packaged_2.deb >/dev/null 2>&1 &
upgrade=$!
within 10 "what dies in an upgrade is held" held_by packaged upgrade
within 2 "that the upgrade is under way is published" metric_is systemcheck_package_transaction 1
wait "$upgrade"
within 10 "it is up after the upgrade" state_is packaged up
for_seconds 3 "it was started by the upgrade alone" starts_are packaged 2
check "we had no part in it" restarts_are packaged 0
check "and why is counted" metric_above 'systemcheck_restarts_suppressed_total{service="packaged",reason="upgrade"}' 0
check "the history knows of no action" unrecorded actions packaged
check "but who had it meanwhile" recorded events packaged to=held owner=upgrade

# --- somebody holds dpkg's lock and does nothing ------------------------------------------------
service=waiting unit=waiting
# The structure is that of fcntl(2) on 64 bits.
perl -MFcntl -e 'open my $file, ">>", "/var/lib/dpkg/lock-frontend" or die;
  my $lock = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0); fcntl $file, F_SETLK, $lock or die; sleep 100' &
holder=$!
within 10 "that the lock is held is published" metric_is systemcheck_package_transaction 1
kill_main KILL waiting
within 10 "what dies while the lock is held is held" held_by waiting upgrade
for_seconds 3 "it stays stopped" starts_are waiting 1
kill "$holder"
within 10 "it is restarted when the lock is free" starts_are waiting 2
within 10 "it is up again" state_is waiting up

# --- policy-rc.d ---------------------------------------------------------------------------------
service=forbidden unit=forbidden
printf '#!/bin/sh\necho "$@" >>/results/policy\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
kill_main KILL forbidden
within 10 "what policy-rc.d forbids to start is held" held_by forbidden upgrade
check "it was asked as Debian asks it" grep -qx 'forbidden.service restart' /results/policy
for_seconds 3 "it stays stopped" starts_are forbidden 1
check "no restart is counted" restarts_are forbidden 0
rm /usr/sbin/policy-rc.d

# --- the kill switch -----------------------------------------------------------------------------
service=switched unit=switched
touch /run/systemcheck/disable-actions
kill_main KILL switched
within 10 "nothing is touched while the kill switch is set" state_is switched down
within 5 "that it is set is published" metric_is systemcheck_actions_disabled 1
for_seconds 3 "it stays stopped" starts_are switched 1
rm /run/systemcheck/disable-actions
within 10 "it is restarted when the switch is taken away" starts_are switched 2

# --- what dies by a signal -----------------------------------------------------------------------
service=killed unit=killed
kill_main KILL killed
within 10 "what died by a signal is restarted" starts_are killed 2
for_seconds 2 "once" starts_are killed 2
within 10 "the history knows of one crash" recorded_times 1 actions killed
check "why, and how it ended" recorded actions killed 'reason=systemd says it failed: signal' result=up owner=systemcheck
check "and from which process to which" recorded actions killed "new_identity=$(main_pid killed):.*"

# --- the machine goes down -----------------------------------------------------------------------
go_down
