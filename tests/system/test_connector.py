#!/usr/bin/python3
"""What the kernel tells of deaths, on the real kernel: only in the machine's first process namespace, where this
test therefore stays. The daemon is told of nothing but stand-ins of its own."""

import os
import signal
import socket
import struct
import time
import unittest

import harness
from harness import SystemTest, holds_for, wait_until
from standin import FOR_EVER, SETSID, StandIn, lines

FORKS = 8000
NETLINK_CONNECTOR = 11
CN_IDX_PROC = CN_VAL_PROC = 1
LISTEN, IGNORE = 1, 2
REQUEST = 4711  # The kernel answers with the next number.


def send_request(sock, operation):
    message = struct.pack("=IIIIHHI", CN_IDX_PROC, CN_VAL_PROC, 0, REQUEST, 4, 0, operation)
    sock.sendto(struct.pack("=IHHII", 16 + len(message), 3, 0, 0, os.getpid()) + message, (0, 0))


def why_silent():
    """Asks the kernel as the daemon does; None where it answers that it will tell."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR) as sock:
            sock.bind((0, CN_IDX_PROC))
            sock.settimeout(1)
            send_request(sock, LISTEN)
            # Its answer among all that happens on this machine.
            for _ in range(10000):
                answer = sock.recv(4096)
                what, error = struct.unpack_from("=I", answer, 36)[0], struct.unpack_from("=i", answer, 52)[0]
                if what == 0 and struct.unpack_from("=I", answer, 28)[0] == REQUEST + 1:
                    break
            send_request(sock, IGNORE)
            return os.strerror(error) if error else None
    except TimeoutError:
        return "no answer: this is a container"
    except OSError as error:
        return error.strerror


def cpu_seconds(pid):
    fields = harness.stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Connector(SystemTest):
    @classmethod
    def setUpClass(cls):
        reason = why_silent()
        if reason:
            raise unittest.SkipTest(f"the kernel does not tell us how processes end: {reason}")
        super().setUpClass()

    def counted(self, name, starts):
        """A stand-in whose start command notes each start."""
        standin = StandIn(self, name)
        standin.start_argv = [
            standin.script(f"start-{name}", f"echo x >>{starts}\nexec {SETSID} --fork @EXE@ {FOR_EVER}\n")]
        return standin

    def watched(self, standins, **policy):
        daemon = self.daemon({
            "services": {one.name: one.settings() for one in standins},
            "restart_policy": {
                "backoff": "100ms", "backoff_max": "100ms", "flapping": {"deaths": 32, "per": "10s"},
                "host_limit": {"restarts": 1000, "per": "1s", "share": "100%"}, **policy},
        })
        for one in standins:
            daemon.wait_state(one.name, "up")
        return daemon

    def storm(self):
        """So many processes born and gone, in two places at once."""
        script = "i=0; while [ $i -lt $0 ]; do ( : ); i=$((i+1)); done"
        return [self.spawn(["/bin/sh", "-c", script, str(FORKS // 2)]) for _ in range(2)]

    def test_a_storm_of_forks_hides_no_death_and_doubles_no_restart(self):
        noted = [self.directory / f"starts{number}" for number in range(3)]
        standins = [self.counted(f"standin{number}", starts) for number, starts in enumerate(noted)]
        pids = [one.start() for one in standins]
        daemon = self.watched(standins)
        self.assertEqual(daemon.metrics()("systemcheck_process_connector_up"), 1, daemon.log())

        began, before = time.monotonic(), cpu_seconds(daemon.process.pid)
        storms, kills = self.storm(), 0
        while kills < 4 or (kills < 20 and any(one.poll() is None for one in storms)):
            kills += 1
            for place, one in enumerate(standins):
                self.kill(pids[place])
                pids[place] = one.wait_pid(other_than=pids[place])
                metrics = daemon.wait_restarted(one.name, kills)
        for one in storms:
            self.assertEqual(one.wait(timeout=harness.PATIENCE), 0)
        spent, took = cpu_seconds(daemon.process.pid) - before, time.monotonic() - began

        metrics = daemon.wait_cycles(2)
        for place, one in enumerate(standins):
            deaths = metrics.family("systemcheck_service_deaths_total")
            told = {dict(labels)["cause"]: count for labels, count in deaths.items()
                    if dict(labels)["service"] == one.name}
            self.assertEqual(told, {"exit": 0, "signal": kills, "oom": 0, "unknown": 0})
            self.assertEqual(len(lines(noted[place])), kills + 1)  # The first was by hand.
            self.assertEqual(one.pids(), [pids[place]])
            self.assertEqual(metrics("systemcheck_service_restart_failures_total", service=one.name), 0)
        # Whatever else ended on the machine did not even reach the daemon.
        ends = metrics("systemcheck_process_connector_ends_total")
        self.assertEqual(ends, kills * len(standins))
        print(f"{FORKS} forks and {int(ends)} deaths in {took:.1f} s: {spent:.2f} s of processor time, "
              f"{metrics('systemcheck_process_connector_losses_total'):g} losses", flush=True)

    def test_a_storm_alone_does_not_wake_it(self):
        standin = StandIn(self)
        standin.start()
        daemon = self.watched([standin])

        def wakings():
            """Times it went to sleep by itself, in all its threads."""
            count = 0
            for task in os.listdir(f"/proc/{daemon.process.pid}/task"):
                with open(f"/proc/{daemon.process.pid}/task/{task}/status") as status:
                    count += int(next(line for line in status if line.startswith("voluntary")).split()[1])
            return count

        before = wakings()
        for one in self.storm():
            self.assertEqual(one.wait(timeout=harness.PATIENCE), 0)
        # A cycle a second, some tens of wakings each: far from one a fork.
        self.assertLess(wakings() - before, FORKS / 4)

    def test_a_crash_is_named(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched([standin])
        os.kill(first, signal.SIGSEGV)
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        self.assertRegex(daemon.log(), r"restarting it, attempt 1: its main process ended with signal 11 \(SIGSEGV\)")

    def test_what_was_asked_to_end_is_left_alone_for_its_grace(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched([standin], grace="1h")
        os.kill(first, signal.SIGTERM)
        daemon.wait_state("standin", "suspect")
        cycles = daemon.metrics()("systemcheck_cycles_total")
        wait_until(lambda: daemon.metrics()("systemcheck_cycles_total") > cycles + 2, "three more cycles")
        self.assertEqual(standin.pids(), [])

        second = standin.start()
        daemon.wait_state("standin", "up")
        self.assertEqual(
            daemon.metrics()("systemcheck_service_restarts_total", service="standin", reason="down"), 0)
        self.assertEqual(standin.pids(), [second])

    @unittest.skipIf(os.geteuid() != 0, "only root can make a namespace")
    def test_in_a_container_it_says_that_it_is_not_told(self):
        daemon = self.daemon(
            {}, wrapper=["unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"])
        self.assertEqual(daemon.metrics()("systemcheck_process_connector_up"), 0)
        self.assertIn("how a process without a unit ended may not be known", daemon.log())


if __name__ == "__main__":
    harness.main(in_own_table=False)
