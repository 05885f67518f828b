#!/usr/bin/python3
"""Nagios and Icinga 2 accept what contrib/nagios defines, and its commands tell well from ill."""

import re
import socket

import harness
from harness import SOURCE, run, wait_until
from noc import CONTRIB, NocTest, commands_for

PLUGINS = "/usr/lib/nagios/plugins"
OK, WARNING, CRITICAL, UNKNOWN = range(4)


def index(name):
    return ".".join(map(str, (len(name), *name.encode())))


class Checks(NocTest):
    """What a Nagios would run, run as it would run it."""

    needs_programs = (f"{PLUGINS}/check_snmp",)

    contrib = CONTRIB

    def check(self, command, row="", auth=None):
        """(exit code, what it says)"""
        text = (self.contrib / "nagios" / "systemcheck.cfg").read_text()
        line = re.search(rf"command_name +{command}\n +command_line +(.*)\n", text).group(1)
        macros = {"$USER1$": PLUGINS, "$HOSTADDRESS$": "127.0.0.1", "$ARG1$": row,
                  "$_HOSTSYSTEMCHECK_PORT$": str(self.systemcheck.snmp_port),
                  "$_HOSTSYSTEMCHECK_AUTH$": auth or f"-P 2c -C {self.systemcheck.community()}"}
        for macro, value in macros.items():
            line = line.replace(macro, value)
        self.assertNotIn("$", line)
        result = run(["/bin/sh", "-c", line])
        return result.returncode, result.stdout.strip()

    def test_what_is_up_is_ok(self):
        code, said = self.check("check_systemcheck_service", index("watched"))
        self.assertEqual(code, OK, said)
        self.assertRegex(said, r"^SNMP OK - 1 .*")

    def test_what_is_dead_is_critical_and_says_why(self):
        code, said = self.check("check_systemcheck_service", index("dead"))
        self.assertEqual(code, CRITICAL, said)
        rows = {row["name"]: row for row in self.systemcheck.status()["services"]}
        self.assertIn(rows["dead"]["reason"], said)
        code, said = self.check("check_systemcheck")
        self.assertEqual(code, CRITICAL, said)
        self.assertIn("dead", said)

    def test_what_is_doubtful_is_a_warning(self):
        # Two processes where one is enough.
        self.assertEqual(self.spawn(self.watched.start_argv).wait(timeout=harness.PATIENCE), 0)
        self.systemcheck.reload({"cycle": "1s", "services": {
            **self.systemcheck.config["services"], "watched": self.watched.settings(processes={"min": 1, "max": 1})}})
        self.systemcheck.wait_state("watched", "degraded")
        code, said = self.check("check_systemcheck_service", index("watched"))
        self.assertEqual(code, WARNING, said)

    def test_the_machine(self):
        status = self.systemcheck.status()
        for command, what in (("check_systemcheck_load", "load"), ("check_systemcheck_memory", "memory")):
            with self.subTest(command):
                code, said = self.check(command)
                expected = {"ok": OK, "warning": WARNING, "critical": CRITICAL, "unknown": WARNING}
                self.assertEqual(code, expected[status[what]["status"]], said)
        self.assertIn(self.check("check_systemcheck_disk", index("/"))[0], (OK, WARNING, CRITICAL))
        code, said = self.check("check_systemcheck_relay")
        self.assertEqual(code, OK, said)

    def test_what_nobody_knows_is_unknown(self):
        self.assertEqual(self.check("check_systemcheck_service", index("nobody"))[0], UNKNOWN)
        self.assertEqual(self.check("check_systemcheck_service", "")[0], UNKNOWN)

    def test_a_user_is_answered_too(self):
        auth = "-P 3 -L authPriv -U operator -a SHA-256 -A 'to authenticate' -x AES -X 'for privacy'"
        self.assertEqual(self.check("check_systemcheck_service", index("watched"), auth)[0], OK)
        self.assertEqual(self.check("check_systemcheck_service", index("dead"), auth)[0], CRITICAL)

    def test_as_the_readme_says(self):
        *_, by_hand = commands_for("Nagios")
        result = self.do(self.here(by_hand))
        self.assertEqual(result.returncode, CRITICAL, result.stdout + result.stderr)
        self.assertIn("dead", result.stdout)


class AtAnotherRoot(Checks):
    """All of it for a daemon with a snmp.base_oid of its own."""

    root = "1.3.6.1.4.1.99999.7"

    def setUp(self):
        super().setUp()
        self.contrib = self.directory / "contrib"
        self.run_ok([CONTRIB / "noc" / "generate", "--root", self.root, self.contrib])
        self.assertNotIn(NocTest.root, (self.contrib / "nagios" / "systemcheck.cfg").read_text())

    def test_as_the_readme_says(self):
        self.skipTest("it says the usual number")


