#!/usr/bin/env bash
# Deaths, an administrator, systemd's own restarts and the end of the machine.
#
# The services are Debian's own. Those that Debian lets systemd restart get a drop-in that leaves
# this to us, except where the scenario is about just that.
set -u

. /scenario/helpers.sh

# --- the machine -------------------------------------------------------------------------------
for unit in apache2 ssh rsyslog named; do
  mkdir -p "/run/systemd/system/$unit.service.d"
  printf '[Service]\nRestart=no\n' >"/run/systemd/system/$unit.service.d/left-to-systemcheck.conf"
done
cat >/run/systemd/system/always.service <<'UNIT'
[Service]
ExecStart=/run/patient always
Restart=always
RestartSec=2
UNIT
cat >/run/systemd/system/fragile.service <<'UNIT'
[Service]
ExecStart=/run/patient fragile
UNIT
# Stopped after the services when the machine goes down, so that it sees them stop.
cat >/run/systemd/system/systemcheckd.service <<'UNIT'
[Unit]
Before=apache2.service fragile.service proftpd.service
[Service]
ExecStart=/build/systemcheckd --config /run/systemcheck.yaml
RuntimeDirectory=systemcheck
StateDirectory=systemcheck
StandardError=append:/results/daemon.log
UNIT
cp /usr/bin/sleep /run/bycommand
cat >/run/systemcheck.yaml <<'YAML'
cycle: 1s
mode: act
discover: true
snmp: {mode: disabled}
restart_policy: {host_limit: {restarts: 100}}
services:
  httpd: {preset: httpd, stop_timeout: 6s}
  sshd: {preset: sshd}
  proftpd: {preset: proftpd}
  sendmail: {preset: sendmail}
  syslog: {preset: syslog}
  bind: {preset: bind}
  always: {match: {unit: always.service}}
  fragile: {match: {unit: fragile.service}}
  bycommand: {match: {exe: /run/bycommand}, start: [/usr/bin/setsid, --fork, /run/bycommand, infinity]}
YAML
systemctl daemon-reload
systemctl start always fragile
setsid --fork /run/bycommand infinity </dev/null >/dev/null 2>&1
for unit in apache2 ssh rsyslog named proftpd sendmail; do within 30 "Debian has started $unit" active "$unit"; done

# --- it sees what systemd sees ----------------------------------------------------------------
systemctl start systemcheckd
for service in httpd sshd proftpd sendmail syslog bind always fragile bycommand; do
  # What does not even see the machine need not be tried any further.
  within 20 "$service is up" state_is "$service" up || { systemctl poweroff; exit; }
done

# --- (a) a death brings a restart through systemd ----------------------------------------------
service=httpd unit=apache2
for round in 1 2; do
  before=$(main_pid apache2)
  kill -9 "$before"
  within 20 "apache2 has a new main process after kill -9 ($round)" another_main_than "$before" apache2
  within 20 "apache2 answers again ($round)" answers
  within 20 "httpd is up again ($round)" state_is httpd up
  check "that was restart $round of httpd" restarts_are httpd "$round"
