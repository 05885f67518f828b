#!/usr/bin/env bash
# Whoever works on the same machine: packages that are upgraded, the bus, systemd and the daemon itself
# come and go while services die.
#
# The daemon is run by the unit that is shipped.
# shellcheck disable=SC2034 # service and unit are for the evidence of a check that fails
set -u

# shellcheck source=helpers.sh
. /scenario/helpers.sh

# --- the machine -------------------------------------------------------------------------------
names=(steady stopped dying slow)
for name in "${names[@]}"; do
  printf '[Service]\nExecStartPre=/run/gate %s\nExecStart=/run/patient %s\n' "$name" "$name" >"/run/systemd/system/$name.service"
done
install -m 755 /dev/stdin /run/gate <<'SH'
#!/bin/sh
[ ! -e "/run/$1.slow" ] || sleep "$(cat "/run/$1.slow")"
SH
cp /usr/bin/sleep /run/bycommand
ln -s /build/systemcheckd /usr/sbin/systemcheckd
cp /shipped/systemcheckd.service /etc/systemd/system/
mkdir -p /run/systemd/system/systemcheckd.service.d /etc/systemcheck
cat >/run/systemd/system/systemcheckd.service.d/told.conf <<UNIT
[Unit]
Before=proftpd.service sendmail.service $(printf '%s.service ' "${names[@]}")
IgnoreOnIsolate=yes
[Service]
StandardError=append:/results/daemon.log
UNIT
printf '[Unit]\nAllowIsolate=yes\nRequires=dbus.service\nAfter=dbus.service\n' >/run/systemd/system/runlevel.target
cat >/etc/systemcheck/systemcheck.yaml <<YAML
cycle: 1s
mode: act
discover: false
snmp: {mode: disabled}
restart_policy: {grace: 1s, host_limit: {restarts: 100, share: 100%}}
services:
  proftpd: {preset: proftpd}
  sendmail: {preset: sendmail}
$(for name in "${names[@]}"; do echo "  $name: {match: {unit: $name.service}}"; done)
  bycommand: {match: {exe: /run/bycommand}, start: [/usr/bin/setsid, --fork, /run/bycommand, infinity]}
YAML
systemctl daemon-reload
for name in "${names[@]}"; do systemctl start "$name"; done
setsid --fork /run/bycommand infinity </dev/null >/dev/null 2>&1
for unit in proftpd sendmail; do within 30 "Debian has started $unit" active "$unit"; done
systemctl start systemcheckd
for service in proftpd sendmail "${names[@]}" bycommand; do
  within 20 "$service is up" state_is "$service" up || { systemctl poweroff; exit; }
done
mains() { for one in proftpd sendmail "${names[@]}"; do main_pid "$one"; done; }

# --- a package of Debian is upgraded ----------------------------------------------------------------
# Not /lib, which is a link: a package that has the link itself takes away what is behind it.
has_content() { [ -e "$1" ] && { [ ! -L "$1" ] || [ ! -d "$1" ]; }; }
repack() { # repack PACKAGE: what is installed, as the package of a newer version
  local root=/run/repacked-$1 file
  mkdir -p "$root/DEBIAN"
  dpkg-query --listfiles "$1" | sed 's,^/,,' | while read -r file; do has_content "/$file" && echo "$file"; done |
    tar -C / --no-recursion --files-from=- -cf - 2>/dev/null | tar -C "$root" -xf -
  for file in conffiles preinst postinst prerm postrm triggers; do
    [ ! -e "/var/lib/dpkg/info/$1.$file" ] || cp -a "/var/lib/dpkg/info/$1.$file" "$root/DEBIAN/$file"
  done
  dpkg-query --status "$1" | sed -e '/^Status:/d' -e '/^Conffiles:/,/^[^ ]/{/^Conffiles:/d;/^ /d}' -e 's/^Version: .*/&+again/' >"$root/DEBIAN/control"
  dpkg-deb -Znone --build "$root" "/run/$1.deb" >/dev/null
}
version_of() { dpkg-query --show --showformat '${Version}' "$1"; }
one_copy() { [ "$(copy_of "$1" | wc -l)" = 1 ]; }
copy_of() { pgrep --exact --parent 1 "$1"; }
another_copy_than() { local now; now=$(copy_of "$2"); [ -n "$now" ] && [ "$now" != "$1" ]; }
for row in proftpd:proftpd-core:proftpd:dpkg sendmail:sendmail-bin:sendmail-mta:apt-get; do
  IFS=: read -r service package program tool <<<"$row"
  unit=$service
  repack "$package" >/dev/null 2>>/results/evidence
  old=$(copy_of "$program")
  case $tool in
    dpkg) dpkg --install "/run/$package.deb" ;;
    apt-get) DEBIAN_FRONTEND=noninteractive apt-get -y install "/run/$package.deb" ;;
  esac >/run/upgrade.log 2>&1 </dev/null
  check "$tool has upgraded $package" eval '[[ "$(version_of "$package")" == *+again ]]' || cat /run/upgrade.log >>/results/evidence
  within 20 "its scripts have restarted $service" another_copy_than "$old" "$program"
  within 20 "$service is up after the upgrade" state_is "$service" up
  for_seconds 3 "one copy of it runs" one_copy "$program"
  check "we had no part in it" restarts_are "$service" 0
  check "nor does the history say so" unrecorded actions "$service"