class Nagios(harness.SystemTest):
    needs_programs = ("nagios4",)

    def test_accepts_the_definitions(self):
        etc = self.directory / "etc"
        (etc / "nagios4" / "conf.d").mkdir(parents=True)
        install, verify, _ = commands_for("Nagios")
        for command in (install, verify):
            self.assertIn("/etc/nagios4", command)
        self.run_ok(["/bin/sh", "-euc", f"cd {SOURCE}; {install.replace('/etc/', f'{etc}/')}"])
        main = etc / "nagios4" / "nagios.cfg"
        objects = "/etc/nagios4/objects"
        (etc / "nagios4" / "conf.d" / "host.cfg").write_text(f"""
define host {{
  use generic-host,systemcheck-host
  host_name mx1
  address 192.0.2.1
  check_command check-host-alive
  max_check_attempts 3
  contact_groups admins
}}
define service {{
  use generic-service
  host_name mx1
  service_description sshd
  check_command check_systemcheck_service!{index("sshd")}
}}
""")
        main.write_text("\n".join([
            *(f"cfg_file={objects}/{name}.cfg" for name in ("commands", "contacts", "timeperiods", "templates")),
            "cfg_dir=/etc/nagios-plugins/config", f"cfg_dir={etc}/nagios4/conf.d", "resource_file=/etc/nagios4/resource.cfg",
            f"log_file={self.directory}/log", f"temp_path={self.directory}", f"check_result_path={self.directory}",
            "nagios_user=root", "nagios_group=root",
            "illegal_macro_output_chars=`~$&|'\"<>", ""]))
        said = self.run_ok(["/bin/sh", "-euc", verify.replace("/etc/", f"{etc}/")])
        self.assertIn("Total Errors:   0", said)
        self.assertIn("Total Warnings: 0", said)
        self.assertIn("Checked 4 services", said)


class Icinga(NocTest):
    """A whole Icinga runs the checks, and tells what came of them."""

    needs_programs = ("icinga2", f"{PLUGINS}/check_snmp")

    def configure(self):
        community = self.systemcheck.community()
        (self.directory / "icinga2.conf").write_text(f"""
include <itl>
include <plugins>
template Host "generic-host" {{ check_command = "dummy" }}
template Service "generic-service" {{ max_check_attempts = 1, check_interval = 1, retry_interval = 1 }}
object Host "other" {{ import "generic-host" }}
object Host "mx1" {{
  import "generic-host"
  address = "127.0.0.1"
  vars.systemcheck = {{
    port = {self.systemcheck.snmp_port}
    community = "{community}"
    services = {{ watched = "{index("watched")}", dead = "{index("dead")}" }}
    disks = {{ "/" = "{index("/")}" }}
    relay = true
  }}
}}
object Host "mx2" {{
  import "generic-host"
  address = "127.0.0.1"
  vars.systemcheck = {{
    port = {self.systemcheck.snmp_port}
    user = "operator", auth_password = "to authenticate", priv_password = "for privacy"
    services = {{ watched = "{index("watched")}" }}
  }}
}}
object CheckerComponent "checker" {{ }}
library "livestatus"
object LivestatusListener "livestatus" {{ socket_type = "unix", socket_path = "{self.directory}/live" }}
include "{CONTRIB}/nagios/icinga2.conf"
""")
        for name in ("data", "log", "cache", "run", "spool"):
            (self.directory / name).mkdir()
        places = {"DataDir": "data", "LogDir": "log", "CacheDir": "cache", "InitRunDir": "run", "SpoolDir": "spool"}
        return ["icinga2", "daemon", "-c", f"{self.directory}/icinga2.conf",
                *(f"-D{name}={self.directory}/{place}" for name, place in places.items()),
                f"-DPluginDir={PLUGINS}", "-DRunAsUser=root", "-DRunAsGroup=root"]

    def services(self):
        """{name: (state, output)} of all that were checked."""
        with socket.socket(socket.AF_UNIX) as live:
            try:
                live.connect(f"{self.directory}/live")
            except (FileNotFoundError, ConnectionRefusedError):
                return {}
            live.sendall(b"GET services\nColumns: host_name description state has_been_checked plugin_output\n"
                         b"Separators: 10 1 2 3\n\n")
            live.shutdown(socket.SHUT_WR)
            text = b"".join(iter(lambda: live.recv(65536), b"")).decode()
        rows = [line.split("\x01") for line in text.splitlines()]
        return {(host, name): (int(state), said) for host, name, state, checked, said in rows if checked == "1"}

    def test_runs_the_checks(self):
        command = self.configure()
        self.run_ok([*command, "-C"])
        with open(self.directory / "icinga.log", "wb") as log:
            self.spawn(command, log)
        names = ("systemcheck", "load", "memory", "relay", "service watched", "service dead", "disk /")
        wanted = {("mx1", name) for name in names} | {
            ("mx2", name) for name in ("systemcheck", "load", "memory", "service watched")}
        wait_until(lambda: set(self.services()) == wanted,
                   lambda: f"all checks: {self.services()}\n{(self.directory / 'icinga.log').read_text()}", 60)
        found = {name: state for (host, name), (state, _) in self.services().items() if host == "mx1"}
        self.assertEqual(found | {name: state for (_, name), (state, _) in self.services().items()}, found, "both ask the same")
        self.assertEqual(found["systemcheck"], CRITICAL, self.services())
        self.assertEqual(found["service dead"], CRITICAL)
        self.assertEqual(found["service watched"], OK)
        self.assertEqual(found["relay"], OK)
        self.assertNotIn(UNKNOWN, found.values())


if __name__ == "__main__":
    harness.main()
