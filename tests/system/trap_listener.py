"""Somebody who listens for notifications: Debian's snmptrapd with a configuration of its own, which decodes them by our
module and writes one line each."""

import os
import re
import socket

import harness
from harness import SOURCE, wait_until

TRAPD = "/usr/sbin/snmptrapd"
USER, PASSWORDS = "noc", ("authenticate-me", "keep-it-private")
COMMUNITY = "told-to-nobody"
_PART = re.compile(r"^(?:[A-Za-z0-9-]+::)?([A-Za-z0-9]+(?:\.1\.1\.4\.1\.0)?)(?:\..*?)? = (.*)$")
TRAP_OID, COLD_START = "snmpModules.1.1.4.1.0", "snmpModules.1.1.5.1"  # No module has their names here.


class Trap:
    """One notification: its name and its objects without their indices."""

    def __init__(self, line):
        self.line = line
        self.kind, _, rest = line.partition("|")
        self.pdu, _, rest = rest.partition("|")
        self.objects = {}
        for part in rest.split("\t"):
            found = _PART.match(part.strip())
            if found:
                self.objects[found.group(1)] = found.group(2).strip('"')
        self.name = self.objects.get(TRAP_OID, "").split("::")[-1]

    def __getitem__(self, name):
        return self.objects[name]

    @property
    def is_active(self):
        return {"true": True, "false": False}[self["scNotifyActive"]]

    def __repr__(self):
        return f"{self.name} {self.objects.get('scNotifyText', '')!r}"


class TrapListener:
    """Bound to a free port of loopback when the constructor returns."""

    def __init__(self, test):
        self.test = test
        self.directory = test.directory / f"trapd-{len(list(test.directory.glob('trapd-*')))}"
        self.directory.mkdir()
        self.port = harness.free_port(socket.SOCK_DGRAM)
        self.log_path = self.directory / "log"
        # What is received is told apart from what snmptrapd says of itself by its first word.
        self.configure(f"authCommunity log {COMMUNITY}", "doNotFork yes", r"format2 TRAP|%P|%v\n")
        self.start()

    def sink(self, **more):
        """How a daemon's configuration names it."""
        community = self.directory / "community"
        community.touch(mode=0o600)
        community.write_text(f"{COMMUNITY}\n")
        return {"to": f"udp:127.0.0.1:{self.port}", "community_file": str(community), **more}

    def configure(self, *lines):
        with open(self.directory / "snmptrapd.conf", "a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def trust(self, engine):
        """From now on it knows this user of this engine, who says what he has to say in private."""
        self.configure(f'createUser -e 0x{engine} {USER} SHA-256 "{PASSWORDS[0]}" AES "{PASSWORDS[1]}"',
                       f"authUser log {USER} priv")
        self.process.terminate()
        self.process.wait(timeout=harness.PATIENCE)
        self.start()

    def start(self):
        environment = {**os.environ, "SNMPCONFPATH": str(self.directory), "SNMP_PERSISTENT_DIR": str(self.directory / "kept")}
        with open(self.log_path, "ab") as log:
            self.process = self.test.spawn(
                [TRAPD, "-f", "-Lo", "-C", "-c", self.directory / "snmptrapd.conf", "-OQS",
                 "-M", f"{SOURCE}/mibs:{SOURCE}/tests/mibs", "-m", "SYSTEMCHECK-MIB", f"udp:127.0.0.1:{self.port}"],
                log, env=environment)
        wait_until(self.is_listening, lambda: f"snmptrapd to listen\n{self.log()}")

    def is_listening(self):
        self.test.assertIsNone(self.process.poll(), self.log())
        wanted = f":{self.port:04X} "
        with open(f"/proc/{self.process.pid}/net/udp") as table:
            return any(wanted in line.split("00000000:0000")[0] for line in table)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def traps(self):
        """All so far, in the order in which they came."""
        lines = self.log().replace("\nTRAP|", "\0TRAP|").lstrip("\n").split("\0")
        return [Trap(line) for line in lines if line.startswith("TRAP|")]

    def wait(self, name, is_wanted=lambda _: True, count=1, seconds=harness.PATIENCE):
        """The first so many of this name that are wanted."""

        def look():
            found = [trap for trap in self.traps() if trap.name == name and is_wanted(trap)]
            return found if len(found) >= count else None

        found = wait_until(look, lambda: f"{count} of {name}\n{self.log()}", seconds)
        return found[0] if count == 1 else found
