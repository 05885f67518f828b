#!/usr/bin/python3
"""Each question of the dashboards, asked of a real Prometheus that scrapes a real daemon."""

import json
import re
import time

import harness
from everything import Everything
from harness import SOURCE, free_port, program, wait_until
from prometheus_server import PrometheusServer
from standin import StandIn

DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((SOURCE / "dashboards").glob("*.json"))}
RULES = SOURCE / "alerts" / "rules" / "systemcheck.yml"
WINDOW = "15s"

# Panels that are empty on a machine on which all is well, and why this test does not make it otherwise.
MAY_BE_EMPTY = {
    ("memory", "Critical in"): "memory falls only where test_shedding lets it",
    ("memory", "Turned off"): "for the same reason",
    ("services", "Pid files that were not believed"): "test_identity has them",
}


def panels_of(dashboard):
    for panel in dashboard["panels"]:
        yield from (one for one in (panel, *panel.get("panels", [])) if one["type"] not in ("row", "text"))


def questions():
    """(dashboard, panel, question) of all of them."""
    for name, dashboard in DASHBOARDS.items():
        for panel in panels_of(dashboard):
            yield from ((name, panel["title"], target) for target in panel["targets"])


class Dashboards(Everything):
    needs_programs = (*Everything.needs_programs, "prometheus")

    def setUp(self):
        super().setUp()
        broken, kept = StandIn(self, "broken"), StandIn(self, "kept")
        kept.start()
        broken.start()
        deaf = {"tcp": f"127.0.0.1:{free_port()}", "fatal": False, "every": "1s"}
        self.machine = self.everything(
            broken={**broken.settings(), "start": ["/bin/false"]}, kept=kept.settings(mode="observe", probes=[deaf]))
        self.prometheus = PrometheusServer(self, {"here": self.machine}, config={"rule_files": [str(RULES)]})
        wait_until(lambda: self.prometheus.query("systemcheck_service_up"), lambda: f"a scrape\n{self.prometheus.log()}")
        self.let_things_happen(broken)

    def let_things_happen(self, broken):
        """A death and a restart, one that cannot be restarted, one that is in maintenance, and a login that is refused."""
        self.log_in("eve", "127.0.0.1")
        self.kill(self.standin.wait_pid())
        self.kill(broken.wait_pid())
        self.run_ok([program("systemcheckctl"), "--socket", self.machine.socket_path, "maintenance", "kept", "--for", "1h", "--reason", "a test"])
        self.machine.wait_restarted("standin", 1)
        self.machine.wait_metrics(
            lambda m: m("systemcheck_service_restart_failures_total", service="broken") >= 1, "a failed restart")
        for what in ("increase(systemcheck_service_restart_failures_total[15s]) > 0",
                     "increase(systemcheck_service_check_failures_total[15s]) > 0",
                     "increase(systemcheck_relay_refused_total[15s]) > 0",
                     'ALERTS{alertstate="firing",service="broken"}'):
            wait_until(lambda what=what: self.prometheus.query(what), f"Prometheus to know of {what}")

    def values(self, name, label_values):
        """What Grafana would put in for a variable."""
        series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", label_values).groups()
        found = self.prometheus.query(self.filled(series))
        return "|".join(sorted({labels[label] for labels, _ in found if label in labels})) or f"no {name}"

    def filled(self, expression):
        for name, value in self.variables.items():
            expression = re.sub(rf"\$(?:{name}\b|{{{name}}})", lambda _, value=value: value, expression)
        return expression

    def use_variables(self, dashboard):
        self.variables = {"__rate_interval": WINDOW, "__range": WINDOW}
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                self.variables[variable["name"]] = self.values(variable["name"], variable["query"]["query"])

    def answer(self, target):
        """The series of an answer, as Grafana asks."""
        expression = self.filled(target["expr"])
        if target.get("instant"):
            return self.prometheus.query(expression)
        now = time.time()
        data = self.prometheus.ask("query_range", query=expression, start=now - 10, end=now, step=1)
        return [(one["metric"], one["values"]) for one in data["result"]]

    def test_every_panel_shows_something(self):
        self.assertGreater(len(list(questions())), 150)
        empty = set()
        for name, dashboard in DASHBOARDS.items():
            self.use_variables(dashboard)
            for panel in panels_of(dashboard):
                with self.subTest(dashboard=name, panel=panel["title"]):
                    answers = [self.answer(target) for target in panel["targets"]]
                    if not any(answers):
                        empty.add((name, panel["title"]))
        self.assertEqual(empty - set(MAY_BE_EMPTY), set())
        self.assertEqual(set(MAY_BE_EMPTY) - {(name, title) for name, title, _ in questions()}, set(), "no such panels")

    def test_marks_are_good_questions(self):
        for name, dashboard in DASHBOARDS.items():
            self.use_variables(dashboard)
            for mark in dashboard["annotations"]["list"]:
                with self.subTest(dashboard=name, mark=mark["name"]):
                    found = self.answer(mark)
                    if mark["name"] == "Restarts":
                        self.assertIn("standin", [labels["service"] for labels, _ in found])

    def test_the_worst_machine_stands_first(self):
        """The score of the fleet, of a machine with a service that is down."""
        self.use_variables(DASHBOARDS["fleet"])
        table = next(panel for panel in panels_of(DASHBOARDS["fleet"]) if panel["title"].startswith("Machines,"))
        ((_, badness),) = self.prometheus.query(self.filled(table["targets"][-1]["expr"]))
        self.assertGreaterEqual(badness, 100)
        self.machine.stop()
        wait_until(lambda: self.prometheus.query('up == 0'), "Prometheus to miss it")
        ((_, badness),) = self.prometheus.query(self.filled(table["targets"][-1]["expr"]))
        self.assertGreaterEqual(badness, 1000)


if __name__ == "__main__":
    harness.main()
