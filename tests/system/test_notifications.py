#!/usr/bin/python3
"""What goes wrong is told without being asked, that it is over as well, and whoever listens can read it."""

import json
import os
import pathlib
import socket
import unittest

import harness
from harness import SOURCE, SystemTest, holds_for, run, wait_until
from standin import StandIn
from trap_listener import COLD_START, COMMUNITY, PASSWORDS, USER, TrapListener

MODULE = ["-M", f"{SOURCE}/mibs:{SOURCE}/tests/mibs", "-m", "SYSTEMCHECK-MIB"]


class Notifications(SystemTest):
    needs_programs = ("snmptrapd", "snmpbulkwalk", "snmpget")

    def telling(self, sinks, notify=None, users=None, wrapper=(), **config):
        snmp = {"mode": "agent", "listen": ["udp:127.0.0.1:0"], "notify": {"sinks": sinks, **(notify or {})}}
        if users:
            snmp["users"] = users
        return self.daemon({"snmp": snmp, **config}, wrapper=wrapper)

    @staticmethod
    def numbers(listener):
        return [int(trap["scNotifyNumber"].split()[0]) for trap in listener.traps() if trap.name != COLD_START]

    def events(self, daemon):
        """{number: {column: text}} of scEventTable, at a moment in which nothing is added."""
        return wait_until(lambda: self.events_now(daemon), "the same events from the first question to the last")

    def events_now(self, daemon):
        result = run(["snmpbulkwalk", "-v2c", "-c", daemon.community(), *MODULE, "-OQUs",
                      f"127.0.0.1:{daemon.snmp_port}", "SYSTEMCHECK-MIB::scEvent"],
                     environment={"SNMPCONFPATH": str(self.directory)})
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        rows, scalars = {}, {}
        for line in result.stdout.splitlines():
            name, _, value = line.partition(" = ")
            column, _, index = name.partition(".")
            if index == "0":
                scalars[column] = int(value)
            else:
                rows.setdefault(int(index), {})[column] = value.strip('"')
        is_whole = all(len(row) == len(next(iter(rows.values()))) for row in rows.values())
        return rows if is_whole and scalars == {"scEventsKept": len(rows), "scEventLast": max(rows, default=0)} else None

    def test_a_service_that_dies_and_comes_back(self):
        listener, standin = TrapListener(self), StandIn(self)
        first = standin.start()
        daemon = self.telling([listener.sink()], services={"standin": standin.settings()})
        self.assertEqual(listener.wait(COLD_START).name, COLD_START)
        daemon.wait_state("standin", "up")
        self.kill(first)
        raised = listener.wait("scServiceStateChange", lambda trap: trap.is_active)
        restarted = listener.wait("scServiceRestarted")
        over = listener.wait("scServiceStateChange", lambda trap: not trap.is_active)
        self.assertEqual((raised["scServiceLabel"], raised["scServiceState"], raised["scServiceStatus"]),
                         ("standin", "down", "critical"))
        self.assertEqual(raised["scNotifyText"], f"standin: down: {raised['scServiceReason']}")
        self.assertEqual((restarted["scServiceLabel"], restarted["scEventWhat"], restarted["scEventResult"]),
                         ("standin", "start", "up"))
        self.assertEqual((over["scServiceState"], over["scServiceStatus"], over["scNotifyActive"]), ("up", "ok", "false"))
        told = [trap for trap in listener.traps() if trap.name.startswith("scService")]
        self.assertEqual(len(told), 3, told)
        numbers = self.numbers(listener)
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)), "none was lost")
        self.assertIn("TRAP2, SNMP v2c", raised.pdu)

    def test_the_events_are_those_of_the_history(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.daemon({"snmp": {"mode": "agent", "listen": ["udp:127.0.0.1:0"]},
                              "services": {"standin": standin.settings()}, "disks": {"warn": "0.001%", "ignore_types": []}})
        daemon.wait_state("standin", "up")
        self.kill(first)
        daemon.wait_restarted("standin", 1)
        self.assertEqual(daemon.ctl("restart", "standin").returncode, 0)
        daemon.reload({"cycle": "2s"})
        wait_until(lambda: any(row["scEventWhat"] == "reloaded" for row in self.events(daemon).values()), "the reload")
        rows = self.events(daemon)
        history = wait_until(lambda: self.history_with(daemon, "reloaded"), "the history")
        told = [(row["scEventSubject"], row["scEventWhat"], row["scEventText"])
                for _, row in sorted(rows.items()) if row["scEventKind"] != "action"]
        written = [(event["service"], event["to"], event["reason"]) for event in reversed(history["events"])]
        self.assertEqual(sorted(told), sorted(written))
        self.assertIn(("", "reloaded"), [(subject, what) for subject, what, _ in told])
        self.assertTrue([what for subject, what, _ in told if subject.startswith("/")], "no disk")
        done = [(row["scEventSubject"], row["scEventWhat"], row["scEventActor"], row["scEventResult"])
                for _, row in sorted(rows.items()) if row["scEventKind"] == "action" and row["scEventResult"] != "running"]
        actions = [(action["service"], action["verb"], action["asked_by"], action["result"])
                   for action in reversed(history["actions"])]
        self.assertEqual(done, actions)
        self.assertEqual(len(done), 2)

    def history_with(self, daemon, word):
        history = json.loads(daemon.ctl("history", "--json", "--limit", "500").stdout)
        return history if word in [event["to"] for event in history["events"]] else None

    def test_an_inform_that_is_acknowledged_comes_once(self):
        listener, standin = TrapListener(self), StandIn(self)
        first = standin.start()
        daemon = self.telling([listener.sink(kind="inform")], services={"standin": standin.settings(mode="observe")})
        daemon.wait_state("standin", "up")
        self.kill(first)
        self.assertIn("INFORM, SNMP v2c", listener.wait("scServiceStateChange").pdu)
        # One that is not is sent again after two seconds.
        holds_for(lambda: len(set(self.numbers(listener))) == len(self.numbers(listener)), 3,
                  lambda: f"twice\n{listener.log()}")

    def test_an_inform_that_is_not_acknowledged_is_sent_again(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.settimeout(harness.PATIENCE)
            sink = {"to": f"udp:127.0.0.1:{deaf.getsockname()[1]}", "kind": "inform"}
            community = self.directory / "community"
            community.touch(mode=0o600)
            community.write_text(COMMUNITY)
            self.telling([{**sink, "community_file": str(community)}])
            seen = []
            while (packet := deaf.recv(65536)) not in seen:
                seen.append(packet)

    def test_a_user_of_v3_is_told_in_private(self):
        listener, standin = TrapListener(self), StandIn(self)
        standin.start()
        passwords = self.directory / "noc"
        passwords.touch(mode=0o600)
        passwords.write_text("".join(f"{line}\n" for line in PASSWORDS))
        users = {USER: {"password_file": str(passwords)}}
        daemon = self.telling([{"to": f"udp:127.0.0.1:{listener.port}", "version": "v3", "user": USER}], users=users,
                              services={"standin": standin.settings(mode="observe")})
        daemon.wait_state("standin", "up")
        listener.trust(self.engine_id(daemon))
        (pid,) = standin.pids()
        self.kill(pid)
        raised = listener.wait("scServiceStateChange")
        self.assertIn("SNMP v3", raised.pdu)
        self.assertEqual(raised["scServiceLabel"], "standin")

    def engine_id(self, daemon):
        result = run(["snmpget", "-v2c", "-c", daemon.community(), "-Oqvx", f"127.0.0.1:{daemon.snmp_port}",
                      "1.3.6.1.6.3.10.2.1.1.0"], environment={"SNMPCONFPATH": str(self.directory), "MIBS": ""})
        self.assertEqual(result.returncode, 0, result.stderr)
        return "".join(result.stdout.replace('"', "").split())

    def test_the_machine(self):
        listener = TrapListener(self)
        if pathlib.Path("/proc/loadavg").read_text().startswith("0.00"):
            self.spawn(["/bin/sh", "-c", "while :; do :; done"])  # Some load there must be.
        daemon = self.telling(
            [listener.sink()], notify={"heartbeat": "10s"},
            load={"warn_per_cpu": "0.000001", "for": "0s"}, disks={"warn": "0.001%", "ignore_types": []},
            memory={"shed": {"warn": "99.9%"}})
        disk = listener.wait("scDiskStatusChange")
        self.assertTrue(disk["scDiskPath"].startswith("/"))
        self.assertIn(disk["scDiskStatus"], ("warning", "critical"))
        self.assertTrue(disk.is_active)
        memory = listener.wait("scMemStatusChange")
        self.assertEqual((memory["scMemStatus"], memory.is_active), ("warning", True))
        load = listener.wait("scLoadStatusChange")
        self.assertEqual((load["scLoadStatus"], load.is_active), ("warning", True))
        beat = listener.wait("scHeartbeat")
        self.assertIn(beat["scStatus"], ("warning", "critical"))
        daemon.reload({"load": {"warn_per_cpu": "1000"}, "disks": {"ignore_types": [], "warn": "99.9%", "critical": "100%"},
                       "memory": {}})
        self.assertEqual(listener.wait("scLoadStatusChange", lambda trap: not trap.is_active)["scLoadStatus"], "ok")
        self.assertEqual(listener.wait("scMemStatusChange", lambda trap: not trap.is_active)["scMemStatus"], "ok")

    @unittest.skipUnless(pathlib.Path("/usr/sbin/snmpd").exists(), "snmpd is not installed")
    def test_below_an_snmpd_it_is_that_one_which_tells(self):
        listener, standin = TrapListener(self), StandIn(self)
        first = standin.start()
        place = self.directory / "snmpd"
        place.mkdir()
        (place / "snmpd.conf").write_text(
            f"master agentx\nagentXSocket {place}/agentx\ntrap2sink 127.0.0.1:{listener.port} {COMMUNITY}\n")
        environment = {**os.environ, "SNMPCONFPATH": str(place), "SNMP_PERSISTENT_DIR": str(place)}
        port = harness.free_port(socket.SOCK_DGRAM)
        with open(place / "log", "wb") as log:
            self.spawn(["/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", place / "snmpd.conf", "-I", "-smux",
                        f"udp:127.0.0.1:{port}"], log, env=environment)
        wait_until((place / "agentx").exists, lambda: f"snmpd\n{(place / 'log').read_text()}")
        daemon = self.daemon({"snmp": {"mode": "agentx", "agentx": {"socket": f"{place}/agentx", "ping": "1s"}},
                              "services": {"standin": standin.settings()}})
        daemon.wait_state("standin", "up")
        daemon.logged("agentx:|snmpd is there")
        self.kill(first)
        raised = listener.wait("scServiceStateChange", lambda trap: trap.is_active)
        self.assertEqual(raised["scServiceLabel"], "standin")
        self.assertEqual(listener.wait("scServiceRestarted")["scEventResult"], "up")
        self.assertEqual(listener.wait("scServiceStateChange", lambda trap: not trap.is_active)["scServiceState"], "up")

    def test_more_than_the_limit_is_summed_up(self):
        listener = TrapListener(self)
        standins = {f"s{number}": StandIn(self, f"s{number}").settings(mode="observe") for number in range(5)}
        self.telling([listener.sink()], notify={"per_minute": 2}, services=standins)
        listener.wait("scServiceStateChange", count=2)
        holds_for(lambda: len([trap for trap in listener.traps() if trap.name == "scServiceStateChange"]) == 2, 3,
                  lambda: f"more than the limit\n{listener.log()}")
        # The minute must pass.
        summary = listener.wait("scNotificationsSuppressed", seconds=60 + harness.PATIENCE)
        self.assertGreaterEqual(int(summary["scNotifyLeftOut"].split()[0]), 3)
        listener.wait("scServiceStateChange", count=4)

    def test_what_is_still_wrong_is_told_again(self):
        listener, standin = TrapListener(self), StandIn(self)
        self.telling([listener.sink()], notify={"resend": "10s"},
                     services={"standin": standin.settings(mode="observe")})
        first, second = listener.wait("scServiceStateChange", lambda trap: trap["scServiceStatus"] == "critical", count=2)
        self.assertEqual(first["scServiceState"], second["scServiceState"])
        self.assertNotEqual(first["scNotifyNumber"], second["scNotifyNumber"])

    def test_a_relay_that_cannot_write_its_map(self):
        listener = TrapListener(self)
        (self.directory / "maillog").touch()
        daemon = self.telling(
            [listener.sink()],
            relay={"enabled": True, "trusted_origin": "ignored", "logs": [str(self.directory / "maillog")],
                   "publish": [{"plain_file": {"path": str(self.directory / "nowhere" / "relay.txt")}}]})
        raised = listener.wait("scRelayStatusChange")
        self.assertTrue(raised.is_active)
        self.assertNotEqual(raised["scRelayStatus"], "ok")
        (self.directory / "nowhere").mkdir()
        self.assertTrue(daemon.logged("listening"))
        over = listener.wait("scRelayStatusChange", lambda trap: not trap.is_active)
        self.assertEqual(over["scRelayStatus"], "ok")

    @unittest.skipUnless(os.geteuid() == 0 and pathlib.Path("/dev/fuse").exists(), "needs root and /dev/fuse")
    def test_a_daemon_that_hangs_says_so_itself(self):
        listener = TrapListener(self)
        switch = self.directory / "switch"
        tarpit = ["/usr/bin/python3", "-B", pathlib.Path(__file__).with_name("tarpit_file.py"), "/proc/loadavg", switch]
        daemon = self.telling([listener.sink()], wrapper=tarpit)
        daemon.wait_cycles(1)
        switch.touch()
        raised = listener.wait("scSampleStale")
        self.assertTrue(raised.is_active)
        self.assertGreaterEqual(int(raised["scSampleAge"].split()[0]), 3)
        switch.unlink()
        self.assertFalse(listener.wait("scSampleStale", lambda trap: not trap.is_active).is_active)


if __name__ == "__main__":
    harness.main()
