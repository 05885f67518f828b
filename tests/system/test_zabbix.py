#!/usr/bin/python3
"""Zabbix's own frontend takes contrib/zabbix/systemcheck.yaml, and its items ask for what there is."""

import pathlib
import re
import subprocess
import unittest

import harness
import yaml
from harness import run
from noc import CONTRIB, NocTest, commands_for

HERE = pathlib.Path(__file__).resolve().parent
TEMPLATE = CONTRIB / "zabbix" / "systemcheck.yaml"


def template():
    return yaml.safe_load(TEMPLATE.read_text())["zabbix_export"]["templates"][0]


class Import(harness.SystemTest):
    needs_programs = ("php",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        unpacked = subprocess.run([HERE / "unpack_package.sh", "zabbix-frontend-php"], check=False,
                                  capture_output=True, text=True)
        if unpacked.returncode:
            raise unittest.SkipTest(f"Debian's Zabbix cannot be had: {unpacked.stderr.strip()}")
        cls.tree = unpacked.stdout.strip()

    def see(self, text):
        path = self.directory / "template.yaml"
        path.write_text(text)
        result = run(["php", HERE / "zabbix_import.php", self.tree, path])
        return result.returncode, result.stdout

    def test_nothing_is_against_it(self):
        code, said = self.see(TEMPLATE.read_text())
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"^\d{3} items, \d\d triggers\n$")

    def test_mistakes_would_be_seen(self):
        mistakes = {
            "value_type: 'CHAR'": "value_type: 'TEXTUAL'",
            "key: 'systemcheck.scStatus'": "key: 'systemcheck scStatus'",
            "last(/systemcheck by SNMP/systemcheck.scSampleAge)": "last(/systemcheck by SNMP/systemcheck.scSampleAge",
            "3*last(/systemcheck by SNMP/systemcheck.scSampleInterval)": "3*last(/systemcheck by SNMP/systemcheck.scNone)",
            "      items:": "      itmes:",
            "key: 'systemcheck.scLoadAvg1'": "key: 'systemcheck.scLoadAvg5'",
        }
        for right, wrong in mistakes.items():
            with self.subTest(wrong):
                text = TEMPLATE.read_text()
                self.assertIn(right, text)
                code, said = self.see(text.replace(right, wrong, 1))
                self.assertEqual(code, 1, said)

    def test_nothing_has_the_name_of_another_thing(self):
        found = re.findall(r"uuid: '(\w+)'", TEMPLATE.read_text())
        self.assertEqual(len(found), len(set(found)))
        for one in found:
            self.assertRegex(one, r"^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$")


class Items(NocTest):
    """Asked as a Zabbix server asks."""

    needs_programs = ("snmpbulkwalk",)

    def walk(self):
        """{OID: (type, value)}"""
        result = run(["snmpbulkwalk", "-v2c", "-c", self.systemcheck.community(), "-Onet", "-m", "",
                      f"127.0.0.1:{self.systemcheck.snmp_port}", ".1.3.6.1.4.1.8072.9999.9999.2001.1.1"],
                     environment={"SNMPCONFPATH": str(self.directory)})
        self.assertEqual(result.returncode, 0, result.stderr)
        return {oid: (kind, value.strip('"')) for oid, kind, value in
                re.findall(r"^(\.[\d.]+) = (?:([\w-]+): )?(.*)$", result.stdout, re.M)}

    def value(self, item, oid, walk):
        """As it comes out of the preprocessing; it starts at nothing for what is counted."""
        _, text = walk[oid]
        if item.get("value_type") == "CHAR":
            return text
        number = float(text)
        for step in item.get("preprocessing", ()):
            self.assertIn(step["type"], ("MULTIPLIER", "CHANGE_PER_SECOND"))
            number *= float(step["parameters"][0]) if step["type"] == "MULTIPLIER" else 0
        return number

    def rows(self, rule, walk):
        """{{#NAME}: {#SNMPINDEX}}, as discovery[] finds them."""
        macro, column = re.fullmatch(r"discovery\[(.*),(.*)\]", rule["snmp_oid"]).groups()
        self.assertEqual(macro, "{#NAME}")
        return {value: oid.removeprefix(f"{column}.") for oid, (_, value) in walk.items() if oid.startswith(f"{column}.")}

    def test_each_item_is_answered(self):
        walk = self.walk()
        for item in template()["items"]:
            # Memory may not be falling, and the kernel may not measure pressure.
            if item["key"] != "systemcheck.scShedToCritical" and "Pressure" not in item["key"]:
                self.value(item, item["snmp_oid"], walk)
        for rule in template()["discovery_rules"]:
            rows = self.rows(rule, walk)
            self.assertTrue(rows, rule["name"])
            for item in rule["item_prototypes"]:
                found = [self.value(item, item["snmp_oid"].replace("{#SNMPINDEX}", index), walk)
                         for index in rows.values() if item["snmp_oid"].replace("{#SNMPINDEX}", index) in walk]
                self.assertTrue(found, item["name"])

    def test_values_are_those_of_metrics(self):
        walk, metrics = self.quiet_moment(self.walk)
        items = {item["key"]: item for item in template()["items"]}

        def said(name):
            item = items[f"systemcheck.{name}"]
            return self.value(item, item["snmp_oid"], walk)

        self.assertEqual(said("scMemTotal"), metrics("systemcheck_memory_total_bytes"))
        self.assertAlmostEqual(said("scLoadAvg1"), metrics("systemcheck_load1"), delta=0.006)
        self.assertAlmostEqual(said("scMemUsablePermille"), 100 * metrics("systemcheck_memory_usable_ratio"), delta=0.06)
        self.assertEqual(said("scProcThreads"), metrics("systemcheck_threads"))
        (services,) = [rule for rule in template()["discovery_rules"] if rule["name"] == "Service discovery"]
        memory = next(item for item in services["item_prototypes"] if "scServiceRss" in item["key"])
        rows = self.rows(services, walk)
        self.assertEqual(set(rows), {"watched", "dead", "poprelay"})
        self.assertEqual(self.value(memory, memory["snmp_oid"].replace("{#SNMPINDEX}", rows["watched"]), walk),
                         metrics("systemcheck_service_resident_memory_bytes", service="watched"))

    def test_as_the_readme_says(self):
        (look,) = commands_for("Zabbix")
        result = self.do(self.here(look))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('"watched"', result.stdout)


if __name__ == "__main__":
    harness.main()
