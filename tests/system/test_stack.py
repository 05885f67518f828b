#!/usr/bin/python3
"""contrib/stack, as far as it goes without installing anything: tests/booted does that. Debian's own tools judge it."""

import json
import os
import re
import shutil

import yaml

import harness
from harness import SOURCE, SystemTest, run

STACK = SOURCE / "contrib" / "stack"
ETC = "etc/systemcheck/stack"
TOLD = {"--mail-to": "admin@example.org", "--smarthost": "mail.example.org:587", "--from": "watch@example.org"}
PROGRAMS = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}


def words(options):
    return [word for option in options.items() for word in option]


class Stack(SystemTest):
    """A machine that is a directory."""

    needs_programs = ("amtool", "promtool")

    def setUp(self):
        super().setUp()
        self.root = self.directory / "root"
        self.root.mkdir()

    def install(self, *arguments, **more):
        return run([STACK / "install", *arguments], environment={
            "DESTDIR": str(self.root), "SYSTEMCHECK_SHARE": str(SOURCE), **more})

    def write(self, told=None):
        """Writes the configuration, and returns what was said."""
        result = self.install("--files-only", *words(TOLD if told is None else told))
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def remove(self):
        result = self.install("--remove")
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def file(self, name):
        return self.root / ETC / name

    def everything(self):
        """All that there is, and what is in it."""
        return {str(path.relative_to(self.root)): path.read_text() if path.is_file() else None
                for path in self.root.rglob("*")}

    def alertmanager(self):
        return yaml.safe_load(self.file("alertmanager.yml").read_text())

    def receivers(self):
        return {one["name"]: one for one in self.alertmanager()["receivers"]}


class WhatItIsTold(Stack):
    def assert_refuses(self, arguments, *complaints):
        result = self.install("--files-only", *arguments)
        self.assertEqual((result.returncode, self.everything()), (2, {}), result.stdout)
        for complaint in complaints:
            self.assertIn(complaint, result.stderr)

    def test_everything_that_is_wrong_is_said_at_once(self):
        self.assert_refuses(
            ["--mail-to", "nobody", "--smarthost", "mail", "--colour", "red", "--from"],
            "--mail-to: 'nobody' is not a mail address, as admin@example.org",
            "--smarthost: 'mail' is not a server and its port", "unknown argument '--colour'", "unknown argument 'red'",
            "--from needs a value", "nothing was done")

    def test_nobody_is_guessed(self):
        self.assert_refuses([], "--mail-to is needed", "--smarthost is needed")

    def test_what_would_be_something_else_in_the_configuration_is_refused(self):
        for option, values in {
            "--mail-to": ("a@b'", "a b@c", "a@b\n  - to: c@d", "a@-b", "@b", "a@", "{{x}}@b", "a@b,c@d"),
            "--escalate-to": ("", "second"),
            "--from": ("root", "a@b}"),
            "--smarthost": ("mail:0", "mail:65536", "mail:", ":25", "ma il:25", "::1:25", "mail:25:25", "mail:2500000"),
            "--switch": ("ftp://switch.example/", "https://switch.example/a b", "https://switch.example/'", "switch.example"),
        }.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    self.assert_refuses(words({**TOLD, option: value}), f"{option}: '{value}' is not ")

    def test_what_contradicts_itself_is_refused(self):
        secret = self.directory / "secret"
        secret.write_text("secret\n")
        good = words(TOLD)
        self.assert_refuses([*good, "--mail-to", "other@example.org"], "--mail-to is given twice")
        self.assert_refuses([*good, "--user", "us"], "--user and --password-file go together")
        self.assert_refuses([*good, "--user", "us", "--password-file", "/nonexistent"], "/nonexistent cannot be read")
        self.assert_refuses([*good, "--user", "us", "--password-file", str(secret), "--no-tls"], "for all to read")
        self.assert_refuses([*good, "--user", "us", "--password-file", str(secret)], "one in a container cannot read")
        self.assert_refuses([*good, "--remove"], "--remove goes with nothing else")

    def test_there_must_be_something_to_remove(self):
        result = self.install("--remove")
        self.assertEqual(result.returncode, 1)
        self.assertIn("nothing of it is here", result.stderr)

    def test_systemcheck_must_be_there(self):
        result = self.install("--files-only", *words(TOLD), SYSTEMCHECK_SHARE=str(self.directory))
        self.assertEqual((result.returncode, self.everything()), (1, {}))
        self.assertIn("systemcheck is not installed", result.stderr)

    def test_rules_that_prometheus_would_refuse_stop_it(self):
        share = self.directory / "share"
        shutil.copytree(SOURCE / "alerts", share / "alerts")
        (share / "alerts/rules/systemcheck.yml").write_text("groups: [{name: x, rules: [{alert: A, expr: 'up =='}]}]\n")
        result = self.install("--files-only", *words(TOLD), SYSTEMCHECK_SHARE=str(share))
        self.assertEqual((result.returncode, self.everything()), (1, {}))
        self.assertIn("promtool refuses", result.stderr)


