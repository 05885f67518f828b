#!/usr/bin/env bash
# Memory runs short: what is marked is turned off by systemd, with what starts it on demand, and on again.
#
# Only what is used in one control group counts as memory here. Where systemd has no such controller, run.py
# brings in a group from outside, /limited. The daemon is run by the unit that is shipped.
# shellcheck disable=SC2034 # service and unit are for the evidence of a check that fails
set -u

# shellcheck source=helpers.sh
. /scenario/helpers.sh

# --- the machine -------------------------------------------------------------------------------
limit_mib=400
if [ -e /limited ]; then
  group=/limited
  check "the memory of a group is limited" eval 'echo $((limit_mib << 20)) >/limited/memory.limit_in_bytes'
else
  group=/sys/fs/cgroup/limited.slice
fi
printf '[Slice]\nMemoryMax=%sM\nMemorySwapMax=0\n' "$limit_mib" >/run/systemd/system/limited.slice
# hog NAME MIB: uses so much; says its name to whoever connects to its socket, where systemd gives it one.
install -m 755 /dev/stdin /run/hog <<'PERL'
#!/usr/bin/perl
use strict;
my ($name, $mib) = @ARGV;
if (open my $group, ">", "/limited/cgroup.procs") { print $group "$$\n"; close $group or die "no place in the group: $!" }
if (open my $starts, ">>", "/results/starts") { print $starts "$name\n"; close $starts }
my @held;
push @held, chr(97 + $_ % 26) x (1 << 20) for 1 .. $mib;
sleep 1000 while !$ENV{LISTEN_FDS};
open my $listening, "+<&=", 3 or die;
while (accept my $client, $listening) { syswrite $client, "$name\n"; close $client }
PERL
unit_file() { cat >"/run/systemd/system/$1"; }
sizes=(cheap:25 middle:25 third:25 linked:20 required:20)
for pair in "${sizes[@]}"; do
  name=${pair%:*}
  printf '[Service]\nSlice=limited.slice\nExecStart=/run/hog %s %s\n' "$name" "${pair#*:}" | unit_file "$name.service"
done
printf '[Socket]\nListenStream=127.0.0.1:7001\n' | unit_file cheap.socket
# It would have it back within a second.
printf '[Timer]\nOnCalendar=*:*:0/1\nAccuracySec=1ms\n' | unit_file cheap.timer
# Two of which somebody has not thought who needs them: one for the log, and by way of another unit; one for the way in.
printf '[Unit]\nBindsTo=linked.service\nAfter=linked.service\n[Service]\nExecStart=/usr/bin/sleep infinity\n' | unit_file between.service
mkdir -p /run/systemd/system/{rsyslog,ssh}.service.d /etc/systemcheck
printf '[Unit]\nRequires=between.service\nAfter=between.service\n' | unit_file rsyslog.service.d/needs.conf
printf '[Unit]\nBindsTo=required.service\nAfter=required.service\n' | unit_file ssh.service.d/needs.conf
names=(cheap middle third linked required)
ln -s /build/systemcheckd /usr/sbin/systemcheckd
cp /shipped/systemcheckd.service /etc/systemd/system/
mkdir -p /run/systemd/system/systemcheckd.service.d
printf '[Unit]\nBefore=%s\n[Service]\nStandardError=append:/results/daemon.log\n' "$(printf '%s.service ' "${names[@]}")" |
  unit_file systemcheckd.service.d/told.conf
cat >/etc/systemcheck/systemcheck.yaml <<YAML
cycle: 1s
mode: act
discover: false
snmp: {mode: disabled}
restart_policy: {grace: 1s, host_limit: {restarts: 100, share: 100%}}
services:
  linked: {match: {unit: linked.service}, shed: {priority: 1}}
  required: {match: {unit: required.service}, shed: {priority: 2}}
  cheap: {match: {unit: cheap.service}, shed: {priority: 10}}
  middle: {match: {unit: middle.service}, shed: {priority: 20}}
  third: {match: {unit: third.service}, shed: {priority: 30}}
  sshd: {preset: sshd}
