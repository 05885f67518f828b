#!/usr/bin/python3
"""From a death to a mail, by Debian's Prometheus and Alertmanager; and that the rules speak of what is exported."""

import json
import pathlib
import re
import sys
import urllib.error
import urllib.request

import yaml

import harness
from everything import Everything
from harness import SOURCE, SystemTest, free_port, program, run, wait_until
from mail_sink import mail_sink, page
from prometheus_server import PrometheusServer
from real_programs import Apache

sys.path.insert(0, str(SOURCE / "tests" / "golden"))
from tree import materialise

ALERTS = SOURCE / "alerts"
RULES = (ALERTS / "rules" / "systemcheck.yml").read_text()

# How much shorter everything lasts here, in the rules and in the mails.
RULES_BY, MAIL_BY = 20, 200
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def shortened(duration, by):
    """"10m" as "30s", and no less than a second."""
    seconds = int(duration[:-1]) * SECONDS[duration[-1]] / by
    return f"{max(1000, round(seconds * 1000))}ms"


def short_rules():
    """The rules, but for their durations."""
    text = re.sub(r"\[(\d+[smhd])\]", lambda found: f"[{shortened(found.group(1), RULES_BY)}]", RULES)
    return re.sub(r"((?:for|keep_firing_for): )(\d+[smhd])", lambda found: found.group(1) + shortened(found.group(2), RULES_BY), text)


def short_mail(smarthost, switch):
    """The configuration that is delivered, with a server and a switch of the test, and for somebody in a hurry."""
    config = yaml.safe_load((ALERTS / "alertmanager" / "alertmanager.yml").read_text())
    config["global"].update(smtp_smarthost=smarthost, smtp_require_tls=False, smtp_hello="localhost")
    config["templates"] = [str(ALERTS / "alertmanager" / "systemcheck.tmpl")]
    for receiver in config["receivers"]:
        for webhook in receiver.get("webhook_configs", []):
            webhook["url"] = switch
    for route in (config["route"], *config["route"]["routes"]):
        for key in ("group_wait", "group_interval", "repeat_interval"):
            if key in route:
                route[key] = shortened(route[key], MAIL_BY)
    return config


