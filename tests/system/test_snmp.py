#!/usr/bin/python3
"""What SNMP says and what Prometheus is told are the same numbers of the same cycle."""

import re
import socket
import time

import harness
from harness import SOURCE, SystemTest, run, wait_until
from standin import StandIn

ROOT = "SYSTEMCHECK-MIB::systemCheckMIB"
KIB, MIB = 1024, 1024 * 1024
STATES = ("unknown", "up", "degraded", "overloaded", "suspect", "down", "restarting", "waiting", "flapping", "held", "absent")
STATUSES = ("unknown", "ok", "warning", "critical")
SHED_STATES = ("normal", "warn", "low", "stopping", "settle", "hold", "restoring", "stuck", "blind")
SHED_PHASES = ("up", "stopping", "refusing", "settling", "shed", "starting", "warming")
SHORTAGES = ("normal", "warn", "low", "critical")
LOG_STATES = ("following", "waiting", "unreadable", "refused")
_LINE = re.compile(r'^([A-Za-z0-9]+)(?:\."((?:[^"\\]|\\.)*)"|\.(\d+))? = (.*)$')


def rounded(number):
    """Half away from zero, as llround(3)."""
    return int(number + 0.5)


class Snmp(SystemTest):
    needs_programs = ("snmpbulkwalk", "snmpget", "snmpset")

    def setUp(self):
        super().setUp()
        self.watched, self.dead = StandIn(self, "watched"), StandIn(self, "dead")
        self.watched.start()
        # One whole cycle is enough for the comparison, and it must not change under it.
        self.maillog = self.directory / "maillog"
        self.maillog.touch()
        self.relay_socket = self.directory / "relay.sock"
        self.passwords = self.directory / "passwords"
        self.passwords.touch(mode=0o600)
        self.passwords.write_text("to authenticate\nfor privacy\n")
        self.systemcheck = self.daemon({
            "cycle": "60s",
            "memory": {"shed": {"mode": "observe"}},
            "relay": {
                "enabled": True, "trusted_origin": "ignored",
                "logs": [str(self.maillog), str(self.directory / "missing")],
                "publish": [{"socketmap": {"listen": [f"unix:{self.relay_socket}"]}},
                            {"plain_file": {"path": str(self.directory / "relay.txt")}}],
            },
            "snmp": {"mode": "agent", "listen": ["udp:127.0.0.1:0"],
                     "users": {"operator": {"password_file": str(self.passwords)}}},
            "services": {
                "watched": self.watched.settings(processes={"min": 1, "max": 3}, shed={"priority": 7},
                                                 stop=["/usr/bin/false"]),
                "dead": self.dead.settings(mode="observe"),
                "odd.name@x-1": self.watched.settings(match={"exe": "/nowhere"}, mode="observe"),
            },
        })
        self.systemcheck.wait_state("watched", "up")

    def command(self, program, *args, community=None, is_operator=False, patience="5"):
        asker = ["-v2c", "-c", community or self.systemcheck.community()]
        if is_operator:
            asker = ["-v3", "-l", "authPriv", "-u", "operator", "-a", "SHA-256", "-A", "to authenticate",
                     "-x", "AES", "-X", "for privacy"]
        return run(
            [program, *asker, "-t", patience, "-r", "0",
             "-M", f"{SOURCE}/mibs:{SOURCE}/tests/mibs", "-m", "SYSTEMCHECK-MIB", "-OQUes",
             f"127.0.0.1:{self.systemcheck.snmp_port}", *args],
            # No configuration of this machine or user.
            environment={"SNMPCONFPATH": str(self.directory)})

    def walk(self, **asker):
        """{(name, index): text}; the index of a scalar is None, that of an event its number."""
        result = self.command("snmpbulkwalk", ROOT, **asker)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        found = {}
        for line in result.stdout.splitlines():
            name, words, number, value = _LINE.match(line).groups()
            self.assertTrue(number in (None, "0") or name.startswith("scEvent"), line)
            key = (name, words if number is None else None if number == "0" else int(number))
            self.assertNotIn(key, found, "said twice")
            found[key] = value
        return found

    def one_cycle(self):
        """A walk, an exposition and a status document between which nothing was posted."""

        def look():
            status = self.systemcheck.status()
            walk, metrics = self.walk(), self.systemcheck.metrics()
            same = self.systemcheck.status()["sequence"] == status["sequence"] == int(walk["scSampleSequence", None])
            return (walk, metrics, status) if same else None

        return wait_until(look, "a moment in which nothing changes")

    def test_scalars_agree(self):
        walk, metrics, _ = self.one_cycle()
        said = {name: int(value) for (name, index), value in walk.items() if index is None and value.isdigit()}
        expected = {
            "scLoadAvg1": rounded(metrics("systemcheck_load1") * 100),
            "scLoadAvg5": rounded(metrics("systemcheck_load5") * 100),
            "scLoadAvg15": rounded(metrics("systemcheck_load15") * 100),
            "scLoadCpus": metrics("systemcheck_cpus_online"),
            "scLoadRunnable": metrics("systemcheck_procs_running"),
            "scLoadBlocked": metrics("systemcheck_procs_blocked"),
            "scMemTotal": metrics("systemcheck_memory_total_bytes") // KIB,
            "scMemAvailable": metrics("systemcheck_memory_available_bytes") // KIB,
            "scMemFree": metrics("systemcheck_memory_free_bytes") // KIB,
            "scMemSwapTotal": metrics("systemcheck_swap_total_bytes") // KIB,
            "scMemSwapFree": metrics("systemcheck_swap_free_bytes") // KIB,
            "scMemUsablePermille": rounded(metrics("systemcheck_memory_usable_ratio") * 1000),
            "scProcTotal": sum(metrics.family("systemcheck_processes").values()),
            "scProcThreads": metrics("systemcheck_threads"),
            "scSampleInterval": metrics("systemcheck_cycle_interval_seconds"),
        }
        self.assertEqual({name: said.get(name) for name in expected}, expected)

    def test_services_agree(self):
        walk, metrics, _ = self.one_cycle()
        names = set(metrics.by("systemcheck_service_up", "service"))
        self.assertEqual({index for name, index in walk if name == "scServiceLabel"}, names)
        for service in names:
            expected = {
                "scServiceState": STATES.index(metrics.state(service)) + 1,
                "scServiceProcs": metrics("systemcheck_service_processes", service=service),
                "scServiceProcsMin": metrics("systemcheck_service_processes_min", service=service),
                "scServiceRss": metrics("systemcheck_service_resident_memory_bytes", service=service) // KIB,
                "scServiceThreads": metrics("systemcheck_service_threads", service=service),
                "scServiceRestarts": metrics("systemcheck_service_restarts_total", service=service, reason="down"),
                "scServiceRestartFailures": metrics("systemcheck_service_restart_failures_total", service=service),
                "scServiceDeaths": sum(
                    value for labels, value in metrics.family("systemcheck_service_deaths_total").items()
                    if ("service", service) in labels),
                "scServiceSuppressed": sum(
                    value for labels, value in metrics.family("systemcheck_restarts_suppressed_total").items()
                    if ("service", service) in labels),
            }
            self.assertEqual({name: int(walk[name, service]) for name in expected}, expected, service)
        self.assertEqual(int(walk["scServiceProcsMax", "watched"]), 3)
        self.assertEqual(int(walk["scServiceProcs", "watched"]), 1)

    def test_users_agree(self):
        walk, metrics, _ = self.one_cycle()
        users = metrics.by("systemcheck_user_processes", "user")
        self.assertIn("_other", users)
        self.assertEqual(self.by_label(walk, "scProcUserLabel"), {user: user for user in users})
        memory = metrics.by("systemcheck_user_resident_memory_bytes", "user")
        for user, processes in users.items():
            self.assertEqual(int(walk["scProcUserProcs", user]), processes, user)
            self.assertEqual(int(walk["scProcUserRss", user]), memory[user] // KIB, user)

    def test_pressure_agrees(self):
        walk, metrics, _ = self.one_cycle()
        for resource, kind in (("cpu", "waiting"), ("memory", "waiting"), ("memory", "stalled"), ("io", "waiting"), ("io", "stalled")):
            seconds = metrics.get(f"systemcheck_pressure_{kind}_seconds_total", resource=resource)
            expected = None if seconds is None else str(rounded(seconds * 1e6) // 1000)
            self.assertEqual(walk.get((f"scPressure{resource.capitalize()}{kind.capitalize()}", None)), expected)

    def test_disks_agree(self):
        walk, metrics, _ = self.one_cycle()
        paths = {value.strip('"'): index for (name, index), value in walk.items() if name == "scDiskPath"}
        self.assertIn("/", paths)
        sizes = metrics.by("systemcheck_filesystem_size_bytes", "mountpoint")
        free = metrics.by("systemcheck_filesystem_free_bytes", "mountpoint")
        self.assertEqual({path for path, index in paths.items() if ("scDiskSize", index) in walk}, set(sizes))
        for path, size in sizes.items():
            self.assertEqual(int(walk["scDiskSize", paths[path]]), size // MIB, path)
            self.assertEqual(int(walk["scDiskUsed", paths[path]]), (size - free[path]) // MIB, path)

    def test_shedding_agrees(self):
        # What a service uses is told with the cycle after that in which it was measured.
        self.systemcheck.reload({"cycle": "1s"})
        self.systemcheck.wait_metrics(
            lambda m: m("systemcheck_service_shed_bytes", service="watched") > 0, "the service to be measured")
        walk, metrics, status = self.one_cycle()

        def chosen(name, label, **labels):
            """The word that a state set says is true."""
            return [dict(of)[label] for of, value in metrics.family(name).items()
                    if value == 1 and labels.items() <= dict(of).items()][0]

        def total(name, **labels):
            return sum(value for of, value in metrics.family(name).items() if labels.items() <= dict(of).items())

        self.assertEqual(walk["scShedMode", None], "2")
        self.assertEqual(chosen("systemcheck_shed_mode", "mode"), "observe")
        expected = {
            "scShedState": SHED_STATES.index(chosen("systemcheck_shed_state", "state")) + 1,
            "scShedShortage": SHORTAGES.index(chosen("systemcheck_memory_shortage", "level")) + 1,
            "scShedTotal": metrics("systemcheck_memory_total_bytes") // KIB,
            "scShedPending": metrics("systemcheck_shed_pending_bytes") // KIB,
            "scShedRelieved": metrics("systemcheck_shed_episodes_total", result="relieved"),
            "scShedStuck": metrics("systemcheck_shed_episodes_total", result="stuck"),
            "scShedAlarms": metrics("systemcheck_memory_pressure_alarms_total"),
            "scShedServicesOff": total("systemcheck_service_shed_phase", phase="shed"),
        }
        self.assertEqual({name: int(walk[name, None]) for name in expected}, expected)
        self.assertEqual(int(walk["scShedUsable", None]), status["shedding"]["usable_bytes"] // KIB)
        self.assertGreater(int(walk["scShedUsable", None]), 0)
        left = metrics.get("systemcheck_memory_to_critical_seconds")
        self.assertEqual(walk.get(("scShedToCritical", None)), None if left is None else str(int(left)))
        self.assertEqual({index for name, index in walk if name == "scShedServiceLabel"}, {"watched"})
        expected = {
            "scShedServicePriority": 7,
            "scShedServicePhase": SHED_PHASES.index(chosen("systemcheck_service_shed_phase", "phase")) + 1,
            "scShedServiceMemory": metrics("systemcheck_service_shed_bytes", service="watched") // KIB,
            "scShedServiceSheds": total("systemcheck_service_sheds_total", service="watched"),
            "scShedServiceRestores": metrics(
                "systemcheck_service_restores_total", service="watched", result="succeeded"),
            "scShedServiceRestoreFailures": metrics(
                "systemcheck_service_restores_total", service="watched", result="failed"),
            "scShedServicePredicted": metrics(
                "systemcheck_service_shed_gain_bytes", service="watched", kind="predicted") // KIB,
            "scShedServiceReturned": metrics(
                "systemcheck_service_shed_gain_bytes", service="watched", kind="actual") // KIB,
            "scShedServiceOffTime": metrics("systemcheck_service_shed_seconds_total", service="watched") // 1,
            "scShedServiceRetryIn": metrics("systemcheck_service_shed_backoff_seconds", service="watched"),
        }
        self.assertEqual({name: int(walk[name, "watched"]) for name in expected}, expected)
        self.assertGreater(expected["scShedServiceMemory"], 0)

    def fetch_mail(self, user, address):
        """As dovecot says that somebody has logged in."""
        now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        with open(self.maillog, "a") as log:
            log.write(f"{now} mx dovecot: pop3-login: Login: user=<{user}>, method=PLAIN, rip={address}, lip=192.0.2.2\n")

    def may_send(self, address):
        """As a mail server asks."""
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self.relay_socket))
            question = f"relay {address}"
            server.sendall(f"{len(question)}:{question},".encode())
            return b"OK" in server.recv(1024)

    def test_the_relay_agrees(self):
        self.fetch_mail("alice", "198.51.100.7")
        self.fetch_mail("robert", "198.51.100.8")
        self.fetch_mail("alice", "198.51.100.7")
        self.fetch_mail("mallory", "127.0.0.1")
        wait_until(lambda: self.may_send("198.51.100.8"), "the logins to be read")
        self.assertFalse(self.may_send("198.51.100.9"))
        self.systemcheck.wait_metrics(
            lambda m: m.by("systemcheck_relay_map_entries", "map").popitem()[1] == 2
            and m("systemcheck_relay_lookups_total", socket=f"unix:{self.relay_socket}", answer="not_found") > 0,
            "all of it to be published")
        walk, metrics, status = self.one_cycle()
        said = " ".join(walk.values()) + " ".join(str(index) for _, index in walk)
        for sender in ("198.51.100", "alice", "robert", "mallory"):
            self.assertNotIn(sender, said, "how many, never who")
        self.check_grants(walk, metrics, status["relay"])
        self.check_logs(walk, metrics, status["relay"]["logs"])
        self.check_places(walk, metrics)

    def test_who_may_send_is_for_users_only(self):
        self.systemcheck.reload({"cycle": "1s"})
        self.fetch_mail("alice", "198.51.100.7")
        self.fetch_mail("robert", "198.51.100.8")
        self.fetch_mail("alice", "198.51.100.7")

        def clients(**asker):
            walk = self.walk(**asker)
            return {index: (walk["scRelayClientUser", index].strip('"'), int(walk["scRelayClientLogins", index]),
                            0 < int(walk["scRelayClientLeft", index]) <= 900)
                    for name, index in walk if name == "scRelayClientLabel"}

        expected = {"198.51.100.7": ("alice", 2, True), "198.51.100.8": ("robert", 1, True)}
        wait_until(lambda: clients(is_operator=True) == expected, lambda: f"them: {clients(is_operator=True)}")
        self.assertEqual(clients(), {})
        by_name = self.command("snmpget", 'SYSTEMCHECK-MIB::scRelayClientUser."198.51.100.7"')
        self.assertNotIn("alice", by_name.stdout)

    def check_grants(self, walk, metrics, relay):
        change = "systemcheck_relay_changes_total"
        expected = {
            "scRelayReady": 2 - metrics("systemcheck_relay_ready"),
            "scRelayAddresses": metrics("systemcheck_relay_addresses"),
            "scRelayAddressesLimit": metrics("systemcheck_relay_addresses_limit"),
            "scRelayUsers": metrics("systemcheck_relay_users"),
            "scRelaySharedAddresses": metrics("systemcheck_relay_shared_addresses"),
            "scRelayGranted": metrics(change, change="granted"),
            "scRelayRefreshed": metrics(change, change="refreshed"),
            "scRelayExpired": metrics(change, change="expired"),
            "scRelayRemoved": metrics(change, change="removed"),
            "scRelayRefused": sum(metrics.family("systemcheck_relay_refused_total").values()),
            "scRelayStatus": STATUSES.index(relay["status"]),
        }
        self.assertEqual({name: int(walk[name, None]) for name in expected}, expected)
        granted = {name: expected[name] for name in ("scRelayAddresses", "scRelayGranted", "scRelayRefreshed", "scRelayRefused")}
        self.assertEqual(list(granted.values()), [2, 2, 1, 1])

    def check_logs(self, walk, metrics, known):
        states = {log["name"]: log["state"] for log in known}
        logs = self.by_label(walk, "scRelayLogLabel")
        self.assertEqual(set(logs), {str(self.maillog), str(self.directory / "missing")})
        for log, index in logs.items():
            expected = {
                "scRelayLogState": LOG_STATES.index(states[log]) + 1,
                "scRelayLogTrusted": 2 - metrics("systemcheck_relay_log_trusted", log=log),
                "scRelayLogLines": metrics("systemcheck_relay_log_lines_total", log=log),
                "scRelayLogLogins": metrics("systemcheck_relay_log_verdicts_total", log=log, verdict="login"),
                "scRelayLogLag": metrics("systemcheck_relay_log_lag_bytes", log=log),
                "scRelayLogDeletions": metrics("systemcheck_relay_log_deletions_total", log=log),
                "scRelayLogGaps": metrics("systemcheck_relay_log_gaps_total", log=log),
            }
            self.assertEqual({name: int(walk[name, index]) for name in expected}, expected, log)
        self.assertEqual(int(walk["scRelayLogLogins", logs[str(self.maillog)]]), 4)

    def check_places(self, walk, metrics):
        (socket_index,) = self.by_label(walk, "scRelaySocketLabel").values()
        place = f"unix:{self.relay_socket}"
        answers = {"scRelaySocketFound": "found", "scRelaySocketNotFound": "not_found",
                   "scRelaySocketTemporary": "temporary", "scRelaySocketMalformed": "malformed"}
        expected = {
            "scRelaySocketUp": 2 - metrics("systemcheck_relay_socket_up", socket=place),
            "scRelaySocketClients": metrics("systemcheck_relay_socket_clients", socket=place),
            **{name: metrics("systemcheck_relay_lookups_total", socket=place, answer=answer)
               for name, answer in answers.items()},
        }
        self.assertEqual({name: int(walk[name, socket_index]) for name in expected}, expected)
        (map_index,) = self.by_label(walk, "scRelayMapLabel").values()
        path = str(self.directory / "relay.txt")
        expected = {
            "scRelayMapOk": 2 - metrics("systemcheck_relay_map_ok", map=path),
            "scRelayMapEntries": metrics("systemcheck_relay_map_entries", map=path),
            "scRelayMapWaiting": metrics("systemcheck_relay_map_waiting", map=path),
            "scRelayMapUpdates": metrics("systemcheck_relay_map_updates_total", map=path),
            "scRelayMapFailures": metrics("systemcheck_relay_map_failures_total", map=path),
        }
        self.assertEqual({name: int(walk[name, map_index]) for name in expected}, expected)

    @staticmethod
    def by_label(walk, column):
        return {value.strip('"'): index for (name, index), value in walk.items() if name == column}

    def test_a_restart_shows_in_both(self):
        (pid,) = self.watched.pids()
        self.kill(pid)
        self.watched.wait_pid(other_than=pid)
        self.systemcheck.wait_restarted("watched", 1)
        walk, _, _ = self.one_cycle()
        self.assertEqual(int(walk["scServiceRestarts", "watched"]), 1)
        self.assertEqual(int(walk["scServiceState", "watched"]), 2)

    def test_a_wrong_community_gets_no_answer(self):
        result = self.command("snmpget", f"{ROOT}.1.1.1.0", community="public", patience="0.5")
        self.assertEqual(result.returncode, 1)
        self.assertIn("Timeout", result.stderr)

    def test_nothing_can_be_set(self):
        for what in ("1.3.6.1.2.1.1.5.0", f"{ROOT}.1.1.1.0"):
            result = self.command("snmpset", what, "s", "mine")
            self.assertEqual(result.returncode, 2)
            self.assertIn("noAccess", result.stderr)


if __name__ == "__main__":
    harness.main()
