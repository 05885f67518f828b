#!/usr/bin/python3
"""A dead service comes back, and only when it should: with stand-ins that tests can kill."""

import json
import os
import resource
import signal
import time

import harness
from harness import SystemTest, identity, is_alive, wait_until
from standin import SETSID, FOR_EVER, StandIn, lines


# Notes what it was born with, then becomes the start command that it was given.
INHERITANCE_REPORTER = """
import json, os, subprocess, sys
own = {}
own["fd"] = {name: os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")
             if os.path.lexists(f"/proc/self/fd/{name}")}
for name in ("limits", "status", "oom_score_adj", "cgroup"):
    own[name] = open(f"/proc/self/{name}").read()
own["cwd"], own["pid"], own["session"] = os.getcwd(), os.getpid(), os.getsid(0)
own["environ"] = dict(os.environ)
own["umask"] = os.umask(0o022)
own["nice"], own["processors"] = os.nice(0), sorted(os.sched_getaffinity(0))
own["ionice"] = subprocess.run(["/usr/bin/ionice"], capture_output=True, text=True).stdout.strip()
json.dump(own, open(sys.argv[1], "w"))
os.execv(sys.argv[2], sys.argv[2:])
"""


# A daemon in a strange state of its own: everything in it that a child inherits unless it is reset.
STRANGE = """
umask 077
echo 300 >/proc/self/oom_score_adj
trap '' HUP USR1
cd /tmp
exec nice -n 5 ionice -c 3 taskset -c "$0" prlimit --nofile=300: env SECRET=1 "$@" 7</etc/passwd
"""


# A first process of the machine that is busy with something else for a tenth of a second.
LATE_UNDERTAKER = """
import pathlib, os, signal, subprocess, sys, time
child = subprocess.Popen(sys.argv[1:3])
pathlib.Path(sys.argv[3]).write_text(str(child.pid))
os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
time.sleep(0.1)
child.wait()
signal.pause()
"""


def is_dead(pid):
    fields = harness.stat_fields(pid)
    return fields is None or fields[0] == b"Z"


