#!/usr/bin/env bash
# What systemd's jobs come to, and the states that a unit goes through in between.
# shellcheck disable=SC2034 # service and unit are for the evidence of a check that fails
set -u

# shellcheck source=helpers.sh
. /scenario/helpers.sh

# --- the machine -------------------------------------------------------------------------------
# As /run/patient, and it passes at once unless it is told to fail, or to take so many seconds.
install -m 755 /dev/stdin /run/gate <<'SH'
#!/bin/sh
[ ! -e "/run/$1.slow" ] || sleep "$(cat "/run/$1.slow")"
[ ! -e "/run/$1.shut" ]
SH
install -m 755 /dev/stdin /run/exiting <<'SH'
#!/bin/sh
trap 'exit 7' USR1
sleep infinity & wait
SH
unit_file() { # unit_file NAME [START]: what follows on standard input belongs to [Service]
  { printf '[Service]\nExecStart=%s\n' "${2:-/run/patient $1}"; cat; } >"/run/systemd/system/$1.service"
}
names=(failing tardy dependent needed coming going reloading victim exiting oomed forking)
unit_file failing <<<'ExecStartPre=/run/gate failing'
unit_file tardy <<<$'ExecStartPre=/run/gate tardy\nTimeoutStartSec=2'
unit_file dependent </dev/null
printf '[Unit]\nRequires=needed.service\nAfter=needed.service\n' >>/run/systemd/system/dependent.service
unit_file needed <<<'ExecStartPre=/run/gate needed'
unit_file coming <<<'ExecStartPre=/run/gate coming'
unit_file going <<<'ExecStopPost=/run/gate going'
unit_file reloading <<<'ExecReload=/run/gate reloading'
unit_file victim </dev/null
unit_file rival </dev/null
printf '[Unit]\nConflicts=victim.service\n' >>/run/systemd/system/rival.service
unit_file exiting /run/exiting </dev/null
unit_file oomed </dev/null
# A main process and a worker that holds its port, as those servers have that fork.
cp /usr/bin/perl /run/forker
cat >/run/forker.pl <<'PERL'
use IO::Socket::INET;
my $port = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => shift, Listen => 5) or exit 98;
my $worker = fork;
if (!$worker) { while (my $peer = $port->accept) { print $peer "$$\n"; close $peer } }
waitpid $worker, 0;
PERL
unit_file forking '/run/forker /run/forker.pl 2121' </dev/null
cat >/run/systemd/system/systemcheckd.service <<UNIT
[Unit]
Before=$(printf '%s.service ' "${names[@]}")
[Service]
ExecStart=/build/systemcheckd --config /run/systemcheck.yaml
RuntimeDirectory=systemcheck
StateDirectory=systemcheck
StandardError=append:/results/daemon.log
UNIT
cat >/run/systemcheck.yaml <<YAML
cycle: 1s
mode: act
discover: false
snmp: {mode: disabled}
restart_policy: {grace: 1s, host_limit: {restarts: 100, share: 100%}}
services:
$(for name in "${names[@]}"; do echo "  $name: {match: {unit: $name.service}}"; done)
  workers: {match: {exe: /run/forker, cmdline: 2222}, start: [/usr/bin/setsid, --fork, /run/forker, /run/forker.pl, "2222"]}
YAML
systemctl daemon-reload
for name in "${names[@]}"; do systemctl start "$name"; done
setsid --fork /run/forker /run/forker.pl 2222 </dev/null >/dev/null 2>&1
systemctl start systemcheckd
for service in "${names[@]}" workers; do
  within 20 "$service is up" state_is "$service" up || { systemctl poweroff; exit; }
done

# --- a job that fails ----------------------------------------------------------------------------
service=failing unit=failing
touch /run/failing.shut
kill_main KILL failing
failed_to() { recorded actions "$1" verb=restart "result=$2" "detail=$3"; }
within 20 "that a job has failed is in the history" failed_to failing failed 'systemctl restart failing.service failed; .*'
within 10 "failing waits for the next attempt" state_is failing waiting
rm /run/failing.shut
within 20 "failing is up when it can be" state_is failing up

