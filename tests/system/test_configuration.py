#!/usr/bin/python3
"""The configuration as people meet it: exit codes, messages, reload."""

import harness
from harness import SystemTest, program, run, write_config
from standin import StandIn


class Configuration(SystemTest):
    def check(self, text, *args):
        """systemcheckd --check-config on this text."""
        path = self.directory / "systemcheck.yaml"
        write_config(path, text)
        return run([program("systemcheckd"), "--config", path, *(args or ["--check-config"])])

    def test_a_good_file_is_accepted(self):
        result = self.check("cycle: 30s\nservices:\n  httpd: {preset: httpd, mode: act}\n")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_an_empty_file_is_accepted(self):
        result = self.check("")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_misspelt_key_is_refused_at_its_place_with_the_likely_one(self):
        result = self.check("cycle: 30s\nlaod: {warn_per_cpu: 2}\n")
        self.assertNotIn(result.returncode, (0, -11))
        self.assertIn("systemcheck.yaml:2:1:", result.stderr)
        self.assertIn("laod", result.stderr)
        self.assertIn("load", result.stderr.replace("laod", ""))

    def test_all_problems_are_told_at_once(self):
        result = self.check("cycle: soon\nmode: perhaps\nservices:\n  x: {mode: act, match: {}}\n")
        self.assertNotIn(result.returncode, (0, -11))
        for line in ("systemcheck.yaml:1:", "systemcheck.yaml:2:", "systemcheck.yaml:4:"):
            self.assertIn(line, result.stderr)

    def test_what_is_no_yaml_is_refused_at_its_place(self):
        result = self.check("services: [\n")
        self.assertNotIn(result.returncode, (0, -11))
        self.assertRegex(result.stderr, r"systemcheck\.yaml:\d+:\d+:")

    def test_a_file_that_is_not_there_is_refused(self):
        missing = str(self.directory / "nowhere.yaml")
        result = run([program("systemcheckd"), "--config", missing, "--check-config"])
        self.assertNotIn(result.returncode, (0, -11))
        self.assertIn(missing, result.stderr)

    def test_the_daemon_does_not_start_on_a_bad_file(self):
        result = self.check("cycle: never\n", "--state-directory", str(self.directory / "state"))
        self.assertNotIn(result.returncode, (0, -11))
        self.assertIn("systemcheck.yaml:1:", result.stderr)
        self.assertNotIn("listening", result.stderr)

    def test_what_is_printed_means_the_same(self):
        text = "cycle: 17s\nmode: act\nservices:\n  httpd: {preset: httpd, start_timeout: 1m}\n"
        printed = self.check(text, "--print-config")
        self.assertEqual(printed.returncode, 0, printed.stderr)
        again = self.check(printed.stdout, "--print-config")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(again.stdout, printed.stdout)
        self.assertIn("17s", printed.stdout)


class Reload(SystemTest):
    def test_a_bad_file_keeps_what_was(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.daemon({"services": {"standin": standin.settings()}})
        before = daemon.wait_state("standin", "up")
        self.assertEqual(before("systemcheck_config_last_reload_successful"), 1)

        daemon.reload(text="services: {standin: {nonsense: 1}}\n")

        after = daemon.wait_metrics(
            lambda m: m("systemcheck_config_last_reload_successful") == 0, "the failed reload to show")
        self.assertEqual(after("systemcheck_config_hash"), before("systemcheck_config_hash"))
        self.assertIn("nonsense", daemon.log())
        # It still does its work, by the old file.
        self.kill(first)
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)

    def test_a_good_file_adds_a_service_and_keeps_what_is_known_of_others(self):
        old, new = StandIn(self, "old"), StandIn(self, "new")
        first = old.start()
        new_first = new.start()
        daemon = self.daemon({"services": {"old": old.settings()}})
        daemon.wait_state("old", "up")
        self.kill(first)
        old.wait_pid(other_than=first)
        before = daemon.wait_restarted("old", 1)
        self.assertNotIn("new", before.by("systemcheck_service_up", "service"))

        daemon.reload({"services": {"old": old.settings(), "new": new.settings()}})

        after = daemon.wait_metrics(
            lambda m: m.get("systemcheck_service_up", service="new") == 1, "the new service to be up")
        self.assertEqual(after("systemcheck_config_last_reload_successful"), 1)
        self.assertNotEqual(after("systemcheck_config_hash"), before("systemcheck_config_hash"))
        self.assertEqual(after("systemcheck_service_restarts_total", service="old", reason="down"), 1)
        self.kill(new_first)
        new.wait_pid(other_than=new_first)
        daemon.wait_restarted("new", 1)

    def test_a_repaired_file_says_so(self):
        daemon = self.daemon({})
        daemon.reload(text="[")
        daemon.wait_metrics(lambda m: m("systemcheck_config_last_reload_successful") == 0, "the failure")
        daemon.reload(daemon.config)
        daemon.wait_metrics(lambda m: m("systemcheck_config_last_reload_successful") == 1, "the success")

    def test_a_service_that_is_taken_out_is_let_go(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.daemon({"services": {"standin": standin.settings()}})
        daemon.wait_state("standin", "up")
        daemon.reload({"services": {}})
        daemon.wait_metrics(lambda m: not m.family("systemcheck_service_up"), "the service to be gone from the metrics")
        self.kill(first)
        daemon.wait_cycles(2)
        self.assertEqual(standin.pids(), [])


class CommandLine(SystemTest):
    def test_status_says_what_the_metrics_say(self):
        standin = StandIn(self)
        pid = standin.start()
        daemon = self.daemon({"services": {"standin": standin.settings()}})
        daemon.wait_state("standin", "up")
        status = daemon.status()
        (service,) = status["services"]
        self.assertEqual(service["name"], "standin")
        self.assertEqual(service["state"], "up")
        self.assertEqual(service["main_pid"], pid)
        self.assertNotIn(str(standin.executable), str(status), "command lines and paths of processes stay private")

    def test_status_for_people_names_every_service(self):
        standin = StandIn(self)
        standin.start()
        daemon = self.daemon({"services": {"standin": standin.settings()}})
        daemon.wait_state("standin", "up")
        result = daemon.ctl("status")
        self.assertIn(result.returncode, (0, 1, 2), result.stderr)
        self.assertRegex(result.stdout, r"standin\s.*up|up\s.*standin")

    def test_without_a_daemon_it_says_so(self):
        result = run([program("systemcheckctl"), "--socket", self.directory / "none.sock", "status"])
        self.assertEqual(result.returncode, 3, "unknown, as monitoring plugins say it")
        self.assertIn("none.sock", result.stderr)


if __name__ == "__main__":
    harness.main()
