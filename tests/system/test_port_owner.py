#!/usr/bin/python3
"""A restarted service is proven by the port that it has itself, and not by what a stranger there answers."""

import contextlib
import json
import shutil
import socket

import harness
from harness import SystemTest, free_port, wait_until
from standin import SETSID, StandIn

# A daemon that goes on without its port, as some do.
SERVICE = """
import signal, socket, sys
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen()
except OSError:
    while True:
        signal.pause()
while True:
    listener.accept()[0].close()
"""

STRANGER = """
import socket, sys
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen()
open(sys.argv[2], "w").write("listens")
while True:
    listener.accept()[0].close()
"""


class PortOwner(SystemTest):
    def watched(self):
        """A service that is up on a port, and may be started while the file `gate` is there; and its daemon."""
        self.port = free_port()
        self.gate = self.directory / "gate"
        self.gate.touch()
        service = StandIn(self, "listener")
        shutil.copy("/usr/bin/python3", service.executable)
        program = self.directory / "service.py"
        program.write_text(SERVICE)
        service.start_argv = [service.script("start", f"""\
            until [ -e {self.gate} ]; do sleep 0.05; done
            exec {SETSID} --fork @EXE@ {program} {self.port}
            """)]
        pid = service.start()
        wait_until(self.is_answered, "it to listen, which the daemon shall see at once")
        probe = {"tcp": f"127.0.0.1:{self.port}", "every": "1s"}
        daemon = self.daemon({
            "cycle": "1s",
            "services": {"listener": service.settings(probes=[probe], start_timeout="4s")}})
        daemon.wait_state("listener", "up")
        return service, pid, daemon

    def is_answered(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    def history(self, daemon, condition):
        """What the history tells of it, once there is an action in it that the condition is true of."""

        def look():
            result = daemon.ctl("history", "--json", "listener")
            told = json.loads(result.stdout) if result.returncode == 0 else {"actions": []}
            return told if told["actions"] and condition(told) else None

        return wait_until(look, lambda: f"the verdict\n{daemon.log()}")

    def test_the_real_one_on_its_port_is_proven(self):
        service, pid, daemon = self.watched()
        self.kill(pid)
        service.wait_pid(other_than=pid)
        metrics = daemon.wait_restarted("listener", 1)
        self.assertEqual(metrics("systemcheck_service_restart_failures_total", service="listener"), 0)
        self.assertEqual(self.history(daemon, lambda told: told["actions"][0]["result"] == "up")["actions"][0]["verb"],
                         "start")

    def test_a_stranger_on_its_port_proves_nothing(self):
        service, pid, daemon = self.watched()
        self.gate.unlink()
        self.kill(pid)
        listens = self.directory / "listens"
        stranger = self.spawn(["/usr/bin/python3", "-c", STRANGER, str(self.port), str(listens)])
        wait_until(listens.exists, "the stranger to listen")
        self.gate.touch()
        service.wait_pid(other_than=pid)
        daemon.wait_metrics(
            lambda m: m("systemcheck_service_restart_failures_total", service="listener") == 1, "the failure")
        reason = ("it was started and did not come up; "
                  f"port {self.port} is held by python3 ({stranger.pid}), which is not part of it")
        told = self.history(daemon, lambda told: told["actions"][0]["result"] == "not up")
        self.assertIn(reason, [event["reason"] for event in told["events"]])
        self.assertIn(reason, daemon.log())
        daemon.wait_state("listener", "degraded")
        self.assertIn(f"port {self.port} is held by python3", daemon.ctl("explain", "listener").stdout)
        self.assertIn("start, attempt 1: not up after", daemon.ctl("explain", "listener").stdout)


if __name__ == "__main__":
    harness.main()
