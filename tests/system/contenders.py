"""Who brings services back in the bench of restarts: the same services under systemcheck, Monit and runit.

A fleet is a dozen copies of one small daemon (bench_parts.c) that note when they are started. A contender watches
one fleet, below a process that buries orphans as quickly as the first process of a machine would.
"""

import contextlib
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import sys
import time

import harness
import package_standin
from harness import wait_until

SOURCE = pathlib.Path(__file__).with_name("bench_parts.c")
DELETED = " (deleted)"  # A program that was replaced while it ran, proc(5).


def build_parts(test):
    parts = test.directory / "parts"
    # Entered where it notes the clock, on the processor for which it knows how.
    entry = ["-Wl,-e,first_of_all"] if platform.machine() == "x86_64" else []
    test.run_ok(["cc", "-O2", "-static", *entry, "-o", parts, SOURCE])
    return parts


def free_ports(count):
    """All different: they are let go of only when the last is found."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def silent_port(test):
    """Accepts and says nothing."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)
    test.addCleanup(listener.close)
    return listener.getsockname()[1]


class Fleet:
    def __init__(self, test, parts, name, size):
        self.test, self.parts = test, parts
        self.directory = test.directory / name
        self.directory.mkdir()
        self.names = [f"{name}{number:02}" for number in range(1, size + 1)]
        self.port = dict(zip(self.names, free_ports(size)))
        for one in self.names:
            shutil.copy(parts, self.executable(one))

    def executable(self, name):
        return self.directory / name

    def pidfile(self, name):
        return self.directory / f"{name}.pid"

    def argv(self, how, name):
        return [str(self.parts), how, str(self.directory), name, str(self.port[name])]

    def package(self, name):
        return {"pidfile": str(self.pidfile(name)), "executable": str(self.executable(name)),
                "start": self.argv("start", name)}

    def start(self):
        for name in self.names:
            self.test.assertEqual(self.test.spawn(self.argv("start", name)).wait(timeout=harness.PATIENCE), 0)

    def starts(self, name):
        """(nanoseconds, pid) of each start so far."""
        path = self.directory / f"{name}.starts"
        lines = path.read_text().splitlines() if path.exists() else []
        return [tuple(map(int, line.split())) for line in lines]

    def count(self):
        return {name: len(self.starts(name)) for name in self.names}

    def running(self):
        """{name: process ids}, an upgraded program included."""
        found = {name: [] for name in self.names}
        for pid in harness.every_pid():
            path = pathlib.Path(harness.executable(pid).removesuffix(DELETED))
            if path.parent == self.directory and path.name in found:
                found[path.name].append(pid)
        return found

    def kill(self, names):
        """kill -9 of all of these at once; milliseconds until the start of each, in the order of the names."""
        before = {name: self.starts(name) for name in names}
        victims = [before[name][-1][1] for name in names]
        for name, pid in zip(names, victims):
            # It is noted as started a moment before it has become the service.
            wait_until(lambda: harness.executable(pid).removesuffix(DELETED) == str(self.executable(name)), name)
        killed_at = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        # Nothing is looked at but these files: whoever waits must not keep the machine busy.
        for name in names:
            wait_until(lambda: len(self.starts(name)) > len(before[name]), f"a start of {name}", 300)
        return [(self.starts(name)[len(before[name])][0] - killed_at) / 1e6 for name in names]

    def end(self):
        harness.end_all([pid for pids in self.running().values() for pid in pids])