class WhatItWrites(Stack):
    def test_who_is_named_is_mailed(self):
        self.write({**TOLD, "--escalate-to": "boss@example.org", "--switch": "https://switch.example/ping?key=1&a=b"})
        receivers = self.receivers()
        self.assertEqual(receivers["administrator"]["email_configs"][0]["to"], "admin@example.org")
        self.assertEqual(receivers["second"]["email_configs"][0]["to"], "boss@example.org")
        self.assertEqual(receivers["switch"]["webhook_configs"][0]["url"], "https://switch.example/ping?key=1&a=b")
        self.assertEqual(self.alertmanager()["global"], {
            "smtp_smarthost": "mail.example.org:587", "smtp_from": "watch@example.org", "smtp_require_tls": True})

    def test_everything_else_is_as_it_is_delivered(self):
        self.write()
        delivered = yaml.safe_load((SOURCE / "alerts/alertmanager/alertmanager.yml").read_text())
        ours = self.alertmanager()
        self.assertEqual((ours["route"], ours["inhibit_rules"]), (delivered["route"], delivered["inhibit_rules"]))
        theirs = next(one for one in delivered["receivers"] if one["name"] == "administrator")["email_configs"][0]
        self.assertEqual(self.receivers()["administrator"]["email_configs"], [{**theirs, "to": "admin@example.org"}])
        self.assertTrue(all(os.path.exists(template) for template in ours["templates"]))

    def test_who_is_not_named_is_told_nothing(self):
        self.write()
        self.assertEqual(self.receivers()["second"], {"name": "second"})
        self.assertEqual(self.receivers()["switch"], {"name": "switch"})

    def test_a_mail_server_on_this_machine_need_not_speak_tls(self):
        for server, tls in {"127.0.0.1:25": False, "localhost:25": False, "[::1]:25": False,
                            "192.0.2.1:25": True, "localhost.example.org:25": True}.items():
            self.write({**TOLD, "--smarthost": server})
            self.assertEqual(self.alertmanager()["global"]["smtp_require_tls"], tls, server)

    def test_this_machine_has_a_name_in_mails(self):
        self.write()
        config = yaml.safe_load(self.file("prometheus.yml").read_text())
        jobs = {job["job_name"]: job["static_configs"][0] for job in config["scrape_configs"]}
        name = run(["hostname", "-f"]).stdout.strip() or os.uname().nodename
        self.assertIn(jobs["systemcheck"]["labels"]["instance"], (name, os.uname().nodename))
        self.assertEqual({target.rpartition(":")[0] for job in jobs.values() for target in job["targets"]}, {"127.0.0.1"})
        self.assertEqual(config["rule_files"], [f"{SOURCE}/alerts/rules/systemcheck.yml"])

    def test_written_again_it_is_the_same(self):
        self.write()
        first = self.everything()
        self.write()
        self.assertEqual({**self.everything(), f"{ETC}/installed": None}, {**first, f"{ETC}/installed": None})
        self.assertEqual(sorted(self.file("installed").read_text().split("\n")), sorted(first[f"{ETC}/installed"].split("\n")))

    def test_other_addresses_take_the_place_of_those(self):
        self.write()
        said = self.write({**TOLD, "--mail-to": "other@example.org"})
        self.assertEqual(self.receivers()["administrator"]["email_configs"][0]["to"], "other@example.org")
        self.assertNotIn(".new", said)

    def test_what_somebody_has_changed_stays(self):
        self.write()
        changed = self.file("alertmanager.yml").read_text().replace("repeat_interval: 1d", "repeat_interval: 2d")
        self.file("alertmanager.yml").write_text(changed)
        for _ in range(2):
            said = self.write({**TOLD, "--mail-to": "other@example.org"})
            self.assertIn(f"/{ETC}/alertmanager.yml was changed here and stays as it is", said)
            self.assertEqual(self.file("alertmanager.yml").read_text(), changed)
            self.assertIn("other@example.org", self.file("alertmanager.yml.new").read_text())

    def test_a_change_that_alertmanager_would_refuse_is_told(self):
        self.write()
        self.file("alertmanager.yml").write_text("route: {receiver: nobody}\n")
        result = self.install("--files-only", *words(TOLD))
        self.assertEqual(result.returncode, 1)
        self.assertIn("amtool refuses", result.stderr)

    def test_removed_nothing_is_left(self):
        (self.root / "etc/grafana/provisioning/alerting").mkdir(parents=True)
        before = self.everything()
        self.write()
        self.write()
        self.remove()
        self.assertEqual(self.everything(), before)

    def test_removed_what_somebody_has_changed_or_added_is_kept(self):
        self.write()
        self.file("prometheus.yml").write_text("# mine\n")
        self.file("machines/web.yml").write_text("[]\n")
        said = self.remove()
        self.assertIn(f"/{ETC}/prometheus.yml was changed here: a copy is in /{ETC}/prometheus.yml.kept", said)
        left = {name: text for name, text in self.everything().items() if text is not None}
        self.assertEqual(left, {f"{ETC}/prometheus.yml.kept": "# mine\n", f"{ETC}/machines/web.yml": "[]\n"})

    def test_grafana_gets_the_dashboards_where_there_is_one(self):
        provisioning = self.root / "etc/grafana/provisioning"
        provisioning.mkdir(parents=True)
        self.write()
        source = yaml.safe_load((provisioning / "datasources/systemcheck.yaml").read_text())["datasources"][0]
        self.assertEqual((source["type"], source["url"], source["isDefault"]), ("prometheus", "http://127.0.0.1:9090", False))
        provider = yaml.safe_load((provisioning / "dashboards/systemcheck.yaml").read_text())["providers"][0]
        self.assertEqual(provider["options"]["path"], f"{SOURCE}/dashboards")

    def test_a_file_of_somebody_else_is_left_alone(self):
        theirs = self.root / "etc/grafana/provisioning/datasources/systemcheck.yaml"
        theirs.parent.mkdir(parents=True)
        theirs.write_text("# theirs\n")
        before = self.everything()
        self.assertIn("was changed here and stays", self.write())
        self.remove()
        self.assertEqual(self.everything(), before)