# --- a job that takes too long -------------------------------------------------------------------
service=tardy unit=tardy
echo 60 >/run/tardy.slow
kill_main KILL tardy
within 5 "while its job is under way it is said to be restarting" state_is tardy restarting
within 20 "that systemd has ended its start is in the history" failed_to tardy 'failed|timed_out' 'systemctl restart tardy.service .*'
rm /run/tardy.slow
within 20 "tardy is up when it can be" state_is tardy up

# --- a job that depends on another ---------------------------------------------------------------
service=dependent unit=dependent
touch /run/needed.shut
# A restart of what it needs takes it down, too: as systemd's own restarts do.
kill_main KILL needed
within 20 "that the other has failed is in the history" failed_to dependent failed '.*a unit that it depends on has failed'
rm /run/needed.shut
within 30 "what it depends on is up again" state_is needed up
within 30 "and it is, too" state_is dependent up

# --- activating ----------------------------------------------------------------------------------
service=coming unit=coming
echo 4 >/run/coming.slow
systemctl restart --no-block coming
within 4 "what somebody else is starting is held" held_by coming systemd
check "systemd calls that activating" eval '[ "$(systemctl show --property ActiveState --value coming)" = activating ]'
within 10 "it is up when it has started" state_is coming up
check "we had no part in it" restarts_are coming 0
check "it was started twice" starts_are coming 2

# --- deactivating --------------------------------------------------------------------------------
service=going unit=going
echo 3 >/run/going.slow
kill_main TERM going
within 3 "what systemd is still stopping is held" held_by going systemd
check "systemd calls that deactivating" eval '[ "$(systemctl show --property ActiveState --value going)" = deactivating ]'
check "nothing is done meanwhile" restarts_are going 0
within 20 "what nobody asked to stop is restarted when it has stopped" starts_are going 2
within 10 "going is up again" state_is going up
check "by one restart of ours" restarts_are going 1

# --- reloading -----------------------------------------------------------------------------------
service=reloading unit=reloading
echo 3 >/run/reloading.slow
systemctl reload --no-block reloading
within 3 "systemd is reloading it" eval '[ "$(systemctl show --property ActiveState --value reloading)" = reloading ]'
for_seconds 2 "it is up while it reloads" state_is reloading up
within 5 "the reload ends" active reloading
check "we had no part in it" restarts_are reloading 0
systemctl reload --no-block reloading
within 3 "systemd is reloading it again" eval '[ "$(systemctl show --property ActiveState --value reloading)" = reloading ]'
kill_main KILL reloading
within 20 "what died while it reloaded is restarted" starts_are reloading 2
for_seconds 2 "once" starts_are reloading 2
within 10 "it is up again" state_is reloading up
check "by us" restarts_are reloading 1

# --- a unit that another one conflicts with --------------------------------------------------------
service=victim unit=victim
systemctl start rival
within 10 "what was stopped for another unit is held" held_by victim admin
for_seconds 2 "it stays stopped" starts_are victim 1

# --- how it ended is counted and told ---------------------------------------------------------------
service=exiting unit=exiting
kill_main USR1 exiting
within 10 "what ended with an exit code is restarted" restarts_are exiting 1
within 10 "and up" state_is exiting up
check "an exit is counted as one" deaths_are exiting exit 1
service=oomed unit=oomed
oom_kill oomed
within 10 "what was killed for want of memory is restarted" restarts_are oomed 1
within 10 "and up again" state_is oomed up
check "it is counted as that" deaths_are oomed oom 1
within 10 "and told" recorded actions oomed result=up 'reason=.*oom-kill.*'

# --- its main process is dead, and its worker holds the port -------------------------------------------
worker_of() { curl -s --http0.9 --max-time 2 "http://127.0.0.1:$1/" 2>/dev/null | head -1; }
another_worker_than() { local now; now=$(worker_of "$2"); [ -n "$now" ] && [ "$now" != "$1" ]; }
for pair in forking:2121 workers:2222; do
  service=${pair%:*} unit=forking port=${pair#*:}
  worker=$(worker_of "$port")
  kill -9 "$(ps -o ppid= "$worker")"
  within 20 "$service is restarted" restarts_are "$service" 1
  within 20 "another worker has its port" another_worker_than "$worker" "$port"
  check "the old one is gone" eval '! kill -0 "$worker" 2>/dev/null'
  within 10 "$service is up again" state_is "$service" up
done

go_down