done

# --- the bus is gone for a while ---------------------------------------------------------------------
service=steady unit=dbus
before=$(mains)
hears() { [ "$(busctl --timeout=1 get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager SystemState)" != "" ]; }
systemctl kill --signal=KILL dbus.service
within 20 "the bus comes back" hears
for_seconds 3 "no service is touched when the bus was killed" eval '[ "$(mains)" = "$before" ]'
systemctl stop dbus.socket dbus.service
within 10 "steady is known to be there without a bus" state_is steady up
service=stopped unit=stopped
systemctl stop stopped sendmail
for_seconds 4 "what an administrator stops without a bus stays stopped" eval 'inactive stopped && inactive sendmail'
check "nothing is said of its reason" state_is stopped unknown
check "nor of what has an init script, too" state_is sendmail unknown
systemctl start dbus.socket dbus.service
within 20 "both are held when the bus is back" eval 'held_by stopped admin && held_by sendmail admin'
for_seconds 3 "both stay stopped" eval 'starts_are stopped 1 && inactive sendmail'
check "nothing was restarted" eval 'restarts_are stopped 0 && restarts_are sendmail 0'
systemctl start sendmail
within 20 "sendmail is up" state_is sendmail up
service=dying unit=dying
within 20 "steady is up" state_is steady up
kill_main KILL dying
within 20 "what dies then is restarted" restarts_are dying 1
within 10 "dying is up again" state_is dying up
check "the others were left alone" restarts_are steady 0

# --- systemd itself is exchanged in the middle of a restart -----------------------------------------------
service=slow unit=slow
restarted=0
for change in daemon-reload daemon-reexec; do
  echo 4 >/run/slow.slow
  kill_main KILL slow
  within 15 "slow is being started" eval '[ "$(systemctl show --property ActiveState --value slow)" = activating ]'
  systemctl "$change"
  restarted=$((restarted + 1))
  within 20 "slow is up after $change" state_is slow up
  check "it was started once more" starts_are slow $((restarted + 1))
  check "by one restart of ours" restarts_are slow "$restarted"
  within 20 "the history knows of one more" recorded_times "$restarted" actions slow
done
within 20 "that the first ended well" recorded_times 1 actions slow result=up
check "and that nothing was heard of the end of the second" recorded_times 1 actions slow result=lost 'detail=.*it may or may not have happened'
systemctl stop stopped
service=stopped unit=stopped
systemctl start stopped
within 10 "what an administrator starts is up after that" state_is stopped up
systemctl stop stopped
within 10 "what he stops is held" held_by stopped admin

# --- the daemon dies between what it intends and what comes of it ----------------------------------------
service=slow unit=slow
echo 4 >/run/slow.slow
kill_main KILL slow
within 20 "slow is being started again" eval '[ "$(systemctl show --property ActiveState --value slow)" = activating ]'
daemon=$(main_pid systemcheckd)
kill -9 "$daemon"
within 10 "systemd restarts the daemon" another_main_than "$daemon" systemcheckd
within 20 "slow is up" state_is slow up
for_seconds 3 "it was started once" starts_are slow 4
check "the new daemon has restarted nothing" restarts_are slow 0
check "the history does not claim to know" recorded_times 1 actions slow result=unfinished
check "who had been stopped still is" held_by stopped admin

# --- what is started by a command is not in our control group ---------------------------------------------
service=bycommand unit=systemcheckd
pkill -9 -x bycommand
within 20 "bycommand is restarted" restarts_are bycommand 1
within 10 "bycommand is up again" state_is bycommand up
kept=$(pgrep -x bycommand)
group=$(sed -n 's/^0:://p' "/proc/$kept/cgroup")
check "it has a scope of its own" eval '[[ "$group" == /system.slice/systemcheck-bycommand-*.scope ]]'
check "systemd knows that" eval 'systemctl is-active --quiet "${group##*/}"'
systemctl stop systemcheckd
check "it outlives a stop of the daemon" kill -0 "$kept"
systemctl start systemcheckd
within 20 "bycommand is up" state_is bycommand up
check "who had been stopped still is" held_by stopped admin
systemctl restart systemcheckd
within 20 "bycommand is up after a restart of the daemon" state_is bycommand up
check "it is the same process" [ "$(pgrep -x bycommand)" = "$kept" ]
check "in the same scope" [ "$(sed -n 's/^0:://p' "/proc/$kept/cgroup")" = "$group" ]

# --- another runlevel, as one used to call it -----------------------------------------------------------
service=steady unit=steady
systemctl isolate runlevel.target
within 10 "what has no place in another runlevel is held" eval 'held_by steady admin && held_by proftpd admin'
for_seconds 3 "nothing of it is restarted" eval 'inactive steady && inactive proftpd'
check "nor was anything" eval 'restarts_are steady 0 && restarts_are proftpd 0'

go_down
