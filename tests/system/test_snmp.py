#!/usr/bin/python3
"""What SNMP says and what Prometheus is told are the same numbers of the same cycle."""

import re

import harness
from harness import SOURCE, SystemTest, run, wait_until
from standin import StandIn

ROOT = "SYSTEMCHECK-MIB::systemCheckMIB"
KIB, MIB = 1024, 1024 * 1024
STATES = ("unknown", "up", "degraded", "overloaded", "suspect", "down", "restarting", "waiting", "flapping", "held", "absent")
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
        self.systemcheck = self.daemon({
            "cycle": "60s",
            "snmp": {"mode": "agent", "listen": ["udp:127.0.0.1:0"]},
            "services": {
                "watched": self.watched.settings(processes={"min": 1, "max": 3}),
                "dead": self.dead.settings(mode="observe"),
                "odd.name@x-1": self.watched.settings(match={"exe": "/nowhere"}, mode="observe"),
            },
        })
        self.systemcheck.wait_state("watched", "up")

    def command(self, program, *args, community=None, patience="5"):
        return run(
            [program, "-v2c", "-c", community or self.systemcheck.community(), "-t", patience, "-r", "0",
             "-M", f"{SOURCE}/mibs:{SOURCE}/tests/mibs", "-m", "SYSTEMCHECK-MIB", "-OQUes",
             f"127.0.0.1:{self.systemcheck.snmp_port}", *args],
            # No configuration of this machine or user.
            environment={"SNMPCONFPATH": str(self.directory)})

    def walk(self):
        """{(name, index): text}; the index of a scalar is None."""
        result = self.command("snmpbulkwalk", ROOT)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        found = {}
        for line in result.stdout.splitlines():
            name, words, number, value = _LINE.match(line).groups()
            key = (name, words if words is not None else None)
            self.assertNotIn(key, found, "said twice")
            self.assertIn(number, (None, "0"), line)
            found[key] = value
        return found

    def one_cycle(self):
        """A walk and an exposition between which nothing was posted."""

        def look():
            before = self.systemcheck.status()["sequence"]
            walk, metrics = self.walk(), self.systemcheck.metrics()
            same = self.systemcheck.status()["sequence"] == before == int(walk["scSampleSequence", None])
            return (walk, metrics) if same else None

        return wait_until(look, "a moment in which nothing changes")

    def test_scalars_agree(self):
        walk, metrics = self.one_cycle()
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
        walk, metrics = self.one_cycle()
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

    def test_disks_agree(self):
        walk, metrics = self.one_cycle()
        paths = {value.strip('"'): index for (name, index), value in walk.items() if name == "scDiskPath"}
        self.assertIn("/", paths)
        sizes = metrics.by("systemcheck_filesystem_size_bytes", "mountpoint")
        free = metrics.by("systemcheck_filesystem_free_bytes", "mountpoint")
        self.assertEqual({path for path, index in paths.items() if ("scDiskSize", index) in walk}, set(sizes))
        for path, size in sizes.items():
            self.assertEqual(int(walk["scDiskSize", paths[path]]), size // MIB, path)
            self.assertEqual(int(walk["scDiskUsed", paths[path]]), (size - free[path]) // MIB, path)

    def test_a_restart_shows_in_both(self):
        (pid,) = self.watched.pids()
        self.kill(pid)
        self.watched.wait_pid(other_than=pid)
        self.systemcheck.wait_restarted("watched", 1)
        walk, _ = self.one_cycle()
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
