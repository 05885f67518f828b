#!/usr/bin/python3
"""What may go wrong around a restart, under the real daemon: commands that misbehave, many deaths at once, its own
death. Each costs its own service something and no other, nothing is lost, and the journal tells what was tried."""

import json
import os
import pathlib
import signal

import harness
from harness import SystemTest, is_alive, wait_until
from standin import FOR_EVER, SETSID, StandIn, lines

GIGABYTE = 1 << 30
MANY = 200


def peak_resident_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM:")).split()[1])


def forget_peak(pid):
    """proc(5): what counts from here on is what comes."""
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5\n")


class Faults(SystemTest):
    def failing(self, start, **settings):
        """The daemon, with a service that was killed and whose start is this command."""
        standin = StandIn(self)
        first = standin.start()
        daemon = self.daemon({
            "services": {"standin": standin.settings(start=start(standin), **settings)},
            "restart_policy": {"backoff": "1h", "backoff_max": "1h"}})
        daemon.wait_state("standin", "up")
        self.kill(first)
        wait_until(lambda: not is_alive(first), "it to be dead")
        return standin, daemon

    def wait_failure(self, daemon, words):
        """The attempt has failed, and is told in these words, with what was tried."""
        daemon.wait_metrics(
            lambda m: m("systemcheck_service_restart_failures_total", service="standin") == 1, "the failure")
        daemon.logged(rf"standin: the restart did not succeed \(.*{words}.*; what was tried: .*run /")
        metrics = daemon.wait_state("standin", "waiting")
        self.assertEqual(metrics("systemcheck_service_restarts_total", service="standin", reason="down"), 1)

    def test_a_command_that_is_not_there(self):
        _, daemon = self.failing(lambda it: [str(self.directory / "nobody")])
        self.wait_failure(daemon, f"{self.directory}/nobody: No such file or directory")

    def test_a_command_that_is_taken_away_while_the_daemon_runs(self):
        program = self.directory / "start"
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
        standin = StandIn(self)
        first = standin.start()
        daemon = self.daemon({"services": {"standin": standin.settings(start=[str(program)])},
                              "restart_policy": {"backoff": "1h", "backoff_max": "1h"}})
        daemon.wait_state("standin", "up")
        program.unlink()
        self.kill(first)
        self.wait_failure(daemon, "No such file or directory")

    def test_a_command_that_dies_by_a_signal(self):
        _, daemon = self.failing(lambda it: [it.script("start", "echo 'it begins' >&2; kill -SEGV $$")])
        self.wait_failure(daemon, "ended by signal 11.*it begins")

    def test_a_command_that_fails_and_leaves_children(self):
        """They hold its output open; nobody waits for that."""
        child = self.directory / "child"
        _, daemon = self.failing(lambda it: [it.script("start", f"""
            /usr/bin/sleep {FOR_EVER} & echo $! >{child}
            echo 'no licence' >&2
            exit 3
        """)])
        self.wait_failure(daemon, "exit status 3: no licence")
        self.assertTrue(is_alive(harness.read_pid(child)), "it may be the service, half started")

    def test_a_command_that_says_that_it_has_started_what_it_has_not(self):
        _, daemon = self.failing(lambda it: ["/bin/true"], start_timeout="1s")
        self.wait_failure(daemon, "not up.*it was started and did not come up")

    def test_a_command_that_prints_a_gigabyte(self):
        """It costs no memory, delays nobody, and its service comes up."""
        other = StandIn(self, "other")
        other_pid = other.start()
        standin = StandIn(self)
        go = self.directory / "go"
        os.mkfifo(go)
        start = [standin.script("start", f"""
            echo begun >>{self.directory}/begun
            head -c {GIGABYTE // 2} /dev/zero
            read line <{go}
            head -c {GIGABYTE // 2} /dev/zero
            exec {SETSID} --fork @EXE@ {FOR_EVER} >/dev/null 2>&1
        """)]
        first = standin.start()
        daemon = self.daemon({"services": {
            "standin": standin.settings(start=start, start_timeout="5m"), "other": other.settings()}})
        daemon.wait_state("standin", "up")
        daemon.wait_state("other", "up")
        forget_peak(daemon.process.pid)
        before = peak_resident_kib(daemon.process.pid)
        self.kill(first)
        wait_until(lambda: lines(self.directory / "begun"), "the command to begin")

        self.kill(other_pid)
        other.wait_pid(other_than=other_pid)
        metrics = daemon.wait_restarted("other", 1)
        self.assertEqual(metrics.state("standin"), "restarting")

        go.write_text("go\n")
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        self.assertLess(peak_resident_kib(daemon.process.pid) - before, 16 << 10)

    def test_a_command_that_hangs_after_it_has_done_its_work(self):
        """It is ended with its children; the daemon that it has started is not."""
        child = self.directory / "child"
        standin, daemon = self.failing(
            lambda it: [it.script("start", f"""
                {SETSID} --fork @EXE@ {FOR_EVER} >/dev/null 2>&1
                trap '' TERM
                /usr/bin/sleep {FOR_EVER} & echo $! >{child}
                wait; while :; do /usr/bin/sleep 1; done
            """)],
            start_timeout="1s", stop_timeout="1s")
        second = standin.wait_pid()
        left = wait_until(lambda: harness.read_pid(child), "the child of the command")
        wait_until(lambda: not is_alive(left), "the child of the command to be ended")
        daemon.logged(r"standin: the restart did not succeed \(timed out\): .*; what was tried: .*run /")
        metrics = daemon.wait_state("standin", "up")
        self.assertEqual(metrics("systemcheck_service_restarts_total", service="standin", reason="down"), 1)
        self.assertEqual(standin.pids(), [second])

    def test_a_command_that_runs_as_somebody_else(self):
        """As the manual says; the daemon itself has no such key."""
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        standin, daemon = self.failing(
            lambda it: ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--init-groups", *it.start_argv])
        second = standin.wait_pid()
        daemon.wait_restarted("standin", 1)
        self.assertEqual(os.stat(f"/proc/{second}").st_uid, 65534)

    def test_a_command_that_forks_away_and_starts_later(self):
        """Its exit says nothing yet; the service is waited for."""
        gone, gate = self.directory / "gone", self.directory / "gate"
        os.mkfifo(gate)
        standin, daemon = self.failing(
            lambda it: [it.script("start", f"""
                ( read line <{gate}; exec {SETSID} --fork @EXE@ {FOR_EVER} ) >/dev/null 2>&1 &
                echo x >>{gone}
            """)],
            start_timeout="5m")
        wait_until(lambda: lines(gone), "the command to end")
        self.assertEqual(daemon.wait_cycles(2).state("standin"), "restarting")
        gate.write_text("go\n")
        standin.wait_pid()
        metrics = daemon.wait_restarted("standin", 1)
        self.assertEqual(metrics("systemcheck_service_restart_failures_total", service="standin"), 0)
        self.assertEqual(len(lines(gone)), 1)

    def test_two_hundred_services_that_fail_in_one_cycle(self):
        standins = [StandIn(self, f"standin{number}") for number in range(MANY)]
        script = "\n".join(" ".join(one.start_argv) for one in standins)
        self.assertEqual(self.spawn(["/bin/sh", "-c", script]).wait(timeout=harness.PATIENCE), 0)
        wait_until(lambda: len(self.running(standins)) == MANY, "all of them to run")
        before = self.running(standins)
        daemon = self.daemon({
            "services": {one.name: one.settings() for one in standins},
            "restart_policy": {"host_limit": {"restarts": 1000, "per": "1s", "share": "100%"}}})
        self.wait_all_up(daemon, 0)

        os.kill(daemon.process.pid, signal.SIGSTOP)  # It wakes to all of them together.
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in before.values()), "all of them to be dead")
        os.kill(daemon.process.pid, signal.SIGCONT)
        self.wait_all_up(daemon, 1)

        daemon.wait_cycles(1)
        metrics = self.wait_all_up(daemon, 1)
        self.assertEqual(set(metrics.family("systemcheck_service_restart_failures_total").values()), {0})
        after = self.running(standins)
        self.assertEqual(set(after), {one.name for one in standins})
        self.assertTrue(set(after.values()).isdisjoint(before.values()))
        actions = wait_until(lambda: self.ended_well(daemon, MANY), lambda: f"all in the history\n{daemon.log()}")
        self.assertEqual({one["service"]: one["new_identity"].split(":")[0] for one in actions},
                         {name: str(pid) for name, pid in after.items()})

    def running(self, standins):
        """Whom one process runs, and which."""
        names = {str(one.executable): one.name for one in standins}
        seen = [(harness.executable(pid), pid) for pid in harness.descendants()]
        ours = [(names[executable], pid) for executable, pid in seen if executable in names]
        self.assertEqual(len(dict(ours)), len(ours), "two of one service")
        return dict(ours)

    def wait_all_up(self, daemon, restarts):
        """Each after so many restarts."""

        def are_up(metrics):
            up = metrics.by("systemcheck_service_up", "service")
            done = [count for labels, count in metrics.family("systemcheck_service_restarts_total").items()
                    if dict(labels)["reason"] == "down"]
            return list(up.values()) == [1] * MANY and done == [restarts] * MANY

        return daemon.wait_metrics(are_up, f"all of them to be up after {restarts} restart(s)")

    def ended_well(self, daemon, count):
        """The restarts of the history, if so many of them have brought their service back."""
        told = daemon.ctl("history", "--json", "--limit", "1000")
        self.assertEqual(told.returncode, 0, told.stderr)
        actions = json.loads(told.stdout)["actions"]
        return actions if [one["result"] for one in actions] == ["up"] * count else None

    def test_a_daemon_that_is_killed_between_intention_and_outcome(self):
        """What it was about is known to the next one, and the service comes back once."""
        standin = StandIn(self)
        starts, gate = self.directory / "starts", self.directory / "gate"
        os.mkfifo(gate)
        start = [standin.script("start", f"""
            echo x >>{starts}
            [ $(wc -l <{starts}) -gt 1 ] || read line <{gate}
            exec {SETSID} --fork @EXE@ {FOR_EVER}
        """)]
        first = standin.start()
        daemon = self.daemon({"services": {"standin": standin.settings(start=start)},
                              "restart_policy": {"backoff": "100ms", "backoff_max": "100ms"}})
        daemon.wait_state("standin", "up")
        self.kill(first)
        wait_until(lambda: lines(starts), "the command to begin")
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait(timeout=harness.PATIENCE)

        again = self.daemon({key: daemon.config[key] for key in ("services", "restart_policy", "state_directory")})
        second = standin.wait_pid(other_than=first)
        again.wait_state("standin", "up")
        again.wait_cycles(2)
        self.assertEqual(standin.pids(), [second])
        history = again.ctl("history", "standin", "--json")
        self.assertIn('"unfinished"', history.stdout, history.stderr)


if __name__ == "__main__":
    harness.main()
