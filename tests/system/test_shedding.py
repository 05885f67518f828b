#!/usr/bin/python3
"""Memory that runs short, really: a control group of 256 MiB is all the memory there is for the daemon, and what runs
in it fills that. Services are turned off and on again; nothing else on this machine can notice."""

import json
import os
import pathlib
import shutil
import signal
import unittest

import harness
from harness import SystemTest, holds_for, is_alive, wait_until
from standin import SETSID, StandIn
from trap_listener import TrapListener

MIB = 1 << 20
LIMIT = 256 * MIB
# Fills memory at a rate, up to a size, page by page; gives it all back when it is told to.
HOG = """
import signal, sys, time
size, rate = (int(float(word) * (1 << 20)) for word in sys.argv[1:3])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
held = []
step = size if rate == 0 else max(1 << 20, rate // 10)
while sum(map(len, held)) < size:
    held.append(b"x" * step)
    if rate:
        time.sleep(0.1)
while True:
    signal.pause()
"""


def make_group(name):
    """(where, what its limit is called); None where this machine lets nobody make one."""
    for base, limit in ((pathlib.Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
                        (pathlib.Path("/sys/fs/cgroup"), "memory.max")):
        if not (base / "cgroup.procs").exists():
            continue
        group = base / name
        try:
            group.mkdir()
            (group / limit).write_text(str(LIMIT))
            return group
        except OSError:
            if group.exists():
                group.rmdir()
    return None


class Hog(StandIn):
    """A service that uses so much memory; a copy of the interpreter under a path of its own."""

    def __init__(self, test, name, mib, group):
        self.test = test
        self.name = name
        self.executable = test.directory / name
        shutil.copy(os.path.realpath("/usr/bin/python3"), self.executable)
        program = test.directory / "hog.py"
        program.write_text(HOG)
        # Into the group first: then every page of it counts there.
        self.start_argv = [self.script(f"start-{name}", f"""
            echo $$ >{group}/cgroup.procs || exit 1
            {SETSID} --fork @EXE@ {program} {mib} 0 </dev/null >/dev/null 2>&1
        """)]
        self.stop_argv = [self.script(f"stop-{name}", f"""
            for exe in /proc/[0-9]*/exe; do
                [ "$(readlink $exe)" = @EXE@ ] || continue
                pid=${{exe#/proc/}}
                kill -TERM ${{pid%/exe}}
            done
        """)]

    def settings(self, **more):
        return super().settings(stop=self.stop_argv, **more)


class Shedding(SystemTest):
    needs_root = True

    def setUp(self):
        super().setUp()
        self.group = make_group(f"systemcheck-test-{os.getpid()}-{self._testMethodName[:20]}")
        if self.group is None:
            self.skipTest("this machine lets nobody make a control group with a limit of memory")
        # After the processes in it have been ended: cleanups run backwards.
        self.addCleanup(self.remove_group)
        self.addCleanup(self.end_everything)

    def remove_group(self):
        wait_until(lambda: not (self.group / "cgroup.procs").read_text().split(), "the group to be empty")
        self.group.rmdir()

    def use(self, mib, rate=0):
        """Somebody else, who uses so much."""
        return self.spawn([self.into_group(), "/usr/bin/python3", "-c", HOG, str(mib), str(rate)])

    def into_group(self):
        path = self.directory / "in-group"
        path.write_text(f'#!/bin/sh\necho $$ >{self.group}/cgroup.procs && exec "$@"\n')
        path.chmod(0o755)
        return str(path)

    def begin(self, *hogs, rules=None, **config):
        """The daemon, with these services up: (hog, priority or None)."""
        services = {}
        for hog, priority in hogs:
            hog.test.assertEqual(hog.test.spawn(hog.start_argv).wait(timeout=harness.PATIENCE), 0)
            hog.wait_pid()
            services[hog.name] = hog.settings(**({} if priority is None else {"shed": {"priority": priority}}))
        shed = {"mode": "act", "control_group": str(self.group), "warn": "24%", "below": "20%", "critical": "10%",
                "target": "25%", "restore_above": "25%", "below_for": "1s", "restore_after": "10s",
                "restore_gap": "1s", "min_up": "0s", "min_down": "0s", "backoff": "1s", **(rules or {})}
        daemon = self.daemon({"services": services, "memory": {"shed": shed}, **config})
        for hog, _ in hogs:
            daemon.wait_state(hog.name, "up")
        self.wait_measured(daemon)
        return daemon

    def wait_measured(self, daemon):
        daemon.wait_metrics(
            lambda m: all(value > MIB for value in m.family("systemcheck_service_shed_bytes").values()),
            "the services to be measured")

    def wait_phase(self, daemon, service, *phases, seconds=harness.PATIENCE):
        return daemon.wait_metrics(
            lambda m: any(m("systemcheck_service_shed_phase", service=service, phase=phase) for phase in phases),
            f"{service} to be {' or '.join(phases)}", seconds)

    def kills(self):
        """By the kernel, for want of memory, in this group."""
        for name in ("memory.oom_control", "memory.events"):
            path = self.group / name
            if path.exists():
                return int(dict(line.split() for line in path.read_text().splitlines())["oom_kill"])
        return 0

    def history(self, daemon, service):
        return json.loads(daemon.ctl("history", "--json", service).stdout)

    def test_a_service_is_turned_off_and_on_again(self):
        """And what may not be turned off stays."""
        cheap = Hog(self, "cheap", 60, self.group)
        dear = Hog(self, "dear", 40, self.group)
        daemon = self.begin((cheap, 10), (dear, None))
        dear_pid = dear.wait_pid()
        other = self.use(110)
        metrics = self.wait_phase(daemon, "cheap", "shed")
        self.assertEqual(cheap.pids(), [])
        self.assertEqual(metrics.state("cheap"), "held")
        self.assertEqual(metrics("systemcheck_service_held", service="cheap", by="shed"), 1)
        self.assertEqual(sum(metrics.family("systemcheck_service_deaths_total").values()), 0)
        predicted = metrics("systemcheck_service_shed_gain_bytes", service="cheap", kind="predicted")
        actual = metrics("systemcheck_service_shed_gain_bytes", service="cheap", kind="actual")
        self.assertGreater(predicted, 55 * MIB)
        self.assertGreater(actual, 0.8 * predicted)
        plan = daemon.ctl("shed", "plan")
        self.assertIn("cheap", plan.stdout)
        self.assertIn("off: ", plan.stdout)
        explained = daemon.ctl("explain", "cheap").stdout
        self.assertIn("turned off for want of memory", explained)
        other.terminate()
        other.wait(timeout=harness.PATIENCE)
        metrics = self.wait_phase(daemon, "cheap", "warming", "up")
        self.assertEqual(metrics("systemcheck_service_restores_total", service="cheap", result="succeeded"), 1)
        daemon.wait_state("cheap", "up")
        cheap.wait_pid()
        self.assertEqual(dear.wait_pid(), dear_pid)
        self.assertEqual(self.kills(), 0)
        actions = self.history(daemon, "cheap")["actions"]
        self.assertEqual([action["verb"] for action in reversed(actions)], ["stop", "start"])
        self.assertEqual({action["owner"] for action in actions}, {"shed"})
        self.assertTrue(all(action["verified"] for action in actions), actions)

    def test_a_person_starts_what_is_off_where_memory_allows_it_or_he_insists(self):
        cheap = Hog(self, "cheap", 60, self.group)
        daemon = self.begin((cheap, 10), rules={"min_down": "10m", "restore_after": "10m"})
        self.assertEqual(daemon.ctl("shed", "restore").stdout, "nothing is turned off\n")
        other = self.use(150)
        self.wait_phase(daemon, "cheap", "shed")
        self.assertRegex(daemon.ctl("shed", "status").stdout, "cheap .*off: ")
        refused = daemon.ctl("shed", "restore", "cheap")
        self.assertEqual(refused.returncode, 2, refused.stdout)
        self.assertRegex(refused.stdout, "cheap: shed restore: refused: .*memory.*--force starts it all the same")
        self.assertEqual(cheap.pids(), [])
        other.terminate()
        other.wait(timeout=harness.PATIENCE)
        wait_until(lambda: daemon.ctl("shed", "restore").returncode == 0, "memory to be seen as free")
        cheap.wait_pid()
        self.assertIn("root", {action["asked_by"] for action in self.history(daemon, "cheap")["actions"]})

        self.assertIn("mode observe until", daemon.ctl("shed", "mode", "observe").stdout)
        self.use(150)
        holds_for(lambda: cheap.pids(), 2, "it was turned off though it is only observed")
        self.assertIn("asked for by root", daemon.ctl("history").stdout)
        self.assertEqual(daemon.ctl("shed", "mode", "act").returncode, 0)

    def test_a_person_may_insist(self):
        cheap = Hog(self, "cheap", 30, self.group)
        daemon = self.begin((cheap, 10), rules={"min_down": "10m"})
        self.use(170)
        self.wait_phase(daemon, "cheap", "shed")
        self.assertEqual(daemon.ctl("shed", "restore", "cheap", "--force").returncode, 0)
        cheap.wait_pid()

    def test_a_leak_is_outrun(self):
        """40 MiB a second: the kernel has nothing to kill."""
        hogs = [(Hog(self, f"hog{place}", 30, self.group), 10 + place) for place in range(4)]
        daemon = self.begin(*hogs)
        leak = self.use(160, rate=40)
        for hog, _ in hogs[:3]:
            self.wait_phase(daemon, hog.name, "shed", "settling")
        self.assertEqual(self.kills(), 0)
        self.assertTrue(is_alive(leak.pid))
        daemon.logged(r"memory: began: ")

    def test_what_dies_in_a_shortage_is_not_started_into_it(self):
        cheap = Hog(self, "cheap", 50, self.group)
        dear = Hog(self, "dear", 50, self.group)
        daemon = self.begin((cheap, 10), (dear, 20))
        self.use(125)
        self.wait_phase(daemon, "cheap", "shed")
        self.use(45)
        self.kill(dear.wait_pid())
        daemon.wait_state("dear", "held")
        holds_for(lambda: not dear.pids(), 2, "it was started into the shortage")

    def test_only_told_where_it_observes(self):
        cheap = Hog(self, "cheap", 60, self.group)
        daemon = self.begin((cheap, 10), rules={"mode": "observe"})
        pid = cheap.wait_pid()
        self.use(150)
        self.wait_phase(daemon, "cheap", "shed")
        daemon.logged(r"cheap: would stop it: ")
        self.assertTrue(is_alive(pid))
        self.assertEqual(daemon.metrics().state("cheap"), "up")

    @unittest.skipUnless(shutil.which("snmptrapd"), "snmptrapd is not installed")
    def test_who_listens_is_told(self):
        listener = TrapListener(self)
        cheap = Hog(self, "cheap", 60, self.group)
        self.begin((cheap, 10), snmp={"mode": "agent", "listen": ["udp:127.0.0.1:0"],
                                      "notify": {"sinks": [listener.sink()]}})
        other = self.use(150)
        off = listener.wait("scShedAction")
        self.assertEqual((off["scServiceLabel"], off["scEventWhat"], off["scEventResult"]), ("cheap", "stop", "gone"))
        other.terminate()
        on = listener.wait("scShedAction", lambda trap: trap["scEventWhat"] == "start", seconds=2 * harness.PATIENCE)
        self.assertEqual((on["scServiceLabel"], on["scEventResult"]), ("cheap", "up"))

    def test_a_service_that_does_not_end_is_killed(self):
        cheap = Hog(self, "cheap", 60, self.group)
        cheap.stop_argv = [cheap.script("deaf", "exit 0")]
        daemon = self.begin((cheap, 10), rules={"stop_timeout": "1s", "critical_stop_timeout": "1s"})
        self.use(150)
        self.wait_phase(daemon, "cheap", "shed")
        self.assertEqual(cheap.pids(), [])

    def killed_while(self, phases):
        """The daemon is killed in this phase of an episode; the next one goes on."""
        cheap = Hog(self, "cheap", 60, self.group)
        daemon = self.begin((cheap, 10))
        other = self.use(150)
        self.wait_phase(daemon, "cheap", *phases)
        daemon.signal(signal.SIGKILL)
        daemon.process.wait(timeout=harness.PATIENCE)
        daemon = self.daemon({**daemon.config, "control_socket": str(daemon.directory / "control2.sock")})
        self.wait_phase(daemon, "cheap", "shed")
        self.assertEqual(cheap.pids(), [])
        self.assertEqual(daemon.metrics().state("cheap"), "held")
        other.terminate()
        other.wait(timeout=harness.PATIENCE)
        self.wait_phase(daemon, "cheap", "warming", "up")
        cheap.wait_pid()
        daemon.wait_state("cheap", "up")

    def test_a_daemon_that_is_killed_while_it_turns_off_is_followed_by_one_that_turns_on(self):
        self.killed_while(["stopping", "settling", "shed"])

    def test_a_daemon_that_is_killed_while_one_is_off_is_followed_by_one_that_turns_on(self):
        self.killed_while(["shed"])

    def test_a_daemon_that_ends_starts_what_it_has_turned_off(self):
        cheap = Hog(self, "cheap", 60, self.group)
        daemon = self.begin((cheap, 10))
        other = self.use(150)
        self.wait_phase(daemon, "cheap", "shed")
        other.terminate()
        other.wait(timeout=harness.PATIENCE)
        self.assertEqual(daemon.stop(), 0)
        cheap.wait_pid()

    def test_a_group_that_is_none_is_a_clear_error_and_nothing_is_turned_off(self):
        cheap = Hog(self, "cheap", 60, self.group)
        services = {"cheap": cheap.settings(shed={"priority": 1})}
        daemon = self.daemon({"services": services,
                              "memory": {"shed": {"mode": "act", "control_group": str(self.directory)}}})
        daemon.logged(r"memory cannot be watched: .*no limit")


if __name__ == "__main__":
    harness.main()
