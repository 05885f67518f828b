"""What the tests of templates for network operation centres have in common: a daemon that has some of everything to
tell, and the commands that README.md gives for each tool."""

import re

import harness
from harness import SOURCE, SystemTest, wait_until
from standin import StandIn

CONTRIB = SOURCE / "contrib"


def commands_for(tool):
    """The lines of code behind **tool** in the section "By SNMP" of README.md."""
    section = (SOURCE / "README.md").read_text().split("\n## By SNMP\n")[1].split("\n## ")[0]
    block = re.search(rf"^\*\*{re.escape(tool)}\*\*.*?^```sh\n(.*?)^```$", section, re.M | re.S).group(1)
    lines = [line for line in block.replace("\\\n", "").splitlines() if line and not line.startswith("#")]
    assert 0 < len(lines) <= 3, f"{tool}: {len(lines)} commands"
    return lines


class NocTest(SystemTest):
    needs_programs = ()
    root = "1.3.6.1.4.1.8072.9999.9999.2001"

    def setUp(self):
        super().setUp()
        self.watched, self.dead = StandIn(self, "watched"), StandIn(self, "dead")
        self.watched.start()
        self.etc = self.directory / "etc"
        self.etc.mkdir()
        (self.directory / "maillog").touch()
        passwords = self.directory / "passwords"
        passwords.touch(mode=0o600)
        passwords.write_text("to authenticate\nfor privacy\n")
        self.systemcheck = self.daemon({
            "cycle": "60s",
            "memory": {"shed": {"mode": "observe"}},
            "relay": {"enabled": True, "trusted_origin": "ignored", "logs": [str(self.directory / "maillog")],
                      "publish": [{"socketmap": {"listen": [f"unix:{self.directory}/relay.sock"]}},
                                  {"plain_file": {"path": str(self.directory / "relay.txt")}}]},
            "snmp": {"mode": "agent", "listen": ["udp:127.0.0.1:0"], "base_oid": self.root,
                     "users": {"operator": {"password_file": str(passwords)}}},
            "services": {
                "watched": self.watched.settings(processes={"min": 1, "max": 3}, shed={"priority": 7},
                                                 stop=["/usr/bin/false"]),
                "dead": self.dead.settings(mode="observe"),
            },
        })
        self.systemcheck.wait_state("watched", "up")
        self.systemcheck.wait_state("dead", "down", "waiting")

    def here(self, command):
        """A command of README.md, for the daemon and the scratch directory of this test."""
        replaced = {
            "/var/lib/systemcheck": str(self.systemcheck.directory / "state"),
            "127.0.0.1:1161": f"127.0.0.1:{self.systemcheck.snmp_port}",
            "-p 1161": f"-p {self.systemcheck.snmp_port}",
            "/etc/": f"{self.etc}/",
        }
        for what, by in replaced.items():
            command = command.replace(what, by)
        return command

    def do(self, command):
        """Runs it as from a shell that stands in the source tree; what it said."""
        return harness.run(["/bin/sh", "-euc", f"cd {SOURCE}; {command}"])

    def quiet_moment(self, look):
        """look() between two equal numbers of the view, and the metrics of that view."""

        def try_it():
            before = self.systemcheck.status()["sequence"]
            seen, metrics = look(), self.systemcheck.metrics()
            return (seen, metrics) if self.systemcheck.status()["sequence"] == before else None

        return wait_until(try_it, "a moment in which nothing changes")
