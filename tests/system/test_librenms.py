#!/usr/bin/python3
"""LibreNMS finds what contrib/librenms tells it to look for. LibreNMS itself is not here; what it would do with the two
files is done as it does it: detection by sysObjectID, a walk of each table by name, a question by number for each row."""

import re

import harness
import yaml
from harness import SOURCE, run
from noc import CONTRIB, NocTest, commands_for

GENERIC = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
# What its documentation has for a sensor that is a state, a memory pool and a storage.
STATE = {"oid", "value", "num_oid", "index", "descr", "group", "state_name", "states", "skip_values"}
MEMORY = {"total", "free", "precision", "descr"}
STORAGE = {"oid", "size", "used", "units", "descr", "size_num_oid", "used_num_oid"}
NUMBER = re.compile(r"^(\.\d+)+\.\{\{ \$(index|str_index_as_numeric) \}\}$")


class Librenms(NocTest):
    needs_programs = ("snmpbulkwalk", "snmpget")

    def setUp(self):
        super().setUp()
        self.root = self.directory / "librenms"
        (self.root / "resources" / "definitions").mkdir(parents=True)
        (self.root / "mibs").mkdir()
        *install, self.question = commands_for("LibreNMS")
        for command in install:
            result = self.do(command.replace("/opt/librenms", str(self.root)))
            self.assertEqual((result.returncode, result.stderr), (0, ""), command)

    def definition(self, kind):
        return yaml.safe_load((self.root / "resources" / "definitions" / kind / "systemcheck.yaml").read_text())

    def ask(self, program, *arguments):
        result = run([program, "-v2c", "-c", self.systemcheck.community(), *arguments[:-1],
                      "-M", f"{self.root}/mibs:{SOURCE}/tests/mibs", f"127.0.0.1:{self.systemcheck.snmp_port}", arguments[-1]],
                     environment={"SNMPCONFPATH": str(self.directory)})
        self.assertEqual((result.returncode, result.stderr), (0, ""), arguments)
        return result.stdout

    def table(self, name):
        """{index: {column: value}}; a scalar has one row, 0."""
        rows = {}
        for line in self.ask("snmpbulkwalk", "-OQUs", "-m", "SYSTEMCHECK-MIB", name).splitlines():
            column, index, value = re.fullmatch(r'(\w+)\.(?:"(.*)"|\d+) = (.*)', line).groups()
            rows.setdefault(index if index is not None else "0", {})[column] = value.strip('"')
        return rows

    def by_number(self, template, index):
        numeric = ".".join(map(str, (len(index.encode()), *index.encode())))
        oid = template.replace("{{ $index }}", index).replace("{{ $str_index_as_numeric }}", numeric)
        return self.ask("snmpget", "-OQve", "-m", "", oid).strip().strip('"')

    def test_detects_it(self):
        result = self.do(self.here(self.question))
        found = result.stdout.split(": ")[1].strip()
        (by,) = self.definition("os_detection")["discovery"]
        self.assertTrue(found.startswith(by["sysObjectID"][0]), result.stdout + result.stderr)
        self.assertEqual(self.definition("os_detection")["os"], "systemcheck")

    def test_states(self):
        states = self.definition("os_discovery")["modules"]["sensors"]["state"]["data"]
        descriptions = {}
        status = {row["name"]: row["status"] for row in self.systemcheck.status()["services"]}
        for state in states:
            self.assertLessEqual(set(state), STATE)
            self.assertRegex(state["num_oid"], NUMBER)
            self.assertEqual({one["descr"]: one["generic"] for one in state["states"]}, GENERIC)
            words = {str(one["value"]): one["descr"] for one in state["states"]}
            column = state["value"].removeprefix("SYSTEMCHECK-MIB::")
            rows = self.table(state["oid"])
            self.assertTrue(rows, state)
            for index, row in rows.items():
                value = self.by_number(state["num_oid"], index)
                self.assertEqual(words[value], row[column], f"{column}.{index}")
                named = re.fullmatch(r"\{\{ SYSTEMCHECK-MIB::(\w+) \}\}", state["descr"])
                descriptions[column, row[named.group(1)] if named else state["descr"]] = words[value]
        self.assertEqual({name: value for (column, name), value in descriptions.items() if column == "scServiceStatus"}, status)
        self.assertEqual(descriptions["scStatus", "systemcheck"], "critical")

    def test_memory_and_disks(self):
        metrics = self.systemcheck.metrics()
        modules = self.definition("os_discovery")["modules"]
        (memory,) = modules["mempools"]["data"]
        self.assertEqual(set(memory), MEMORY)
        total = self.table(memory["total"])["0"]["scMemTotal"]
        self.assertAlmostEqual(int(total) * memory["precision"], metrics("systemcheck_memory_total_bytes"), delta=1024)
        (storage,) = modules["storage"]["data"]
        self.assertEqual(set(storage), STORAGE)
        sizes = metrics.by("systemcheck_filesystem_size_bytes", "mountpoint")
        rows = {index: row for index, row in self.table(storage["oid"]).items() if "scDiskSize" in row}
        self.assertEqual({row["scDiskPath"] for row in rows.values()}, set(sizes))
        for index, row in rows.items():
            size = self.by_number(storage["size_num_oid"], index)
            self.assertEqual(size, row["scDiskSize"])
            self.assertAlmostEqual(int(size) * storage["units"], sizes[row["scDiskPath"]], delta=storage["units"])
            self.assertEqual(self.by_number(storage["used_num_oid"], index), row["scDiskUsed"])


if __name__ == "__main__":
    harness.main()
