# Read by the scenarios, which run inside the booted Debian as root, when its services are up. Each writes
# one line a check to /results/report: "ok - what" or "not ok - what"; run.py reads it from outside.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >>/results/report; }
fail_with_evidence() {
  say "not ok - $1"
  { echo "=== $1"; systemctl --no-pager status "${unit:-apache2}" | head -20; metrics | grep "service=\"${service:-httpd}\"" |
    grep -vE ' 0$'; tail -n 30 /results/daemon.log; } >>/results/evidence 2>&1
}
check() { # check WHAT COMMAND…: holds now
  local what=$1; shift
  if "$@"; then say "ok - $what"; else fail_with_evidence "$what"; fi
}
within() { # within SECONDS WHAT COMMAND…: holds before the deadline
  local deadline=$((SECONDS + $1)) what=$2; shift 2
  while ! "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || { fail_with_evidence "$what"; return 1; }
    sleep 0.05
  done
  say "ok - $what"
}
for_seconds() { # for_seconds SECONDS WHAT COMMAND…: holds all the time
  local deadline=$((SECONDS + $1)) what=$2; shift 2
  while [ "$SECONDS" -lt "$deadline" ]; do
    "$@" || { fail_with_evidence "$what"; return 1; }
    sleep 0.1
  done
  say "ok - $what"
}

metrics() { curl -fsS --max-time 5 http://127.0.0.1:10060/metrics; }
metric() { metrics | awk -v name="$1" 'substr($0, 1, length(name) + 1) == name " " { print $NF; found = 1 } END { exit !found }'; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }
metric_above() { awk -v value="$(metric "$1")" -v floor="$2" 'BEGIN { exit !(value > floor) }'; }
state_is() { metric_is "systemcheck_service_state{service=\"$1\",state=\"$2\"}" 1; }
restarts() { metric "systemcheck_service_restarts_total{service=\"$1\",reason=\"down\"}"; }
restarts_are() { [ "$(restarts "$1")" = "$2" ]; }
active() { systemctl is-active --quiet "$1"; }
inactive() { ! active "$1"; }
main_pid() { systemctl show --property MainPID --value "$1"; }
another_main_than() { local now; now=$(main_pid "$2"); [ "$now" != 0 ] && [ "$now" != "$1" ]; }
starts_are() { [ "$(starts "$1")" = "$2" ]; }
held_by() { metric_is "systemcheck_service_held{service=\"$1\",by=\"$2\"}" 1; }
deaths_are() { metric_is "systemcheck_service_deaths_total{service=\"$1\",cause=\"$2\"}" "$3"; }
kill_main() { # kill_main SIGNAL UNIT
  local main; main=$(main_pid "$2")
  [ "$main" != 0 ] || fail_with_evidence "$2 has a main process to be killed"
  [ "$main" = 0 ] || kill "-$1" "$main"
}
answers() { curl -fs -o /dev/null --max-time 2 http://127.0.0.1/; }
starts() { grep -c "^$1\$" /results/starts 2>/dev/null || true; }

# What the history says: how many of its actions or events of a service match all of FIELD=PATTERN.
count_recorded() { # count_recorded actions|events SERVICE [FIELD=PATTERN…]
  local kind=$1 service=$2; shift 2
  /build/systemcheckctl history "$service" --json --limit 1000 | perl -MJSON::PP -e '
    my ($kind, @wanted) = @ARGV; local $/; my $count = 0;
    ENTRY: for my $entry (@{decode_json(<STDIN>)->{$kind}}) {
      for (@wanted) { my ($field, $pattern) = split /=/, $_, 2; next ENTRY unless ($entry->{$field} // "") =~ /^(?:$pattern)$/ }
      $count++ }
    print $count' "$kind" "$@"
}
recorded_times() { local times=$1; shift; [ "$(count_recorded "$@")" = "$times" ]; }
recorded() { [ "$(count_recorded "$@")" -gt 0 ]; }
unrecorded() { recorded_times 0 "$@"; }

# oom_kill UNIT: as systemd-oomd does it, which says in the control group that it was the one, and kills.
oom_kill() {
  local group; group=/sys/fs/cgroup$(systemctl show --property ControlGroup --value "$1")
  setfattr --name user.oomd_ooms --value 1 "$group"
  setfattr --name user.oomd_kill --value 1 "$group"
  kill -9 $(cat "$group/cgroup.procs")
}

# A service that starts unless it is told to fail, and leaves a line each time it is tried.
install -m 755 /dev/stdin /run/patient <<'SH'
#!/bin/sh
echo "$1" >>/results/starts
date +%s.%N >>"/results/starts.$1"
[ ! -e "/run/$1.broken" ] || exit 1
exec sleep infinity
SH

# go_down: the end of every scenario. What is said and started from here on is judged from outside.
go_down() {
  say "done"
  : >/results/starts
  wc -l </results/daemon.log >/results/said-before-shutdown
  systemctl poweroff
}