class Restart(SystemTest):
    def watched(self, *standins, config=None, wrapper=(), **settings):
        """The daemon, with these services up and seen."""
        services = {one.name: one.settings(**settings) for one in standins}
        daemon = self.daemon({"services": services, **(config or {})}, wrapper=wrapper)
        for one in standins:
            daemon.wait_state(one.name, "up")
        return daemon

    def test_a_killed_service_comes_back(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        self.assertEqual(daemon.metrics()("systemcheck_service_up", service="standin"), 1)

        self.kill(first)

        second = standin.wait_pid(other_than=first)
        metrics = daemon.wait_restarted("standin", 1)
        self.assertEqual(metrics("systemcheck_service_restart_failures_total", service="standin"), 0)
        self.assertEqual(sum(metrics.family("systemcheck_service_deaths_total").values()), 1)
        # One whole cycle later there is still exactly one.
        daemon.wait_cycles(2)
        self.assertEqual(standin.pids(), [second])

    def test_it_comes_back_again_and_again_after_each_pause(self):
        standin = StandIn(self)
        pid = standin.start()
        daemon = self.watched(standin, config={"restart_policy": {"backoff": "200ms", "backoff_max": "400ms"}})
        for death in range(1, 6):
            self.kill(pid)
            pid = standin.wait_pid(other_than=pid)
            daemon.wait_restarted("standin", death)
        self.assertEqual(daemon.metrics()("systemcheck_service_at_cap", service="standin"), 1)

    def test_the_second_restart_waits_for_its_backoff(self):
        standin = StandIn(self)
        pid = standin.start()
        daemon = self.watched(standin, config={"restart_policy": {"backoff": "2s"}})
        self.kill(pid)
        pid = standin.wait_pid(other_than=pid)
        daemon.wait_restarted("standin", 1)

        self.kill(pid)
        metrics = daemon.wait_state("standin", "waiting")
        self.assertGreater(metrics("systemcheck_service_restart_backoff_seconds", service="standin"), 0)
        self.assertEqual(
            metrics("systemcheck_restarts_suppressed_total", service="standin", reason="backoff"), 1)
        standin.wait_pid(other_than=pid)
        daemon.wait_restarted("standin", 2)

    def test_observe_touches_nothing_and_counts_what_it_would_have_done(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin, mode="observe")

        self.kill(first)

        metrics = daemon.wait_metrics(
            lambda m: m("systemcheck_restarts_suppressed_total", service="standin", reason="observe") == 1,
            "the suppressed restart to be counted")
        self.assertEqual(metrics.state("standin"), "down")
        metrics = daemon.wait_cycles(3)
        self.assertEqual(standin.pids(), [])
        self.assertEqual(metrics("systemcheck_service_restarts_total", service="standin", reason="down"), 0)
        # Once for one death, however often one looks.
        self.assertEqual(
            metrics("systemcheck_restarts_suppressed_total", service="standin", reason="observe"), 1)

    def test_the_switch_observe_on_the_command_line_overrules_act(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.daemon({"mode": "act", "services": {"standin": standin.settings()}}, ["--observe"])
        daemon.wait_state("standin", "up")
        self.kill(first)
        daemon.wait_state("standin", "down")
        daemon.wait_cycles(2)
        self.assertEqual(standin.pids(), [])

    def test_what_is_started_inherits_nothing_of_the_daemon(self):
        standin = StandIn(self)
        notes = self.directory / "notes"
        reporter = self.directory / "reporter.py"
        reporter.write_text(INHERITANCE_REPORTER)
        first = standin.start()
        processors = sorted(os.sched_getaffinity(0))
        wrapper = ["/bin/sh", "-c", STRANGE, processors[0]] if os.geteuid() == 0 else ()
        daemon = self.watched(
            standin, wrapper=wrapper,
            start=["/usr/bin/python3", "-IS", str(reporter), str(notes), *standin.start_argv])

        self.kill(first)

        standin.wait_pid(other_than=first)
        seen = json.loads(notes.read_text())
        self.assertEqual(set(seen["fd"]), {"0", "1", "2"}, seen["fd"])
        self.assertEqual(seen["fd"]["0"], "/dev/null")

        # As systemd gives to its services, or less where this machine has less.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        hard = 524288 if most == resource.RLIM_INFINITY else min(most, 524288)
        limits = {line[:25].strip(): line[25:].split()[:2] for line in seen["limits"].splitlines()}
        self.assertEqual(limits["Max open files"], ["1024", str(hard)])
        self.assertEqual(limits["Max core file size"][0], "0")

        status = dict(line.split(":\t", 1) for line in seen["status"].splitlines())
        self.assertEqual(int(status["SigBlk"], 16), 0)
        # Python itself ignores SIGPIPE and SIGXFSZ.
        pythons = 1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1)
        self.assertEqual(int(status["SigIgn"], 16) & ~pythons, 0)
        self.assertEqual(seen["oom_score_adj"], "0\n")
        self.assertEqual(seen["cwd"], "/")
        self.assertEqual(seen["umask"], 0o022)
        self.assertEqual(seen["nice"], 0)
        self.assertEqual(seen["ionice"], "none: prio 0")
        self.assertEqual(seen["processors"], processors)
        self.assertEqual(set(seen["environ"]) - {"LC_CTYPE"}, {"PATH", "LANG"})
        self.assertIn("/usr/sbin", seen["environ"]["PATH"].split(":"))
        # A session of its own: what ends the daemon's group does not end what it started.
        self.assertEqual(seen["session"], seen["pid"])
        self.assertNotEqual(seen["session"], daemon.process.pid)

    def test_a_start_command_that_hangs_is_ended_with_all_it_started(self):
        standin = StandIn(self)
        first = standin.start()
        child_file = self.directory / "child"
        settings = standin.settings(start_timeout="1s", stop_timeout="1s")
        # Deaf to SIGTERM, and with a child of its own.
        settings["start"] = [standin.script("start", f"""
            trap '' TERM
            /usr/bin/sleep {FOR_EVER} & echo $! >{child_file}
            echo $$ >{child_file}.parent
            wait; while :; do /usr/bin/sleep 1; done
        """)]
        daemon = self.daemon({"services": {"standin": settings}})
        daemon.wait_state("standin", "up")

        self.kill(first)

        child = wait_until(lambda: harness.read_pid(child_file), "the command to run")
        parent = wait_until(lambda: harness.read_pid(f"{child_file}.parent"), "the command to run")
        wait_until(lambda: not is_alive(child) and not is_alive(parent), "the command and its child to be ended")
        metrics = daemon.wait_metrics(
            lambda m: m("systemcheck_service_restart_failures_total", service="standin") >= 1,
            "the failure to be counted")
        self.assertNotEqual(metrics.state("standin"), "up")

    def test_a_hanging_start_of_one_service_delays_no_other(self):
        slow, quick = StandIn(self, "slow"), StandIn(self, "quick")
        services = {"slow": slow.settings(start_timeout="60s"), "quick": quick.settings()}
        services["slow"]["start"] = [slow.script("hang", f"exec /usr/bin/sleep {FOR_EVER}")]
        slow_pid, quick_pid = slow.start(), quick.start()
        daemon = self.daemon({"services": services})
        daemon.wait_state("slow", "up")
        daemon.wait_state("quick", "up")
        self.kill(slow_pid)
        daemon.wait_state("slow", "restarting")

        self.kill(quick_pid)

        quick.wait_pid(other_than=quick_pid)
        metrics = daemon.wait_restarted("quick", 1)
        self.assertEqual(metrics.state("slow"), "restarting")

    def test_a_start_command_that_fails_is_tried_again_later(self):
        standin = StandIn(self)
        first = standin.start()
        tries = self.directory / "tries"
        settings = standin.settings()
        settings["start"] = [standin.script("start", f"""
            echo x >>{tries}
            echo 'no way' >&2
            [ $(wc -l <{tries}) -gt 2 ] || exit 3
            exec {SETSID} --fork @EXE@ {FOR_EVER}
        """)]
        daemon = self.daemon({
            "services": {"standin": settings}, "restart_policy": {"backoff": "300ms", "backoff_max": "1s"}})
        daemon.wait_state("standin", "up")
        self.kill(first)

        standin.wait_pid(other_than=first)
        metrics = daemon.wait_restarted("standin", 3)
        self.assertEqual(len(lines(tries)), 3)
        self.assertEqual(metrics("systemcheck_service_restart_failures_total", service="standin"), 2)
        self.assertIn("no way", daemon.log())

    def test_a_successful_start_without_a_service_is_a_failure(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin, start=["/bin/true"], start_timeout="1s")
        self.kill(first)
        metrics = daemon.wait_metrics(
            lambda m: m("systemcheck_service_restart_failures_total", service="standin") == 1, "the failure")
        self.assertEqual(metrics("systemcheck_service_up", service="standin"), 0)

    def test_a_command_that_keeps_its_output_open_does_not_hang_the_restart(self):
        standin = StandIn(self)
        first = standin.start()
        # The new service inherits stdout and stderr of the command and never closes them.
        daemon = self.watched(standin, start=[standin.script("start", f"@EXE@ {FOR_EVER} & exit 0")])
        self.kill(first)
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1, seconds=10)

    def test_a_service_that_was_never_up_is_started(self):
        if time.clock_gettime(time.CLOCK_MONOTONIC) < 130:
            self.skipTest("this machine has just booted: it gets its grace")
        standin = StandIn(self)
        daemon = self.daemon({"services": {"standin": standin.settings()}})
        standin.wait_pid()
        daemon.wait_state("standin", "up")

    def test_a_zombie_is_gone(self):
        standin = StandIn(self)
        # Its parent never waits for it: a zombie stays.
        parent = self.spawn(["/usr/bin/python3", "-c", f"""
import subprocess, time
child = subprocess.Popen([{str(standin.executable)!r}, "{FOR_EVER}"])
while True: time.sleep(3600)
"""])
        first = standin.wait_pid()
        daemon = self.watched(standin)
        self.kill(first)
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        self.assertIsNone(parent.poll())
        self.assertEqual(harness.stat_fields(first)[0], b"Z", "the old one should still be a zombie")

    def test_a_start_waits_until_the_dead_one_is_buried(self):
        """rsyslogd and others refuse to start while the process of their pid file exists, and a zombie does."""
        standin = StandIn(self)
        pidfile = self.directory / "standin.pid"
        self.spawn(["/usr/bin/python3", "-c", LATE_UNDERTAKER, str(standin.executable), FOR_EVER, str(pidfile)])
        first = standin.wait_pid()
        wait_until(lambda: harness.read_pid(pidfile) == first, "the pid file")
        daemon = self.watched(standin, start=[standin.script("start", f"""
            if kill -0 $(cat {pidfile}); then echo 'another one is running' >&2; exit 1; fi
            exec {SETSID} --fork @EXE@ {FOR_EVER}
        """)])
        self.kill(first)
        standin.wait_pid(other_than=first)
        metrics = daemon.wait_metrics(
            lambda m: m("systemcheck_service_restarts_total", service="standin", reason="down") > 0
            and m.state("standin") == "up", "it to be up again")
        self.assertEqual(
            metrics("systemcheck_service_restart_failures_total", service="standin"), 0, daemon.log())

    def test_a_pid_file_that_names_somebody_else_is_not_believed(self):
        standin, stranger = StandIn(self), StandIn(self, "stranger")
        pidfile = self.directory / "standin.pid"
        other = stranger.start()
        first = standin.start()
        pidfile.write_text(f"{first}\n")
        settings = standin.settings()
        settings["match"] = {"exe": str(standin.executable), "pidfile": str(pidfile)}
        settings["start"] = [standin.script("start", f"""
            {SETSID} --fork @EXE@ {FOR_EVER}
            until pid=$(pgrep -f '^@EXE@ {FOR_EVER}$'); do :; done; echo $pid >{pidfile}
        """)]
        daemon = self.daemon({"services": {"standin": settings}})
        daemon.wait_state("standin", "up")

        pidfile.write_text(f"{other}\n")
        self.kill(first)

        second = standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        wait_until(lambda: harness.read_pid(pidfile) == second, "the new pid file")
        self.assertTrue(is_alive(other), "the stranger was touched")

    def test_twelve_that_die_at_once_all_come_back(self):
        standins = [StandIn(self, f"standin{number}") for number in range(12)]
        pids = {one.name: one.start() for one in standins}
        daemon = self.watched(
            *standins, config={"restart_policy": {"host_limit": {"restarts": 12, "share": "100%"}}})
        for pid in pids.values():
            self.kill(pid)
        for one in standins:
            one.wait_pid(other_than=pids[one.name])
            daemon.wait_restarted(one.name, 1)

    def test_most_services_dying_at_once_is_taken_for_the_machines_doing(self):
        standins = [StandIn(self, f"standin{number}") for number in range(5)]
        pids = [one.start() for one in standins]
        daemon = self.watched(*standins)
        os.kill(daemon.process.pid, signal.SIGSTOP)  # It wakes to all of them together.
        for pid in pids:
            self.kill(pid)
        wait_until(lambda: all(is_dead(pid) for pid in pids), "all of them to be dead")
        os.kill(daemon.process.pid, signal.SIGCONT)
        daemon.wait_metrics(
            lambda m: any(m.get("systemcheck_restarts_suppressed_total", service=one.name, reason="host_limit")
                          for one in standins), "some of them to wait")
        self.assertIn("services died together: it is the machine", daemon.log())

    def test_a_stopped_daemon_leaves_its_services_alone(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        self.kill(first)
        second = identity(standin.wait_pid(other_than=first))
        daemon.wait_restarted("standin", 1)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(identity(second[0]), second)

    def test_what_is_restarted_while_the_daemon_starts_anew_is_not_touched(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        daemon.stop()
        daemon = self.watched(standin)
        self.assertEqual(standin.pids(), [first])
        self.assertEqual(
            daemon.metrics()("systemcheck_service_restarts_total", service="standin", reason="down"), 0)


if __name__ == "__main__":
    harness.main()
