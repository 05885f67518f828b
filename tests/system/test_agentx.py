#!/usr/bin/python3
"""A real snmpd, of a configuration of its own, and the daemon below it; users of SNMPv3, and what they may order."""

import json
import os
import re
import signal
import time

import harness
from harness import SOURCE, SystemTest, free_port, run, wait_until
from standin import StandIn

BASE = "1.3.6.1.4.1.8072.9999.9999.2001"
MODULE = f".{BASE}.1"
# What depends on when one asks.
UNSTABLE = (f"{MODULE}.1.1.6.0 ", f"{MODULE}.1.1.11.0 ")
PASSWORDS = "a long \"password\"\nand \\ another one\n"


class Snmpd:
    """Debian's, on a port of loopback."""

    def __init__(self, test):
        self.test = test
        self.directory = test.directory / "snmpd"
        self.directory.mkdir()
        self.socket = self.directory / "agentx"
        self.port = free_port()
        self.conf = self.directory / "snmpd.conf"
        self.conf.write_text(f"""
            master agentx
            agentXSocket {self.socket}
            rocommunity all 127.0.0.1
            rocommunity some 127.0.0.1 -V some
            view some included .1
            view some excluded {MODULE}.1.5.1.1.5
        """)
        self.process = None

    def start(self):
        """Nothing of this machine's own snmpd is read or written."""
        environment = {**os.environ, "SNMPCONFPATH": str(self.directory), "SNMP_PERSISTENT_DIR": str(self.directory / "state")}
        with open(self.directory / "log", "ab") as log:
            self.process = self.test.spawn(
                ["/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", str(self.conf), "-p", str(self.directory / "pid"),
                 "-I", "-smux", f"udp:127.0.0.1:{self.port}"], log, env=environment)
        wait_until(lambda: self.ask("snmpget", ".1.3.6.1.2.1.1.3.0").returncode == 0, lambda: f"snmpd\n{self.log()}")

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=harness.PATIENCE)

    def ask(self, program, *arguments, community="all", patience="3"):
        return run([program, "-v2c", "-c", community, "-t", patience, "-r", "0", "-On", f"127.0.0.1:{self.port}", *arguments],
                   environment={"SNMPCONFPATH": str(self.directory), "MIBS": ""})

    def has_module(self):
        return f"{MODULE}.1.1.1.0 = STRING" in self.ask("snmpget", f"{MODULE}.1.1.1.0").stdout

    def log(self):
        return (self.directory / "log").read_text(errors="replace")


class BelowAnSnmpd(SystemTest):
    needs_root = True
    needs_programs = ("/usr/sbin/snmpd", "snmpbulkwalk", "snmpget")

    def setUp(self):
        super().setUp()
        self.watched = StandIn(self, "watched")
        self.watched.start()
        self.snmpd = Snmpd(self)

    def below(self, **more):
        return self.daemon({
            "cycle": "60s", "services": {"watched": self.watched.settings()},
            "snmp": {"mode": "agentx", "agentx": {"socket": str(self.snmpd.socket), "ping": "1s"}, **more}})

    def wait_module(self):
        wait_until(self.snmpd.has_module, lambda: f"the module in snmpd\n{self.snmpd.log()}\n{self.daemon_log()}")

    def daemon_log(self):
        return "\n".join(path.read_text() for path in self.directory.glob("daemon*/log"))

    def walk(self, community="all", repetitions="17"):
        """All that is stable of the module."""
        result = self.snmpd.ask("snmpbulkwalk", f"-Cr{repetitions}", "-Cc", MODULE, community=community)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [line for line in result.stdout.splitlines() if not line.startswith(UNSTABLE)]

    def test_it_shows_what_an_agent_of_its_own_would(self):
        self.snmpd.start()
        daemon = self.below()
        daemon.wait_state("watched", "up")
        self.wait_module()
        sequence = f"{MODULE}.1.1.5.0 "

        def both():
            """From the same view: nothing was posted between."""
            first, second, third = self.walk(), self.walk(repetitions="50"), self.walk()
            stays = [line for line in first if line.startswith(sequence)] == [line for line in third if line.startswith(sequence)]
            return (first, second) if stays else None

        first, second = wait_until(both, "a moment in which nothing changes")
        self.assertEqual(first, second)
        self.assertGreater(len(first), 40)
        names = [tuple(map(int, line.split(" ", 1)[0].strip(".").split("."))) for line in first]
        self.assertEqual(names, sorted(names))
        self.assertEqual(len(names), len(set(names)))
        # What the view of the other community leaves out is missing, and nothing else.
        reasons = f"{MODULE}.1.5.1.1.5."
        wait_until(lambda: [line for line in self.walk() if not line.startswith(reasons)] == self.walk("some"),
                   "the narrow view to be all but the reasons")

    def test_it_survives_whatever_happens_to_the_snmpd(self):
        daemon = self.below()
        daemon.logged("agentx:.*where nobody is yet")
        self.snmpd.start()
        self.wait_module()

        self.snmpd.kill()
        self.snmpd.start()
        self.wait_module()

        self.snmpd.process.send_signal(signal.SIGHUP)
        self.wait_module()

        self.snmpd.process.terminate()
        self.snmpd.process.wait(timeout=harness.PATIENCE)
        daemon.logged("snmpd is gone")
        self.snmpd.start()
        self.wait_module()

        # Frozen, it holds nobody up: the daemon restarts what dies meanwhile.
        self.snmpd.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.snmpd.process.send_signal, signal.SIGCONT)
        self.kill(self.watched.wait_pid())
        daemon.wait_restarted("watched", 1)
        self.snmpd.process.send_signal(signal.SIGCONT)
        self.wait_module()
        self.assertEqual(daemon.stop(), 0)

    def test_it_may_stand_below_another_number(self):
        self.snmpd.start()
        self.below(base_oid="1.3.6.1.4.1.99999.7")
        asked = ".1.3.6.1.4.1.99999.7.1.1.1.1.0"
        wait_until(lambda: f"{asked} = STRING" in self.snmpd.ask("snmpget", asked).stdout, "the module at its other place")
        self.assertFalse(self.snmpd.has_module())

    def test_it_ends_while_the_snmpd_is_frozen(self):
        self.snmpd.start()
        daemon = self.below()
        self.wait_module()
        self.snmpd.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.snmpd.process.send_signal, signal.SIGCONT)
        self.assertEqual(daemon.stop(), 0)