def flags_of_drop_in(name):
    """What systemd starts, without its first word."""
    text = re.sub(r"^#.*\n", "", (STACK / f"{name}.conf").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)[-1].split()[1:]


def services():
    return yaml.safe_load((STACK / "compose.yaml").read_text())["services"]


def without(flags, *names):
    return sorted(flag for flag in flags if flag.split("=")[0] not in names)


class HowItIsStarted(SystemTest):
    needs_programs = ("prometheus", "prometheus-alertmanager", "systemd-analyze")

    def test_by_flags_that_debians_programs_know(self):
        for name, binary in PROGRAMS.items():
            for flags in (flags_of_drop_in(name), services()[name]["command"]):
                self.run_ok([binary, *flags, "--version"])
        self.assertNotEqual(run(["prometheus", "--nonsense", "--version"]).returncode, 0)

    def test_by_the_same_flags_in_a_container(self):
        for name in PROGRAMS:
            paths = ("--storage.path", "--storage.tsdb.path")
            self.assertEqual(without(flags_of_drop_in(name), *paths), without(services()[name]["command"], *paths))

    def test_on_loopback_only(self):
        for name in PROGRAMS:
            listening = [flag for flag in flags_of_drop_in(name) if ".listen-address=" in flag]
            self.assertIn(f"--web.listen-address=127.0.0.1:{9090 if name == 'prometheus' else 9093}", listening)
            self.assertLessEqual({flag.partition("=")[2].rpartition(":")[0] for flag in listening}, {"127.0.0.1", ""})
        self.assertIn("--cluster.listen-address=", flags_of_drop_in("alertmanager"))
        self.assertEqual(services()["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"], "127.0.0.1")

    def test_what_was_sent_is_remembered_for_as_long_as_it_is_not_to_be_repeated(self):
        hours = int(re.search(r"--data.retention=(\d+)h", " ".join(flags_of_drop_in("alertmanager"))).group(1))
        config = yaml.safe_load((SOURCE / "alerts/alertmanager/alertmanager.yml").read_text())
        units = {"m": 1 / 60, "h": 1, "d": 24}
        repeats = [one["repeat_interval"] for one in (config["route"], *config["route"]["routes"])]
        self.assertGreater(hours, max(int(text[:-1]) * units[text[-1]] for text in repeats))

    def test_systemd_understands_the_drop_ins(self):
        for name, unit in PROGRAMS.items():
            directory = self.directory / name
            (directory / f"{unit}.service.d").mkdir(parents=True)
            shutil.copy(STACK / f"{name}.conf", directory / f"{unit}.service.d" / "systemcheck.conf")
            (directory / f"{unit}.service").write_text("[Service]\nExecStart=/bin/false\n")
            result = run(["systemd-analyze", "verify", "--man=no", directory / f"{unit}.service"])
            complaints = [line for line in (result.stdout + result.stderr).splitlines() if str(directory) in line]
            self.assertEqual((result.returncode, complaints), (0, []))