done
ssh-keygen -q -t ed25519 -N '' -f /root/key
install -D -m 600 /root/key.pub /root/.ssh/authorized_keys
mkfifo /run/to-session
ssh -q -o StrictHostKeyChecking=no -i /root/key root@127.0.0.1 cat </run/to-session >/run/from-session &
exec 7>/run/to-session
session_carries() { echo "$1" >&7; sleep 0.1; grep -qx "$1" /run/from-session; }
within 10 "somebody is logged in" session_carries "before"
for pair in sshd:ssh proftpd:proftpd syslog:rsyslog bind:named; do
  service=${pair%:*} unit=${pair#*:}
  before=$(main_pid "$unit")
  kill -9 "$before"
  within 20 "$unit has a new main process after kill -9" another_main_than "$before" "$unit"
  # Whoever logs something in between wakes syslog through its socket: then it is systemd's.
  [ "$service" = syslog ] || within 20 "that was restart 1 of $service" restarts_are "$service" 1
  within 20 "$service is up again" state_is "$service" up
done
check "who was logged in when sshd died still is" session_carries "after"
exec 7>&-

# --- what is started by a command lives outside of the daemon's own unit -----------------------
service=bycommand unit=systemcheckd
pid_of() { pgrep -x "$1"; }
pkill -9 -x bycommand
within 20 "that was restart 1 of bycommand" restarts_are bycommand 1
within 20 "bycommand is up again" state_is bycommand up
own_group() { grep '^0::' "/proc/$(pid_of bycommand)/cgroup"; }
outside() { ! own_group | grep -q systemcheckd; }
check "it is not in the control group of the daemon" outside
kept=$(pid_of bycommand)

# --- the daemon itself may come and go ---------------------------------------------------------
mains() { for one in apache2 ssh proftpd rsyslog named always fragile; do main_pid "$one"; done; }
before=$(mains)
systemctl restart systemcheckd
within 20 "httpd is up after a restart of the daemon" state_is httpd up
check "no service was touched by that" [ "$(mains)" = "$before" ]
check "nor what was started by a command" [ "$(pid_of bycommand)" = "$kept" ]
check "and counters begin anew" restarts_are httpd 0

# --- (b) what an administrator stopped stays stopped -------------------------------------------
service=httpd unit=apache2
count=$(restarts httpd)
systemctl stop apache2
within 10 "httpd is held after systemctl stop" state_is httpd held
within 10 "by the administrator" metric_is 'systemcheck_service_held{service="httpd",by="admin"}' 1
for_seconds 5 "apache2 stays stopped" inactive apache2
check "the history knows whose wish that was" recorded events httpd to=held owner=admin
check "no restart was counted for it" restarts_are httpd "$count"
systemctl start apache2
within 10 "httpd is up after systemctl start" state_is httpd up
before=$(main_pid apache2)
kill -9 "$before"
within 20 "apache2 is watched again" another_main_than "$before" apache2
within 20 "httpd is up again" restarts_are httpd $((count + 1))
within 20 "httpd is up" state_is httpd up

# A restart by an administrator, or a reload, is nobody else's business.
count=$(restarts httpd)
before=$(main_pid apache2)
systemctl restart apache2
check "systemctl restart restarts" another_main_than "$before" apache2
within 10 "httpd is up after it" state_is httpd up
systemctl reload apache2
within 10 "httpd is up after systemctl reload" state_is httpd up
for_seconds 3 "httpd stays up" state_is httpd up
check "we had no part in it" restarts_are httpd "$count"

# Stopped before the daemon was started: it was not there to see it, and still knows.
systemctl stop proftpd
within 10 "proftpd is held after systemctl stop" state_is proftpd held
systemctl restart systemcheckd
within 20 "proftpd is held after a restart of the daemon" state_is proftpd held
for_seconds 3 "proftpd stays stopped" inactive proftpd
systemctl start proftpd
within 10 "proftpd is up after systemctl start" state_is proftpd up

# --- (c) what systemd restarts is left to systemd ----------------------------------------------
service=always unit=always
before=$(main_pid always)
kill -9 "$before"
within 10 "always is held while systemd restarts it" state_is always held
within 10 "systemd restarted it" another_main_than "$before" always
within 10 "always is up again" state_is always up
check "we restarted it never" restarts_are always 0
check "systemd did, once" [ "$(systemctl show --property NRestarts --value always)" = 1 ]
check "and why we did not is counted" metric_above 'systemcheck_restarts_suppressed_total{service="always",reason="systemd"}' 0

# --- (d) what does not come up is tried again, ever slower ------------------------------------
service=fragile unit=fragile
: >/results/starts.fragile
touch /run/fragile.broken
kill -9 "$(main_pid fragile)"
third_try() { [ "$(wc -l </results/starts.fragile)" -ge 3 ]; }
within 40 "fragile is tried three times" third_try
check "with growing pauses" awk '{ t[NR] = $1 } END { a = t[2] - t[1]; b = t[3] - t[2]; exit !(a > 4 && a < 8 && b > 8.5 && b < 14) }' /results/starts.fragile
check "it is not said to be up" metric_is 'systemcheck_service_up{service="fragile"}' 0
rm /run/fragile.broken
within 40 "fragile comes up when it can" state_is fragile up

# --- (e) what somebody has started outside its unit -------------------------------------------------
# He stops the unit, starts it as its program says, and its workers keep the port when the main process dies.
service=httpd unit=apache2
by_hand() { cat /run/apache2/apache2.pid; }
start_by_hand() {
  systemctl stop apache2
  within 10 "httpd is held before it is started by hand ($1)" state_is httpd held
  systemd-run --quiet --scope --unit="by-hand-$1" sh -c '. /etc/apache2/envvars && exec /usr/sbin/apache2 -k start'
  within 10 "what was started by hand counts as httpd ($1)" state_is httpd up
  within 10 "it has workers ($1)" eval 'pgrep --parent "$(by_hand)" apache2 >/dev/null'
  check "its unit knows nothing of it ($1)" inactive apache2
}
is_the_units_alone() { # one copy, and all of it in the unit's control group
  another_main_than 0 apache2 && answers && [ "$(pgrep --exact --parent 1 apache2)" = "$(main_pid apache2)" ] &&
    [ "$(pgrep --exact apache2 | sort)" = "$(sort /sys/fs/cgroup/system.slice/apache2.service/cgroup.procs)" ]
}
start_by_hand killed
count=$(restarts httpd)
workers=$(pgrep --parent "$(by_hand)" --delimiter ' ' apache2)
kill -9 "$(by_hand)"
within 10 "a killed main process is followed by one of the unit" is_the_units_alone
check "its orphans are gone" eval "! kill -0 $workers 2>/dev/null"
within 10 "httpd is up again after that" state_is httpd up
check "by one restart, at once" restarts_are httpd $((count + 1))
check "the history calls it a crash" recorded actions httpd 'reason=its main process ended with signal 9.*' \
  'command=end [0-9]+ leftover processes, .*restart apache2.service'
start_by_hand restarted
check "a restart that is ordered succeeds" /build/systemcheckctl restart httpd
check "one copy runs then, the unit's own" is_the_units_alone
start_by_hand hung
kill -STOP "$(by_hand)"
check "a restart of one that hangs succeeds" /build/systemcheckctl restart httpd
check "one copy runs after it, the unit's own" is_the_units_alone
within 10 "httpd is up after all that" state_is httpd up

# --- (f) a machine that goes down is not held up -----------------------------------------------
go_down