class Users(SystemTest):
    needs_programs = ("snmpget", "snmpbulkwalk")

    def passwords(self, name, text=PASSWORDS, mode=0o600):
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def as_user(self, daemon, *more, user="noc", text=PASSWORDS, level="authPriv"):
        authentication, privacy = text.splitlines()
        return run(["snmpget", "-v3", "-u", user, "-l", level, "-a", "SHA-256", "-A", authentication, "-x", "AES", "-X", privacy,
                    "-t", "3", "-r", "0", "-On", f"127.0.0.1:{daemon.snmp_port}", *(more or (f"{MODULE}.1.1.1.0",))],
                   environment={"SNMPCONFPATH": str(self.directory), "MIBS": ""})

    def begin(self, state_directory=None, **users):
        more = {"state_directory": str(state_directory)} if state_directory else {}
        return self.daemon({"snmp": {"listen": ["udp:127.0.0.1:0"], "users": users}, **more}, args=["--observe"])

    def test_a_user_reads_in_private_and_nobody_else_does(self):
        daemon = self.begin(noc={"password_file": self.passwords("noc")})
        found = self.as_user(daemon)
        self.assertIn(f"{MODULE}.1.1.1.0 = STRING", found.stdout, found.stderr)
        self.assertIn("authorizationError", self.as_user(daemon, level="authNoPriv").stderr + self.as_user(daemon, level="authNoPriv").stdout)
        self.assertNotEqual(self.as_user(daemon, text="a long password\nwrong password\n").returncode, 0)
        self.assertNotEqual(self.as_user(daemon, user="eve").returncode, 0)

    def test_other_passwords_hold_after_a_restart_and_who_is_gone_is_gone(self):
        both = {"noc": {"password_file": self.passwords("noc")}, "old": {"password_file": self.passwords("old")}}
        daemon = self.begin(**both)
        self.assertEqual(self.as_user(daemon, user="old").returncode, 0)
        self.assertEqual(daemon.stop(), 0)
        kept = daemon.directory / "state" / "snmp" / "systemcheck.conf"
        boots = re.search(r"engineBoots (\d+)", kept.read_text()).group(1)

        other = "another password\nand one for privacy\n"
        self.passwords("noc", other)
        del both["old"]
        daemon = self.begin(daemon.directory / "state", **both)
        self.assertEqual(self.as_user(daemon, text=other).returncode, 0)
        self.assertNotEqual(self.as_user(daemon).returncode, 0)
        self.assertNotEqual(self.as_user(daemon, user="old").returncode, 0)
        self.assertGreater(int(re.search(r"engineBoots (\d+)", kept.read_text()).group(1)), int(boots))

    def test_a_password_file_that_others_may_read_is_refused(self):
        for mode, text, complaint in ((0o644, PASSWORDS, "nobody else may read"), (0o600, "short\nshort\n", "8 to 64")):
            with self.assertRaises(AssertionError) as ended:
                self.begin(noc={"password_file": self.passwords("noc", text, mode)})
            self.assertIn("systemcheckd ended with 1", str(ended.exception))
            self.assertIn(complaint, str(ended.exception))
            self.assertNotIn("short", str(ended.exception))


def command_of(service, column=17):
    """The whole name of what is set for a service."""
    return f"{MODULE}.1.5.1.1.{column}.{len(service)}." + ".".join(str(ord(letter)) for letter in service)


RESTART = "2"
LOCK = f"{MODULE}.1.1.10.0"