memory:
  shed:
    {mode: act, control_group: $group, critical: 4%, below: 25%, warn: 26%, target: 28%, restore_above: 28%, below_for: 1s,
     restore_after: 10s, restore_gap: 1s, min_up: 0s, min_down: 0s, backoff: 1s, backoff_max: 1s, sheds_per_hour: 60}
YAML
systemctl daemon-reload
systemctl start cheap.socket cheap.timer between "${names[@]}"
systemctl restart rsyslog ssh
systemctl start systemcheckd
for service in "${names[@]}" sshd; do
  within 20 "$service is up" state_is "$service" up || { systemctl poweroff; exit; }
done

phase_is() { metric_is "systemcheck_service_shed_phase{service=\"$1\",phase=\"$2\"}" 1; }
is_back() { phase_is "$1" warming || phase_is "$1" up; }
said() { grep -qE "$1" /results/daemon.log; }
knock() { [ "$(timeout 2 bash -c 'exec cat </dev/tcp/127.0.0.1/7001' 2>/dev/null)" = cheap ]; }
is_measured() { metric_above "systemcheck_service_shed_bytes{service=\"$1\"}" 10000000; }
are_measured() { local name; for name in "${names[@]}"; do is_measured "$name" || return 1; done; }
# use_up MIB: somebody else takes, at once, all but so much.
use_up() {
  local usable; usable=$(/build/systemcheckctl status --json | perl -MJSON::PP -e '
    local $/; printf "%d", decode_json(<STDIN>)->{shedding}{usable_bytes} / (1 << 20)')
  systemd-run --quiet --slice=limited --unit=other --collect /run/hog other $((usable - $1))
}
unmoved() { [ "$(for one in linked required rsyslog ssh dbus; do main_pid "$one"; done)" = "$needed" ]; }
needed=$(for one in linked required rsyslog ssh dbus; do main_pid "$one"; done)
within 20 "what they use is measured" are_measured
check "cheap answers through its socket" knock

# --- what is protected cannot be marked ---------------------------------------------------------
service=sshd unit=ssh
sed 's/{preset: sshd}/{preset: sshd, shed: {priority: 1}}/' /etc/systemcheck/systemcheck.yaml >/run/marked.yaml
check "the way in cannot be marked" eval '/build/systemcheckd --config /run/marked.yaml --check-config 2>&1 | grep -q "preset sshd is protected"'
within 10 "that ssh would go down with it is said" said 'required: it has shed, and is not turned off .*: stopping it would stop ssh.service, too'
within 10 "that the log would go down with it is said" said 'linked: it has shed, and is not turned off .*: stopping it would stop rsyslog.service, too'

# One step down among a few readings would be a fall that goes on.
within 30 "it has looked at memory for a while" metric_above systemcheck_loop_lateness_seconds_count 60

# --- memory runs short ------------------------------------------------------------------------
service=cheap unit=cheap
touch /run/knocking
(while [ -e /run/knocking ]; do knock; sleep 0.1; done) &
: >/results/starts
use_up 30
for name in cheap middle third; do within 30 "$name is turned off" phase_is "$name" shed || { systemctl poweroff; exit; }; done
order() { grep -oE '(cheap|middle|third): turning it off' /results/daemon.log | cut -d: -f1 | paste -sd' '; }
check "in the order of their priorities" [ "$(order)" = "cheap middle third" ]
off() { inactive cheap.socket && inactive cheap.timer && inactive cheap && inactive middle && inactive third; }
check "by jobs of systemd" eval '[ "$(systemctl show --property Result --value cheap middle third | sort -u | paste -sd" ")" = " success" ]'
for_seconds 3 "they stay off, and what starts them on demand, while somebody knocks" off
check "nothing was started" eval 'starts_are other 1 && ! grep -vx other /results/starts'
check "they are held, by want of memory" eval 'held_by cheap shed && held_by middle shed && held_by third shed'
check "nobody has died" eval '! metrics | grep "^systemcheck_service_deaths_total" | grep -qv " 0$"'
check "what others need was left alone" unmoved

# --- an administrator decides -------------------------------------------------------------------
service=third unit=third
systemctl stop third
within 10 "what he stops is his" held_by third admin
service=middle unit=middle
systemctl start middle
within 10 "what he starts is up" state_is middle up
within 5 "that is said" said 'middle: released: somebody has started it'
kept=$(main_pid middle)

# --- the daemon comes and goes ------------------------------------------------------------------
service=cheap unit=systemcheckd
daemon=$(main_pid systemcheckd)
kill -9 "$daemon"
within 10 "systemd restarts the daemon" another_main_than "$daemon" systemcheckd
within 10 "cheap is still off" phase_is cheap shed
for_seconds 2 "by our doing" held_by cheap shed
systemctl restart systemcheckd
within 10 "it is off after a restart of the daemon" phase_is cheap shed
within 10 "what an administrator has stopped is his" held_by third admin
for_seconds 2 "what he has started is left alone" eval '[ "$(main_pid middle)" = "$kept" ]'
check "nothing else was started" eval 'starts_are middle 1 && ! grep -vxE "other|middle" /results/starts'

# --- and there is enough again ------------------------------------------------------------------
unit=cheap
systemctl stop other
within 30 "cheap is back" is_back cheap
check "its socket is" active cheap.socket
check "its timer is" active cheap.timer
within 5 "it answers" knock
within 10 "it is up" state_is cheap up
check "it was started once" starts_are cheap 1
check "what an administrator has stopped is not started" eval 'starts_are third 0 && held_by third admin'
check "what he has started was left alone" [ "$(main_pid middle)" = "$kept" ]
check "what others need was left alone" unmoved
service=third unit=third
systemctl start third
within 10 "third is up when he starts it" state_is third up

# --- the history tells it -----------------------------------------------------------------------
for name in cheap middle third; do
  check "the history knows that $name was stopped, and why" recorded_times 1 actions "$name" verb=stop owner=shed 'reason=.*of memory are usable.*' verified=1
done
check "that cheap was started" recorded_times 1 actions cheap verb=start owner=shed 'reason=.*of memory are usable.*'
check "what that gave back" recorded events cheap owner=shed 'reason=freed: .*'
check "that others decided" eval 'recorded events middle owner=shed "reason=released: somebody.*" && recorded events third owner=shed "reason=released: an administrator.*"'
check "and of what others need nothing" eval 'unrecorded actions linked && unrecorded actions required && unrecorded actions sshd'

# --- the daemon is killed while it turns off, and stopped when there is enough -------------------------
service=cheap unit=cheap
mkdir -p /run/systemd/system/cheap.service.d
printf '[Service]\nExecStop=/usr/bin/sleep 3\n' | unit_file cheap.service.d/slow.conf
systemctl daemon-reload
use_up 80
within 20 "cheap is being turned off" phase_is cheap stopping
daemon=$(main_pid systemcheckd)
kill -9 "$daemon"
within 10 "systemd restarts the daemon" another_main_than "$daemon" systemcheckd
within 20 "the next one knows that it is off" phase_is cheap shed
check "and what started it on demand" eval 'inactive cheap.socket && inactive cheap.timer && inactive cheap'
systemctl stop other
systemctl stop systemcheckd
check "a daemon that ends starts what fits" eval 'active cheap && active cheap.socket && active cheap.timer'
within 5 "it answers" knock
check "what others need was left alone" unmoved
check "the kernel had nothing to kill" eval '! grep -qE "oom_kill [1-9]" "$group"/memory.oom_control "$group"/memory.events 2>/dev/null'
rm /run/knocking
systemctl start systemcheckd
within 20 "cheap is up" state_is cheap up

go_down
