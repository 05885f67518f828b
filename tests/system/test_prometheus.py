#!/usr/bin/python3
"""A real Prometheus scrapes the daemon, and promtool finds nothing to complain about."""

import harness
from harness import SystemTest, run, wait_until
from prometheus_server import PrometheusServer
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
        self.prometheus = PrometheusServer(self, {"here": self.systemcheck}, interval="1s")

    def test_promtool_finds_nothing_wrong(self):
        _, body, headers = self.systemcheck.http("/metrics")
        self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers["Content-Type"])
        result = run(["promtool", "check", "metrics"], said=body)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_it_is_scraped_without_an_error(self):
        self.start_prometheus()
        wait_until(lambda: self.prometheus.query('up{job="systemcheck"} == 1'), lambda: f"up\n{self.prometheus.log()}")

        ((_, load1),) = self.prometheus.query("systemcheck_load1")
        self.assertGreaterEqual(load1, 0)
        self.assertEqual([value for _, value in self.prometheus.query('systemcheck_service_up{service="standin"}')], [1])
        self.assertEqual(self.prometheus.query("up == 0"), [])
        # Every sample of the exposition arrived: none was a duplicate, late, or out of order.
        (target,) = self.prometheus.ask("targets")["activeTargets"]
        self.assertEqual((target["health"], target["lastError"]), ("up", ""))
        ((_, scraped),) = self.prometheus.query("scrape_samples_scraped")
        self.assertEqual(scraped, len(self.systemcheck.metrics().samples))
        self.assertNotIn("level=error", self.prometheus.log())
        self.assertNotIn("Error on ingesting", self.prometheus.log())

    def test_a_restart_between_two_scrapes_is_seen(self):
        self.start_prometheus()
        expression = 'systemcheck_service_restarts_total{service="standin",reason="down"}'
        wait_until(lambda: self.prometheus.query(f"{expression} == 0"), "the first scrape")
        self.kill(self.systemcheck.status()["services"][0]["main_pid"])
        wait_until(lambda: self.prometheus.query(f"{expression} == 1"), "the restart to be counted")
        self.systemcheck.wait_restarted("standin", 1)


if __name__ == "__main__":
    harness.main()