class Orders(SystemTest):
    needs_programs = ("snmpget", "snmpset")

    def begin(self, is_writable=True, **snmp):
        self.watched = StandIn(self, "watched")
        self.first = self.watched.start()
        path = self.directory / "chief"
        path.write_text(PASSWORDS)
        path.chmod(0o600)
        other = self.directory / "noc"
        other.write_text(PASSWORDS)
        other.chmod(0o600)
        self.systemcheck = self.daemon({
            "services": {"watched": self.watched.settings(stop=["/usr/bin/pkill", "-x", "-f", f"{self.watched.executable} .*"])},
            "snmp": {"listen": ["udp:127.0.0.1:0"], "writable": is_writable, "users": {
                "chief": {"password_file": str(path), "may": "write"}, "noc": {"password_file": str(other)}}, **snmp}})
        self.systemcheck.wait_state("watched", "up")

    def ask(self, program, *arguments, user="chief"):
        authentication, privacy = PASSWORDS.splitlines()
        return run([program, "-v3", "-u", user, "-l", "authPriv", "-a", "SHA-256", "-A", authentication, "-x", "AES", "-X", privacy,
                    "-t", "3", "-r", "0", "-Onq", f"127.0.0.1:{self.systemcheck.snmp_port}", *arguments],
                   environment={"SNMPCONFPATH": str(self.directory), "MIBS": ""})

    def lock(self):
        return self.ask("snmpget", LOCK).stdout.split()[1]

    def actions(self):
        return json.loads(self.systemcheck.ctl("history", "watched", "--json").stdout)["actions"]

    def test_it_restarts_what_it_is_told_to_and_the_history_says_who_asked(self):
        self.begin()
        done = self.ask("snmpset", LOCK, "i", self.lock(), command_of("watched"), "i", RESTART)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: self.watched.pids() not in ([], [self.first]), lambda: f"another one\n{self.systemcheck.log()}")
        wait_until(lambda: [action["result"] for action in self.actions()] == ["up"], lambda: f"the verdict, has {self.actions()}")
        self.assertRegex(str(self.actions()), r"snmp chief from UDP: \[127\.0\.0\.1\]")

    def test_a_lock_that_somebody_else_has_moved_stops_everything(self):
        self.begin()
        lock = self.lock()
        self.assertEqual(self.ask("snmpset", LOCK, "i", lock).returncode, 0)
        refused = self.ask("snmpset", command_of("watched"), "i", RESTART, LOCK, "i", lock)
        self.assertIn("inconsistentValue", refused.stderr)
        self.systemcheck.wait_cycles(2)
        self.assertEqual(self.watched.pids(), [self.first])
        self.assertEqual(self.actions(), [])

    def test_maintenance_begins_and_ends(self):
        self.begin()
        until = command_of("watched", 19)
        soon = time.gmtime(time.time() + 3600)
        octets = f"{soon.tm_year:04x}{soon.tm_mon:02x}{soon.tm_mday:02x}{soon.tm_hour:02x}{soon.tm_min:02x}{soon.tm_sec:02x}002b0000"
        self.assertEqual(self.ask("snmpset", until, "x", octets).returncode, 0)
        self.systemcheck.wait_metrics(
            lambda m: m("systemcheck_service_held", service="watched", by="maintenance") == 1, "maintenance")
        self.assertIn("snmp chief", self.systemcheck.ctl("explain", "watched").stdout)
        self.assertEqual(self.ask("snmpset", until, "x", "00" * 8).returncode, 0)
        self.systemcheck.wait_metrics(
            lambda m: m("systemcheck_service_held", service="watched", by="maintenance") == 0, "its end")

    def test_what_is_done_for_want_of_memory_can_be_held_up(self):
        self.begin()
        mode = f"{MODULE}.1.7.1.0"
        self.assertEqual(self.ask("snmpset", mode, "i", "1").returncode, 0)
        self.systemcheck.wait_metrics(lambda m: m("systemcheck_shed_mode", mode="disabled") == 1, "the mode")
        self.systemcheck.logged("the mode of shedding is disabled now.*snmp chief")
        self.assertIn("inconsistentValue", self.ask("snmpset", mode, "i", "3").stderr, "further than the configuration goes")

    def test_who_may_only_read_changes_nothing(self):
        self.begin()
        for answer in (self.ask("snmpset", command_of("watched"), "i", RESTART, user="noc"),
                       self.ask("snmpset", command_of("nobody"), "i", RESTART),
                       self.ask("snmpset", command_of("watched"), "i", "99"),
                       self.ask("snmpset", f"{MODULE}.1.1.2.0", "i", "1"),
                       run(["snmpset", "-v2c", "-c", self.systemcheck.community(), "-On", f"127.0.0.1:{self.systemcheck.snmp_port}",
                            command_of("watched"), "i", RESTART], environment={"SNMPCONFPATH": str(self.directory), "MIBS": ""})):
            self.assertNotEqual(answer.returncode, 0, answer.stdout)
        self.systemcheck.wait_cycles(2)
        self.assertEqual(self.watched.pids(), [self.first])

    def test_nobody_writes_where_that_is_not_configured(self):
        self.begin(is_writable=False)
        self.assertNotEqual(self.ask("snmpset", command_of("watched"), "i", RESTART).returncode, 0)
        self.systemcheck.wait_cycles(2)
        self.assertEqual(self.watched.pids(), [self.first])


if __name__ == "__main__":
    harness.main()
