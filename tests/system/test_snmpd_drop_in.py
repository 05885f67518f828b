#!/usr/bin/python3
"""With contrib/snmpd/systemcheck.conf an snmpd that is configured as Debian's shows the module, and not much else."""

import pathlib

import harness
from harness import SOURCE, SystemTest, run, wait_until
from noc import commands_for
from standin import StandIn
from test_agentx import MODULE, Snmpd

DEBIAN = pathlib.Path("/etc/snmp/snmpd.conf")


class DropIn(SystemTest):
    needs_root = True
    needs_programs = ("/usr/sbin/snmpd", "snmpget")

    def setUp(self):
        super().setUp()
        self.snmpd = Snmpd(self)
        self.etc = self.directory / "etc"
        (self.etc / "snmp" / "snmpd.conf.d").mkdir(parents=True)
        # All of it but where it listens, and with another directory for the drop-ins.
        kept = [line for line in DEBIAN.read_text().splitlines() if not line.lower().startswith("agentaddress")]
        text = "\n".join(kept).replace("/etc/snmp/snmpd.conf.d", str(self.etc / "snmp" / "snmpd.conf.d"))
        self.assertIn(str(self.etc), text, "Debian's snmpd reads no drop-ins any more")
        self.snmpd.conf.write_text(f"{text}\nagentXSocket {self.snmpd.socket}\nrocommunity all 127.0.0.1\n")
        self.install, self.question = commands_for("snmpd")

    def start(self):
        self.snmpd.start()
        self.systemcheck = self.daemon({
            "cycle": "60s", "services": {"watched": StandIn(self, "watched").settings()},
            "snmp": {"mode": "agentx", "agentx": {"socket": str(self.snmpd.socket), "ping": "1s"}}})
        wait_until(self.snmpd.has_module, lambda: f"the module\n{self.snmpd.log()}\n{self.systemcheck.log()}")

    def public(self, *arguments):
        return self.snmpd.ask(*arguments, community="public").stdout

    def test_with_it_everybody_sees_the_module(self):
        self.run_ok(["/bin/sh", "-euc", f"cd {SOURCE}; {self.install.replace('/etc/', f'{self.etc}/')}"])
        self.start()
        result = run(["/bin/sh", "-euc", self.question.replace("127.0.0.1:161", f"127.0.0.1:{self.snmpd.port}")],
                     environment={"SNMPCONFPATH": str(self.directory)})
        self.assertRegex(result.stdout, r"INTEGER: [0-3]\n$", result.stderr)
        self.assertIn("watched", self.public("snmpbulkwalk", f"{MODULE}.1.5.1.1.2"))
        self.assertNotIn("STRING", self.public("snmpbulkwalk", ".1.3.6.1.2.1.25.4"), "nor more than that")
        self.assertNotIn("Error in", self.snmpd.log())
        self.assertNotIn("Warning: Unknown token", self.snmpd.log())

    def test_without_it_nobody_does(self):
        self.start()
        self.assertIn("No Such Object", self.public("snmpget", f"{MODULE}.1.1.2.0"))


if __name__ == "__main__":
    harness.main()