def ask(url):
    """The JSON of an answer, or None while there is none."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


class FromDeathToMail(SystemTest):
    needs_root = True
    needs_own_table = True
    needs_programs = ("prometheus", "prometheus-alertmanager", "/usr/sbin/apache2")

    def busy_machine(self):
        """One that exists on paper, and whose load is high."""
        root = self.directory / "busy"
        root.mkdir()
        materialise((SOURCE / "tests/golden/hosts/debian-web.tree").read_text(), root)
        (root / "proc/loadavg").write_text("49.50 49.50 49.50 9/200 4711\n")
        return self.daemon({"mode": "observe", "load": {}}, args=["--root", str(root)])

    def start_alertmanager(self):
        self.sink, self.switch = mail_sink(self), page(self)
        host, port = self.sink.server_address
        config = self.directory / "alertmanager.yml"
        config.write_text(json.dumps(short_mail(f"{host}:{port}", f"http://127.0.0.1:{self.switch.server_address[1]}/ping")))
        self.alertmanager = f"127.0.0.1:{free_port()}"
        with open(self.directory / "alertmanager.log", "wb") as log:
            self.spawn(["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={self.directory}/am",
                        f"--web.listen-address={self.alertmanager}", "--cluster.listen-address="], log)

    def start_prometheus(self, **machines):
        (self.directory / "rules.yml").write_text(short_rules())
        PrometheusServer(self, machines, args=["--rules.alert.resend-delay=1s"], config={
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [self.alertmanager]}]}]}})

    def wait_mail(self, to, line, subject=""):
        """The first one to this address with this line in it, and with a subject that fits."""

        def look():
            return next((mail for mail in list(self.sink.mails) if mail.to == to and line in mail.text.splitlines()
                         and re.search(subject, mail.subject)), None)

        def explain():
            return f"a mail to {to} with {line!r} and {subject!r}, has {self.sink.mails}\n{self.logs()}"

        return wait_until(look, explain, 60)

    def logs(self):
        return "\n".join((self.directory / f"{name}.log").read_text()[-3000:] for name in ("prometheus", "alertmanager"))

    def inhibited(self):
        """The alerts that are kept back because of another one."""
        found = ask(f"http://{self.alertmanager}/api/v2/alerts?active=false&silenced=false&inhibited=true") or []
        return {(one["labels"]["alertname"], one["labels"].get("instance")) for one in found}

    def test_a_service_that_cannot_be_restarted(self):
        httpd = Apache(self)
        main = httpd.start()
        web = self.daemon({"services": {"httpd": httpd.settings()}, "restart_policy": {
            "backoff": "1s", "backoff_max": "2s", "host_limit": {"restarts": 1000, "share": "100%"}}})
        web.wait_state("httpd", "up")
        self.start_alertmanager()
        self.start_prometheus(web=web, old=self.busy_machine())
        wait_until(lambda: len(self.switch.visits) >= 2, lambda: f"the watchdog to bark again\n{self.logs()}")

        conf = pathlib.Path(httpd.start_argv[2])
        good = conf.read_text()
        conf.write_text(good + "Nonsense on\n")
        self.kill(main)

        # First what is going on, then that it does not end, and half an hour later somebody else hears of it.
        first = self.wait_mail("administrator@hoster.example", "httpd cannot be restarted on web.")
        self.assertNotIn("httpd is down on web.", first.text)
        self.assertIn("\nwarning, since ", first.text)
        self.assertIn("was restarted in vain (failed attempts in 10 minutes: ", first.text)
        self.assertIn("There: systemcheckctl explain httpd\n", first.text)
        worse = self.wait_mail("administrator@hoster.example", "httpd is down on web.")
        self.assertEqual((worse.subject, worse.parts), ("CRITICAL: httpd is down on web.", ("text/plain",)))
        self.assertRegex(worse.text, r"\ncritical, since \w{3} \d{4}-\d\d-\d\d \d\d:\d\d \w+\n")
        self.assertRegex(worse.text, r"systemcheck is to restart it \(attempts in the last hour: [1-9]\d*\)")
        self.assertIn("\nfile:///usr/share/systemcheck/alerts/runbooks/SystemcheckServiceDown.md\n", worse.text)
        wait_until(lambda: ("SystemcheckServiceRestartFailed", "web") in self.inhibited(), "the lesser one to be kept back")
        second = self.wait_mail("second@hoster.example", "httpd is down on web.")
        self.assertEqual(second.subject, "30 min: CRITICAL: httpd is down on web.")

        conf.write_text(good)

        for to in ("administrator", "second"):
            over = self.wait_mail(f"{to}@hoster.example", "Over: httpd is down on web.")
            self.assertRegex(over.subject, r"^(30 min: )?OK: httpd is down on web\.$")
        # A high load is told in the mail of its machine. Nobody is woken for it.
        self.wait_mail("administrator@hoster.example", "The load is high on old.", "WARNING")
        self.assertNotIn("The load is high", str([mail for mail in self.sink.mails if mail.to.startswith("second")]))


def selectors():
    """(metric, matchers) of all that the rules ask for; what they record themselves is no metric."""
    rules = [rule for group in yaml.safe_load(RULES)["groups"] for rule in group["rules"]]
    texts = [text for rule in rules for text in (rule["expr"], *rule.get("annotations", {}).values())]
    pattern = r'(?<![\w:])((?:systemcheck|process)_\w+)(?![\w:])(?:\{([^}]*)\})?'
    return {(name, matchers) for text in texts for name, matchers in re.findall(pattern, text)}


class WhatTheRulesSpeakOf(Everything):
    def test_is_exported(self):
        metrics = self.everything().metrics()
        self.assertGreater(len(selectors()), 50)
        for name, matchers in sorted(selectors()):
            series = [dict(labels) for labels in metrics.family(name)]
            self.assertTrue(series, f"{name} is not exported")
            # What a rule asks for must exist; what it leaves out need not, and the job is Prometheus' own.
            for label, kind, values in re.findall(r'(\w+)(=~|=)"([^"]*)"', matchers):
                known = {one.get(label) for one in series}
                for value in values.split("|") if kind == "=~" else [values]:
                    found = label == "job" or any(re.fullmatch(value, one or "") for one in known)
                    self.assertTrue(found, f"{name}: {label} is never {value}, but one of {known}")

    def test_is_a_command(self):
        texts = [RULES, *(path.read_text() for path in (ALERTS / "runbooks").glob("*.md"))]
        words = {found for text in texts for found in re.findall(r"systemcheckctl ((?:relay |shed )?[a-z][a-z-]+)", text)}
        self.assertGreater(len(words), 8)
        for command in sorted(words):
            result = run([program("systemcheckctl"), *command.split(), "--help"])
            self.assertEqual(result.returncode, 0, f"systemcheckctl {command}: {result.stderr}")


if __name__ == "__main__":
    harness.main()
