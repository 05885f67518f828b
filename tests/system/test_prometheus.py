#!/usr/bin/python3
"""A real Prometheus scrapes the daemon, and promtool finds nothing to complain about."""

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request

import harness
from harness import SystemTest, free_port, run, wait_until
from standin import StandIn


class Prometheus(SystemTest):
    needs_programs = ("prometheus", "promtool")

    def setUp(self):
        super().setUp()
        standin = StandIn(self)
        standin.start()
        self.systemcheck = self.daemon({"services": {"standin": standin.settings()}})
        self.systemcheck.wait_state("standin", "up")

    def start_prometheus(self):
        self.port = free_port()
        config = self.directory / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{
                "job_name": "systemcheck",
                "static_configs": [{"targets": [f"127.0.0.1:{self.systemcheck.port}"]}],
            }],
        }))
        with open(self.directory / "prometheus.log", "wb") as log:
            self.spawn([
                "prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.directory}/tsdb",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ], log)

    def ask(self, path, **parameters):
        """The data of one API answer, or None while it does not answer."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)["data"]
        return None

    def query(self, expression):
        """{labels: value} of an instant query."""
        data = self.ask("query", query=expression)
        return [(one["metric"], float(one["value"][1])) for one in data["result"]] if data else []

    def test_promtool_finds_nothing_wrong(self):
        _, body, headers = self.systemcheck.http("/metrics")
        self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers["Content-Type"])
        result = run(["promtool", "check", "metrics"], said=body)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_it_is_scraped_without_an_error(self):
        self.start_prometheus()
        wait_until(lambda: self.query('up{job="systemcheck"} == 1'), lambda: f"up\n{self.log()}")

        ((_, load1),) = self.query("systemcheck_load1")
        self.assertGreaterEqual(load1, 0)
        self.assertEqual([value for _, value in self.query('systemcheck_service_up{service="standin"}')], [1])
        self.assertEqual(self.query("up == 0"), [])
        # Every sample of the exposition arrived: none was a duplicate, late, or out of order.
        (target,) = self.ask("targets")["activeTargets"]
        self.assertEqual((target["health"], target["lastError"]), ("up", ""))
        ((_, scraped),) = self.query("scrape_samples_scraped")
        self.assertEqual(scraped, len(self.systemcheck.metrics().samples))
        self.assertNotIn("level=error", self.log())
        self.assertNotIn("Error on ingesting", self.log())

    def test_a_restart_between_two_scrapes_is_seen(self):
        self.start_prometheus()
        expression = 'systemcheck_service_restarts_total{service="standin",reason="down"}'
        wait_until(lambda: self.query(f"{expression} == 0"), "the first scrape")
        self.kill(self.systemcheck.status()["services"][0]["main_pid"])
        wait_until(lambda: self.query(f"{expression} == 1"), "the restart to be counted")
        self.systemcheck.wait_restarted("standin", 1)

    def log(self):
        return (self.directory / "prometheus.log").read_text()


if __name__ == "__main__":
    harness.main()