class Contender:
    """begin() and end() may alternate."""

    cycle_seconds = 0.0  # within which it looks, where it looks from time to time only
    rest_seconds = 1.3  # a service must have run for so long before it is restarted at once

    def __init__(self, test, parts, size, silent):
        self.test, self.parts, self.silent = test, parts, silent
        self.fleet = Fleet(test, parts, self.name, size)
        self.process = None
        self.beside = {}  # by name: services that are none of the fleet

    def run_beside(self, name):
        """A service that is none of the fleet, by its program."""
        program = self.fleet.directory / name
        shutil.copy(self.parts, program)
        self.beside[name] = self.test.spawn([program, "serve", str(free_ports(1)[0])])
        return str(program)

    def kill_beside(self, name):
        self.beside[name].kill()
        self.beside.pop(name).wait()

    def spawn(self, argv):
        log = open(self.fleet.directory / "log", "ab")
        self.test.addCleanup(log.close)
        self.process = self.test.spawn([self.parts, "bury", *argv], log)

    def begin(self, neighbours=False):
        raise NotImplementedError

    def end(self):
        """The watcher first, so that it does not bring back what is being ended."""
        pids = {pid: harness.executable(pid) for pid in self.pids()}
        for program in self.programs:
            harness.end_all([pid for pid, executable in pids.items() if executable == program])
        self.process.wait(timeout=harness.PATIENCE)
        self.fleet.end()
        for name in list(self.beside):
            self.kill_beside(name)

    def pids(self):
        """The processes that it is made of."""
        return [pid for pid in harness.descendants(self.process.pid) if harness.executable(pid) in self.programs]

    def rest(self):
        """Until every service may be killed again."""
        last = {name: self.fleet.starts(name)[-1][1] for name in self.fleet.names}
        wait_until(lambda: all(harness.age_seconds(pid) > self.rest_seconds for pid in last.values()), "rest")

    def upgrade(self, names, unpack_seconds):
        """As packages in one transaction. How many of them run more or less than once afterwards, or were started
        by anybody else than their package."""
        before = self.fleet.count()
        packages = [self.fleet.package(name) for name in names]
        dpkg = self.test.spawn(package_standin.upgrade(packages, unpack_seconds), output=sys.stderr)
        self.test.assertEqual(dpkg.wait(timeout=120), 0, "the upgrade failed")
        self.settle()
        running, after = self.fleet.running(), self.fleet.count()
        return sum(1 for name in names if len(running[name]) != 1 or after[name] != before[name] + 1)

    def settle(self):
        """Until it has seen all that an upgrade has left, and done what it does about it."""
        raise NotImplementedError

    def warm_up(self):
        """Not measured: that it has seen all of them is proven by bringing each back."""
        self.fleet.kill(self.fleet.names)
        self.rest()


class Systemcheck(Contender):
    name = "systemcheck"

    @property
    def programs(self):
        return (harness.program("systemcheckd"),)

    def version(self):
        return harness.run([*self.programs, "--version"]).stdout.strip()

    def probe(self, port, **more):
        return {"smtp": f"127.0.0.1:{port}", **more}

    def service(self, name, with_probes):
        fleet = self.fleet
        match = {"exe": str(fleet.executable(name))}
        if fleet.names.index(name) % 2 == 0:
            match["pidfile"] = str(fleet.pidfile(name))
        settings = {"mode": "act", "match": match, "start": fleet.argv("start", name)}
        return {**settings, "probes": [self.probe(fleet.port[name])]} if with_probes else settings

    def neighbours(self):
        """One whose probe is never answered and of which people are only told; one that cannot be started."""
        silent, broken = self.run_beside("silent"), self.run_beside("broken")
        return {
            "silent": {"mode": "act", "match": {"exe": silent}, "start": ["/bin/false"],
                       "probes": [self.probe(self.silent, every="1s", timeout="5s", fatal=False)]},
            "broken": {"mode": "act", "match": {"exe": broken}, "start": ["/bin/false"]}}

    def begin(self, neighbours=False, everything=False):
        """Without limits of the whole machine: twelve of twelve that die together would be left alone."""
        services = {name: self.service(name, everything) for name in self.fleet.names}
        if neighbours:
            services.update(self.neighbours())
        self.fleet.start()
        snmp = {"mode": "agent", "listen": ["udp:127.0.0.1:0"]} if everything else {"mode": "disabled"}
        self.daemon = self.test.daemon({
            "cycle": "60s", "services": services, "snmp": snmp,
            "restart_policy": {"backoff": "1s", "backoff_max": "1s",
                               "host_limit": {"restarts": 1000, "per": "1s", "share": "100%"},
                               "flapping": {"deaths": 32, "per": "10s"}},
        }, wrapper=[self.parts, "bury"])
        self.process = self.daemon.process
        for name in services:
            self.daemon.wait_state(name, "up")
        if neighbours:
            self.kill_beside("broken")
            self.daemon.wait_metrics(
                lambda m: m("systemcheck_service_restart_failures_total", service="broken") > 0, "a failed start")
            self.daemon.wait_metrics(
                lambda m: m.by("systemcheck_probe_failures_total", "class").get("timeout", 0) > 0, "a silent probe")

    def settle(self):
        self.daemon.wait_metrics(
            lambda m: m("systemcheck_package_transaction") == 0 and all(m.state(n) == "up" for n in self.fleet.names),
            "all to be up after an upgrade")
        self.rest()


