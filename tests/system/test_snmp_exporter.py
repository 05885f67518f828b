#!/usr/bin/python3
"""What snmp_exporter makes of the daemon's SNMP, with the files of contrib/snmp_exporter, is what /metrics says."""

import contextlib
import http.client
import re

import harness
import yaml
from harness import PATIENCE, SOURCE, Metrics, free_port, run, wait_until
from noc import CONTRIB, NocTest, commands_for

KIB, MIB = 1024, 1024 * 1024


def without_help(metrics):
    return {metric["name"]: {key: value for key, value in metric.items() if key != "help"} for metric in metrics}


class SnmpExporter(NocTest):
    needs_programs = ("prometheus-snmp-exporter",)

    def configure(self):
        """As README.md says; what the last command asks for."""
        (self.etc / "prometheus").mkdir()
        *preparations, question = commands_for("snmp_exporter")
        for command in preparations:
            result = self.do(self.here(command))
            self.assertEqual((result.returncode, result.stderr), (0, ""), command)
        return question

    def start(self):
        port = free_port()
        log = open(self.directory / "exporter.log", "wb")
        self.addCleanup(log.close)
        child = self.spawn(["prometheus-snmp-exporter", f"--config.file={self.etc}/prometheus/snmp.yml",
                            f"--web.listen-address=127.0.0.1:{port}"], log)

        def is_up():
            self.assertIsNone(child.poll(), (self.directory / "exporter.log").read_text())
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            with contextlib.closing(connection), contextlib.suppress(ConnectionRefusedError):
                connection.request("GET", "/")
                return connection.getresponse().status == 200
            return False

        wait_until(is_up, "the exporter")
        return port

    def setUp(self):
        super().setUp()
        self.question = self.configure()
        self.port = self.start()

    def scrape(self):
        result = self.do(self.here(self.question.replace("localhost:9116", f"127.0.0.1:{self.port}")))
        self.assertEqual(result.returncode, 0, result.stderr)
        return Metrics(result.stdout)

    def test_numbers_are_those_of_metrics(self):
        said, metrics = self.quiet_moment(self.scrape)
        self.assertEqual(said("scMemTotal"), metrics("systemcheck_memory_total_bytes") // KIB)
        self.assertEqual(said("scMemAvailable"), metrics("systemcheck_memory_available_bytes") // KIB)
        self.assertEqual(said("scLoadAvg1"), int(metrics("systemcheck_load1") * 100 + 0.5))
        self.assertEqual(said("scProcTotal"), sum(metrics.family("systemcheck_processes").values()))
        self.assertEqual(said("scSampleTime"), metrics("systemcheck_cycle_last_timestamp_seconds") // 1)
        self.assertEqual(said("scStatus"), 3, "one is dead")

    def test_services_have_their_names_and_states(self):
        said, metrics = self.quiet_moment(self.scrape)
        names = set(metrics.by("systemcheck_service_up", "service"))
        self.assertIn("watched", names)
        self.assertEqual(set(said.by("scServiceProcs", "scServiceName")), names)
        for service in names:
            states = {dict(labels)["state"]: value for labels, value in
                      metrics.family("systemcheck_service_state").items() if ("service", service) in labels}
            shown = {dict(labels)["scServiceState"]: value for labels, value in
                     said.family("scServiceState").items() if ("scServiceName", service) in labels}
            self.assertEqual(shown, states)
            self.assertEqual(said("scServiceRss", scServiceName=service),
                             metrics("systemcheck_service_resident_memory_bytes", service=service) // KIB)
            self.assertEqual(said("scServiceRestarts", scServiceName=service),
                             metrics("systemcheck_service_restarts_total", service=service, reason="down"))

    def test_disks_users_and_logs_have_their_names(self):
        said, metrics = self.quiet_moment(self.scrape)
        sizes = metrics.by("systemcheck_filesystem_size_bytes", "mountpoint")
        self.assertEqual({path: size // MIB for path, size in sizes.items() if len(path) <= 64},
                         {path: size for path, size in said.by("scDiskSize", "scDiskName").items() if path in sizes})
        memory = metrics.by("systemcheck_user_resident_memory_bytes", "user")
        self.assertEqual(said.by("scProcUserRss", "scProcUserName"), {user: size // KIB for user, size in memory.items()})
        log = str(self.directory / "maillog")
        self.assertEqual(said.by("scRelayLogLines", "scRelayLogName"), {log: 0})
        self.assertEqual(said.by("scShedServicePriority", "scShedServiceName"), {"watched": 7})
        self.assertEqual(set(said.by("scRelaySocketClients", "scRelaySocketName")), {f"unix:{self.directory}/relay.sock"})
        self.assertEqual(set(said.by("scRelayMapEntries", "scRelayMapName")), {f"{self.directory}/relay.txt"})

    def test_everything_that_is_served_is_shown(self):
        said = self.scrape()
        names = {name for name, _ in said.samples}
        wanted = {metric["name"] for metric in self.module()["metrics"]}
        missing = wanted - names
        # Memory may not be falling, and the kernel may not measure pressure.
        self.assertEqual({name for name in missing if not name.startswith("scPressure")} - {"scShedToCritical"}, set())

    @staticmethod
    def of_a_user(text):
        """The old format with what is commented out for users of SNMPv3."""
        before, after = text.split("  version: 2\n  auth:\n    community: ", 1)
        return before + after.split("\n", 1)[1].replace("#", "")

    def test_a_user_is_answered_too(self):
        path = self.etc / "prometheus" / "snmp.yml"
        text = self.of_a_user((CONTRIB / "snmp_exporter" / "snmp-0.22.yml").read_text())
        path.write_text(text.replace("USER", "operator").replace(" password: PASSWORD", " password: to authenticate")
                        .replace("priv_password: PASSWORD", "priv_password: for privacy"))
        self.port = self.start()
        said, metrics = self.quiet_moment(self.scrape)
        self.assertEqual(said("scMemTotal"), metrics("systemcheck_memory_total_bytes") // KIB)
        self.assertFalse([name for name, _ in said.samples if name.startswith("scRelayClient")])

    def module(self):
        return yaml.safe_load((self.etc / "prometheus" / "snmp.yml").read_text())["systemcheck"]

    def test_both_formats_say_the_same(self):
        old = yaml.safe_load((CONTRIB / "snmp_exporter" / "snmp-0.22.yml").read_text())["systemcheck"]
        new = yaml.safe_load((CONTRIB / "snmp_exporter" / "snmp.yml").read_text())
        self.assertEqual(new["auths"]["systemcheck"], {"version": old.pop("version"), **old.pop("auth")})
        asked = yaml.safe_load(self.of_a_user((CONTRIB / "snmp_exporter" / "snmp-0.22.yml").read_text()))["systemcheck"]
        self.assertEqual(new["auths"]["systemcheck_user"], {"version": asked["version"], **asked["auth"]})
        self.assertEqual(new["modules"], {"systemcheck": old})

    def test_nobody_is_asked_who_may_send(self):
        mib = (SOURCE / "mibs" / "SYSTEMCHECK-MIB.txt").read_text()
        (number,) = re.findall(r"^scRelayClientTable .*?\{ scRelay (\d+) \}", mib, re.M | re.S)
        table = f"{self.root}.1.1.8.{number}."
        for oid in self.module()["walk"] + self.module()["get"]:
            self.assertFalse(f"{table}1".startswith(f"{oid}.") or f"{oid}.".startswith(table), oid)

    def test_the_generator_writes_the_same(self):
        """Debian's generator reads the module with net-snmp, we with our own eyes."""
        (self.directory / "generator.yml").write_text((CONTRIB / "snmp_exporter" / "generator.yml").read_text())
        words = "prometheus-snmp-generator generate"
        result = run(["/bin/sh", "-c", f"cd {self.directory} && {words}"], environment={
            "MIBDIRS": f"{SOURCE}/mibs:{SOURCE}/tests/mibs", "MIBS": "ALL",
            "SNMPCONFPATH": str(self.directory), "SNMP_PERSISTENT_DIR": str(self.directory)})
        self.assertEqual(result.returncode, 0, result.stderr)
        theirs = yaml.safe_load((self.directory / "snmp.yml").read_text())["systemcheck"]
        for how in ("walk", "get"):
            self.assertEqual(sorted(theirs[how]), sorted(self.module()[how]))
        self.assertEqual(without_help(theirs["metrics"]), without_help(self.module()["metrics"]))


if __name__ == "__main__":
    harness.main()
