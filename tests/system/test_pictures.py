#!/usr/bin/python3
"""A bad quarter of an hour of a machine with Debian's own daemons, played in a few minutes, and the dashboards drawn of
it with Grafana's components. Where SYSTEMCHECK_PICTURES names a folder the pictures are kept there."""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import threading
import time

import harness
import real_programs
from everything import LOGIN
from harness import SOURCE, run, wait_until
from prometheus_server import PrometheusServer
from situations import Situation
from standin import SETSID, StandIn

DRAW = SOURCE / "tests" / "dashboards" / "run"
RULES = SOURCE / "alerts" / "rules" / "systemcheck.yml"
MEMORY = 'import sys, time; held = bytearray(int(sys.argv[1])); held[::4096] = b"x" * len(held[::4096]); time.sleep(3600)'
CANNOT_DRAW = 77
DRAWING_SECONDS_MAX = 300
CACHE_BYTES = 2 << 30

# Queries that find nothing here, and why.
MAY_BE_EMPTY = {
    "systemcheck-services": {"Pid files that were not believed": "all of them can be", "Certificates": "nobody speaks TLS",
                             "Now, G": "a pause is short", "Last times, E": "no limit is configured"},
    "systemcheck-host": {"File systems now, C": "none of them fills up within three months"},
    "systemcheck-memory": {"Critical in": "memory does not fall any more when it is drawn",
                           "What it brings, C": "what is only observed gives nothing back",
                           "What it brings, H": "what is only observed returns at once"},
}


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Cache(StandIn):
    """A service that uses so much memory that turning it off helps."""

    def __init__(self, test, size):
        super().__init__(test, "cache")
        shutil.copy(os.path.realpath("/usr/bin/python3"), self.executable)
        self.start_argv = [SETSID, "--fork", str(self.executable), "-c", MEMORY, str(size)]


class Pictures(Situation):
    needs_programs = (*Situation.needs_programs, "prometheus")

    def setUp(self):
        super().setUp()
        if run([DRAW, "validate", SOURCE / "dashboards" / "host.json"]).returncode == CANNOT_DRAW:
            self.skipTest("what draws dashboards cannot be installed here")
        self.is_over = threading.Event()
        self.addCleanup(self.is_over.set)

    def settings(self, program):
        """Each is asked, and may be turned off, which is only observed."""
        more = {} if program.preset in ("sshd", "syslog") else {"shed": {"priority": 10}, "stop": ["/bin/true"]}
        if hasattr(program, "questions"):
            more["probes"] = [{**question, "every": "1s"} for question in program.questions]
        return program.preset_settings(**{**more, **({"stop": program.stop_argv} if program.stop_argv else {})})

    def rules_of_memory(self):
        """Memory is short when an eighth of it is gone that is here now."""
        lines = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
        total, available = (int(lines[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
        percent = int(available * 100 / total)
        self.too_much = int(total / 8)
        return {"shed": {"mode": "observe", "warn": f"{percent - 4}%", "target": f"{percent - 4}%", "restore_above": f"{percent - 4}%",
                         "below": f"{percent - 8}%", "critical": "5%", "below_for": "1s", "restore_after": "10s", "restore_gap": "10s",
                         "min_down": "10s", "min_up": "10s"}}

    def begin_all(self):
        self.log = self.directory / "maillog"
        self.log.touch()
        self.relay = self.directory / "relay.sock"
        cache = Cache(self, CACHE_BYTES)
        cache.start()
        wait_until(lambda: resident_bytes(cache.wait_pid()) >= CACHE_BYTES, "the cache to have its memory")
        memory = self.rules_of_memory()
        self.others = {"cache": cache.settings(stop=["/bin/true"], shed={"priority": 1})}
        self.begin(
            *real_programs.ALL, memory=memory,
            relay={"enabled": True, "logs": [str(self.log)], "trusted_origin": "ignored", "keep": "1m", "publish": [
                {"socketmap": {"listen": [f"unix:{self.relay}"]}}, {"plain_file": {"path": str(self.directory / "relay.txt")}}]})
        self.prometheus = PrometheusServer(self, {"web1": self.watcher}, interval="1s", config={"rule_files": [str(RULES)]})

    def in_background(self, act, pause):
        def go_on():
            turn = 0
            while not self.is_over.wait(pause):
                turn += 1
                with contextlib.suppress(OSError):
                    act(turn)

        thread = threading.Thread(target=go_on)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.is_over.set)

    def fetch_mail(self, turn):
        """People log in; one address is refused. The mail server asks for some of them."""
        address = "127.0.0.1" if turn % 40 == 0 else f"192.0.2.{turn * 7 % 90}"
        with open(self.log, "a", encoding="ascii") as log:
            log.write(LOGIN.format(when=time.strftime("%b %e %T"), user=f"user{turn * 7 % 90 % 31}", address=address))
        question = f"relay 192.0.2.{turn * 11 % 120}".encode()
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(self.relay))
            asking.sendall(b"%d:%s," % (len(question), question))
            asking.recv(200)

    def browse(self, _):
        self.programs["httpd"].ask()

    def wait(self, seconds):
        """That much is to be seen in the pictures; nothing is waited for."""
        self.is_over.wait(seconds)

    def restarted(self, name):
        main = self.programs[name].main()
        os.kill(main, 9)
        wait_until(lambda: self.programs[name].main(other_than=main), f"another {name}")

    def bad_quarter_of_an_hour(self):
        self.wait(15)
        self.restarted("httpd")
        self.assertEqual(self.watcher.ctl("maintenance", "bind", "--for", "2h", "--reason", "new zones").returncode, 0)
        self.wait(10)
        self.restarted("sshd")
        httpd = self.programs["httpd"]
        httpd.spoil()
        os.kill(httpd.main(), 9)
        self.wait(15)
        hog = self.spawn(["/usr/bin/python3", "-c", MEMORY, str(self.too_much)])
        self.wait(15)
        httpd.mend()
        wait_until(httpd.answers, "apache to answer again")
        hog.terminate()
        hog.wait(timeout=harness.PATIENCE)
        self.programs["proftpd"].stop()
        self.wait(15)
        httpd.spoil()
        os.kill(httpd.main(), 9)
        self.wait(8)

    def test_a_bad_quarter_of_an_hour(self):
        self.begin_all()
        self.in_background(self.fetch_mail, 0.2)
        self.in_background(self.browse, 0.05)
        began = time.monotonic()
        self.bad_quarter_of_an_hour()

        excuses = self.directory / "excuses.json"
        excuses.write_text(json.dumps(MAY_BE_EMPTY))
        into = pathlib.Path(os.environ.get("SYSTEMCHECK_PICTURES", self.directory / "pictures"))
        said = self.directory / "said"
        with open(said, "wb") as output:
            drawn = self.spawn(
                [DRAW, "draw", "--prometheus", f"http://{self.prometheus.address}", "--into", into, "--scrape-interval", "1s",
                 "--from", f"now-{int(time.monotonic() - began)}s", "--may-be-empty", excuses,
                 *sorted((SOURCE / "dashboards").glob("*.json"))], output)
            self.assertEqual(drawn.wait(timeout=DRAWING_SECONDS_MAX), 0, said.read_text())
        seen = (into / "systemcheck-fleet.json").read_text()
        for word in ("web1", "httpd", "SystemcheckServiceRestartFailed"):
            self.assertIn(word, seen)


if __name__ == "__main__":
    harness.main()