class Monit(Contender):
    name = "monit"
    programs = ("/usr/bin/monit",)
    cycle_seconds = 1.0

    def version(self):
        return "Monit " + re.search(r"version ([\d.]+)", harness.run(["monit", "--version"]).stdout).group(1)

    def check(self, name, start, with_probes):
        # Half by each of the two ways it has to know a process.
        by_pidfile = self.fleet.names.index(name) % 2 == 0
        how = f"pidfile {self.fleet.pidfile(name)}" if by_pidfile else f'matching "^{self.fleet.executable(name)} "'
        probe = f"  if failed port {self.fleet.port[name]} protocol smtp then alert\n" if with_probes else ""
        return f'check process {name} with {how}\n  start program = "{start}" with timeout 30 seconds\n{probe}'

    def neighbours(self):
        silent, broken = self.run_beside("silent"), self.fleet.directory / "broken"
        return (f'check process silent matching "^{silent} "\n  start program = "/bin/false"\n'
                f"  if failed port {self.silent} protocol smtp with timeout 5 seconds then alert\n"
                f'check process broken with pidfile {broken}.pid\n  start program = "/bin/false"\n')

    def begin(self, neighbours=False, everything=False):
        directory = self.fleet.directory
        text = "set daemon 1\n" + "".join(
            f"set {what}file {directory}/monit.{what}\n" for what in ("pid", "id", "state"))
        if everything:
            text += f"set httpd port {free_ports(1)[0]}\n  use address 127.0.0.1\n  allow 127.0.0.1\n"
        for name in self.fleet.names:
            text += self.check(name, " ".join(self.fleet.argv("start", name)), everything)
        configuration = directory / "monitrc"
        configuration.write_text(text + (self.neighbours() if neighbours else ""))
        configuration.chmod(0o600)
        self.fleet.start()
        self.spawn([*self.programs, "-I", "-c", str(configuration)])

    def settle(self):
        until = time.monotonic() + 5 * self.cycle_seconds
        wait_until(lambda: time.monotonic() > until, "five cycles")


class Runit(Contender):
    name = "runit"
    programs = ("/usr/bin/runsvdir", "/usr/bin/runsv")  # Either lives on when the one before it ends.

    def version(self):
        return "runit " + harness.run(["dpkg-query", "-W", "-f", "${Version}", "runit"]).stdout

    def write_service(self, name, command):
        directory = self.fleet.directory / "service" / name
        directory.mkdir(parents=True, exist_ok=True)
        run = directory / "run"
        run.write_text(f"#!/bin/sh\nexec {command}\n")
        run.chmod(0o755)

    def begin(self, neighbours=False, everything=False):
        shutil.rmtree(self.fleet.directory / "service", ignore_errors=True)
        for name in self.fleet.names:
            self.write_service(name, " ".join(self.fleet.argv("run", name)))
        if neighbours:
            self.write_service("broken", "/bin/false")  # It has no probes.
        before = self.fleet.count()
        self.spawn(["/usr/bin/runsvdir", str(self.fleet.directory / "service")])
        wait_until(lambda: all(count > before[name] for name, count in self.fleet.count().items()), "runit's services")
        self.rest()

    def settle(self):
        self.rest()