class Containers(SystemTest):
    def test_what_is_mounted_is_there_and_cannot_be_written(self):
        volumes = set(yaml.safe_load((STACK / "compose.yaml").read_text())["volumes"])
        for name, service in services().items():
            for mount in service["volumes"]:
                source, target, *how = re.sub(r"\$\{SYSTEMCHECK_SHARE:-[^}]*\}", str(SOURCE), mount).split(":")
                if source in volumes:
                    continue
                self.assertEqual(how, ["ro"], f"{name}: {mount}")
                # That one is what contrib/stack/install writes.
                if source != f"/{ETC}":
                    self.assertTrue((STACK / source).is_dir(), f"{name}: {mount}")

    def test_what_the_dashboards_are_read_from_is_mounted_there(self):
        provider = yaml.safe_load((SOURCE / "contrib/grafana/provisioning/dashboards/systemcheck.yaml").read_text())
        targets = [mount.rsplit(":", 2)[1] for mount in services()["grafana"]["volumes"] if mount.endswith(":ro")]
        self.assertIn(provider["providers"][0]["options"]["path"], targets)

    def test_each_is_one_version(self):
        for name, service in services().items():
            self.assertRegex(service["image"], r"^[a-z]+/[a-z]+:v?\d+\.\d+\.\d+$", name)

    def test_docker_compose_understands_it(self):
        compose = ["docker", "compose"]
        if not shutil.which("docker") or run([*compose, "version"]).returncode != 0:
            self.skipTest("there is no docker compose here")
        understood = json.loads(self.run_ok([*compose, "-f", STACK / "compose.yaml", "config", "--format", "json"]))
        self.assertEqual({one["network_mode"] for one in understood["services"].values()}, {"host"})


if __name__ == "__main__":
    harness.main()
