#!/usr/bin/env bash
# contrib/stack: from a machine that has nothing of it to a mail, and back; and a Prometheus that was there before.
#
# Debian's packages come from /packages. The mail server and the switch are stand-ins that keep what they are told.
set -u

# shellcheck source=helpers.sh
. /scenario/helpers.sh

stack=/usr/share/systemcheck/stack/install
told=(--mail-to root@booted.example.test --from watch@booted.example.test --smarthost 127.0.0.1:2525
  --user watch --password-file /run/password --switch http://127.0.0.1:2526/ping)
echo 'open "sesame" \ #1' >/run/password
# The evidence of this scenario.
fail_with_evidence() {
  say "not ok - $1"
  { echo "=== $1"; cat /results/stack.log; ss -ltn; journalctl --no-pager -o cat -u prometheus -u prometheus-alertmanager |
    tail -n 20; } >>/results/evidence 2>&1
}

# --- the machine -------------------------------------------------------------------------------
rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/*
echo 'deb [trusted=yes] file:/packages ./' >/etc/apt/sources.list
cat >/run/stand_in.pl <<'PERL'
use strict;
use IO::Socket::INET;
my ($port, $kept, $is_mail) = @ARGV;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $port, Listen => 5, ReuseAddr => 1) or die $!;
open my $file, ">>", $kept or die $!;
$file->autoflush(1);
while (my $peer = $server->accept) {
  $peer->autoflush(1);
  print $peer "220 stand-in\r\n" if $is_mail;
  my $in_mail = 0;
  while (my $line = <$peer>) {
    print $file $line;
    if (!$is_mail) { next unless $line =~ /^\r?$/; print $peer "HTTP/1.0 200 OK\r\n\r\n"; last }
    if ($in_mail) { next unless $line =~ /^\.\r?$/; $in_mail = 0 }
    elsif ($line =~ /^EHLO/) { print $peer "250-stand-in\r\n250 AUTH PLAIN\r\n"; next }
    elsif ($line =~ /^AUTH/) { print $peer "235 welcome\r\n"; next }
    elsif ($line =~ /^DATA/) { $in_mail = 1; print $peer "354 go on\r\n"; next }
    print $peer $line =~ /^QUIT/ ? "221 bye\r\n" : "250 fine\r\n";
    last if $line =~ /^QUIT/;
  }
  close $peer;
}
PERL
systemd-run --quiet --unit=mail /usr/bin/perl /run/stand_in.pl 2525 /run/mails mail
systemd-run --quiet --unit=switch /usr/bin/perl /run/stand_in.pl 2526 /run/pings
cat >/run/systemd/system/systemcheckd.service <<'UNIT'
[Service]
ExecStart=/build/systemcheckd --config /run/systemcheck.yaml
RuntimeDirectory=systemcheck
StateDirectory=systemcheck
StandardError=append:/results/daemon.log
UNIT
echo 'snmp: {mode: disabled}' >/run/systemcheck.yaml
systemctl daemon-reload
systemctl start systemcheckd

install_stack() { "$stack" "$@" >>/results/stack.log 2>&1; }
refuses() { ! "$stack" "${@:2}" >/run/refusal 2>&1 && grep -qF -- "$1" /run/refusal; }
# The names of all files where something of it could be, and all packages. dpkg and adduser keep copies.
inventory() {
  find /etc /var/lib/prometheus /var/lib/systemcheck* /usr/local /run/systemd/system /usr/sbin/policy-rc.d 2>/dev/null |
    grep -vE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|^/var/lib/systemcheck/|^/var/lib/prometheus/metrics2/' | sort
  dpkg-query -W
}
listens_on() { ss -Hltn "sport = :$2" | awk -v address="$1:$2" '{ found += $4 == address } END { exit !(found == 1 && NR == 1) }'; }
listens_nowhere() { [ -z "$(ss -Hltn "sport = :$1")" ]; }
ask() { curl -fsS --max-time 5 "http://127.0.0.1:9090/api/v1/$1"; }
targets_up() { [ "$(ask targets | grep -o '"health":"up"' | wc -l)" = "$1" ]; }
is_mailed() { tr -d '\r' </run/mails 2>/dev/null | grep -qxF -- "$1"; }
began() { journalctl -o cat -u "$1" | grep -c '^Started '; }

# --- two commands: the daemon is there, this is the second one ---------------------------------
# Its directories are made after "systemctl start" has returned.
within 30 "the daemon is there" curl -fsS --max-time 5 -o /dev/null http://127.0.0.1:10060/-/ready
inventory >/run/before
check "nobody is mailed by a mistake" refuses "is not a mail address" "${told[@]}" --escalate-to nobody
check "a mistake changes nothing" eval 'inventory | diff /run/before - >>/results/evidence'
# What does not even come up need not be tried any further.
check "one command brings all of it" install_stack "${told[@]}"
active prometheus || { go_down; exit; }
check "it says how to come by a Grafana" grep -q 'the dashboards wait for a Grafana.*https://grafana.com/' /results/stack.log
for unit in prometheus prometheus-alertmanager; do
  check "$unit is running" active "$unit"
  check "$unit comes with the next boot" systemctl is-enabled --quiet "$unit"
  check "$unit was never started as Debian does it" eval '[ "$(began "$unit")" = 1 ]'
done
check "Prometheus listens on loopback only" listens_on 127.0.0.1 9090
check "Alertmanager listens on loopback only" listens_on 127.0.0.1 9093
check "Alertmanager is in no cluster" listens_nowhere 9094
check "no file of the packages was changed" eval '[ -z "$(dpkg --verify prometheus prometheus-alertmanager)" ]'
main=$(main_pid prometheus)
check "it can be run again" install_stack "${told[@]}"
check "nothing is restarted for nothing" [ "$(main_pid prometheus)" = "$main" ]
check "all of our rules are loaded" eval \
  '[ "$(ask rules | grep -o "\"name\":\"Systemcheck" | wc -l)" = "$(grep -c "^  - alert:" /usr/share/systemcheck/alerts/rules/systemcheck.yml)" ]'
amtool --alertmanager.url=http://127.0.0.1:9093 alert add alertname=Test severity=critical \
  instance=booted --annotation=summary='This is a test.'
within 30 "an alert is mailed" is_mailed 'Subject: CRITICAL: This is a test.'
check "the mail server was told who it is" is_mailed "AUTH PLAIN $(printf '\0watch\0%s' "$(cat /run/password)" | base64 -w 0)"
check "nobody else reads the password" [ "$(stat -c '%a %U %G' /etc/systemcheck/stack/smtp-password)" = "640 root prometheus" ]
check "it is mailed to whom it was told" is_mailed 'To: root@booted.example.test'
within 45 "the daemon, Prometheus and Alertmanager are asked, and answer" targets_up 3
# After half a minute at most it is evaluated, and then Alertmanager waits for others of its group.
within 120 "what a rule says is told outside: all is well" grep -q 'POST /ping' /run/pings
kill_main KILL prometheus-alertmanager
within 20 "what dies comes back" active prometheus-alertmanager

# --- and back ----------------------------------------------------------------------------------
check "one command takes it away" install_stack --remove
check "nothing is left of it" eval 'inventory | diff /run/before - >>/results/evidence'
check "nothing listens any more" eval 'listens_nowhere 9090 && listens_nowhere 9093'
check "no unit of it is known" eval '! systemctl cat prometheus.service prometheus-alertmanager.service >/dev/null 2>&1'

# --- what was used before ----------------------------------------------------------------------
DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install prometheus >>/results/stack.log 2>&1
within 20 "Debian has started Prometheus, on every address" listens_on '*' 9090
inventory >/run/before
check "a Prometheus that is used is left alone" refuses "prometheus is used here already" "${told[@]}"
check "really" eval 'inventory | diff /run/before - >>/results/evidence'
check "unless it is said" install_stack "${told[@]}" --take-over
check "then it listens on loopback only" listens_on 127.0.0.1 9090
check "it is given back" install_stack --remove
within 20 "it goes on as it was" listens_on '*' 9090
check "nothing else is left" eval 'inventory | diff /run/before - >>/results/evidence'
go_down
