#!/usr/bin/env python3
"""the alerts are sound, each is tried and explained, and mail goes to whom it should.

With Debian's promtool and amtool; exit code 77 says that they are not installed here.
"""

import pathlib
import shutil
import subprocess
import sys

import yaml

ALERTS = pathlib.Path(__file__).resolve().parents[2] / "alerts"
RULES = ALERTS / "rules" / "systemcheck.yml"
MAIL = ALERTS / "alertmanager" / "alertmanager.yml"
RUNBOOKS = "file:///usr/share/systemcheck/alerts/runbooks/"
SKIPPED = 77

# Who hears of it, in order; with "second" after half an hour.
ROUTES = (
    ({"alertname": "SystemcheckWatchdog", "severity": "info"}, "switch"),
    ({"alertname": "SystemcheckServiceDown", "severity": "critical", "instance": "h1"}, "administrator,second"),
    ({"alertname": "SystemcheckAbsent", "severity": "critical"}, "administrator,second"),
    ({"alertname": "SystemcheckLoadHigh", "severity": "warning", "instance": "h1"}, "administrator"),
    ({"alertname": "SystemcheckSeriesDropped", "severity": "info", "instance": "h1"}, "administrator"),
    ({"alertname": "OfSomebodyElse"}, "administrator"),
)


def alerts_of(text):
    """The alerts of a rules file, in order; a name may stand for two severities."""
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"] if "alert" in rule]


def tried_in(documents):
    """({(alert, severity) that fires}, {alert that does not}) of unit tests."""
    fires, silent = set(), set()
    for test in (test for document in documents for test in document["tests"]):
        for look in test["alert_rule_test"]:
            expected = look.get("exp_alerts") or []
            fires |= {(look["alertname"], one["exp_labels"]["severity"]) for one in expected}
            if not expected:
                silent.add(look["alertname"])
    return fires, silent


def check_alert(rule):
    name, labels, notes = rule["alert"], rule.get("labels", {}), rule.get("annotations", {})
    if not name.startswith("Systemcheck"):
        yield f"{name}: its name does not begin with Systemcheck"
    if labels.get("severity") not in ("critical", "warning", "info"):
        yield f"{name}: its severity is none of critical, warning, info"
    for note in ("summary", "description"):
        if not notes.get(note):
            yield f"{name}: has no {note}"
    if notes.get("runbook_url") != f"{RUNBOOKS}{name}.md":
        yield f"{name}: its runbook_url is not {RUNBOOKS}{name}.md"


def check_runbooks(names, runbooks):
    """Each alert has one, and there is none of an alert that is gone. runbooks: {name: text}."""
    for name in sorted(names - set(runbooks)):
        yield f"{name}: has no runbook"
    for name in sorted(set(runbooks) - names):
        yield f"{name}: a runbook of no alert"
    for name in sorted(names & set(runbooks)):
        for heading in (f"# {name}\n", "\n## What it means\n", "\n## How to look\n", "\n## What to do\n"):
            if heading not in "\n" + runbooks[name]:
                yield f"{name}: its runbook has no heading {heading.strip()!r}"


def check_tried(rules, fires, silent):
    for name, severity in sorted({(rule["alert"], rule["labels"]["severity"]) for rule in rules} - fires):
        yield f"{name}: no test in which it fires as {severity}"
    always = {rule["alert"] for rule in rules if rule["expr"].strip() == "vector(1)"}
    for name in sorted({rule["alert"] for rule in rules} - silent - always):
        yield f"{name}: no test in which it does not fire"


def check_mail(config):
    """The times that amtool does not know of."""
    waits = {route["receiver"]: route for route in config["route"]["routes"] if 'severity="critical"' in route["matchers"]}
    if waits["second"]["group_wait"] != "30m":
        yield "the second address does not wait for 30 minutes"
    if not waits["administrator"]["group_wait"].endswith("s"):
        yield "the administrator does not hear of what is critical at once"


def said(*command):
    """What a program complains of, if it does."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        yield f"{' '.join(command[:3])}: {result.stdout}{result.stderr}"


def check_programs(tests):
    yield from said("promtool", "check", "rules", "--lint=all", "--lint-fatal", RULES)
    for test in tests:
        yield from said("promtool", "test", "rules", test)
    yield from said("amtool", "check-config", MAIL)
    for labels, receivers in ROUTES:
        words = [f"{name}={value}" for name, value in labels.items()]
        yield from said("amtool", "config", "routes", "test", f"--config.file={MAIL}",
                        f"--verify.receivers={receivers}", *words)


def complaints():
    rules = alerts_of(RULES.read_text())
    names = {rule["alert"] for rule in rules}
    tests = sorted(ALERTS.glob("tests/*.yml"))
    for rule in rules:
        yield from check_alert(rule)
    yield from check_runbooks(names, {path.stem: path.read_text() for path in ALERTS.glob("runbooks/*.md")})
    yield from check_tried(rules, *tried_in([yaml.safe_load(path.read_text()) for path in tests]))
    yield from check_mail(yaml.safe_load(MAIL.read_text()))
    yield from check_programs(tests)


def main():
    missing = [program for program in ("promtool", "amtool") if not shutil.which(program)]
    if missing:
        print(f"not installed: {' '.join(missing)} (see tests/system/packages.txt)")
        return SKIPPED
    found = list(complaints())
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
