#!/usr/bin/python3
"""Maintenance that nobody asks for by command: files that scripts make, and windows of the configuration. With the
real daemon, real files and stand-ins that tests can kill."""

import datetime
import json
import os

import harness
from harness import SystemTest
from standin import StandIn


class Holds(SystemTest):
    def setUp(self):
        super().setUp()
        self.holds = self.directory / "hold.d"

    def watched(self, *standins, wrapper=(), **config):
        """The daemon, with these services up and seen."""
        services = {one.name: one.settings() for one in standins}
        daemon = self.daemon({"services": services, "hold_directory": str(self.holds), **config}, wrapper=wrapper)
        for one in standins:
            daemon.wait_state(one.name, "up")
        return daemon

    def hold(self, name, text=""):
        """As a script does: whole from the first moment on."""
        self.holds.mkdir(mode=0o755, exist_ok=True)
        new = self.holds / f"{name}.tmp"
        new.write_text(text)
        new.rename(self.holds / name)

    def service(self, daemon, name="standin"):
        return next(one for one in daemon.status()["services"] if one["name"] == name)

    def wait_held(self, daemon, name="standin"):
        return daemon.wait_metrics(
            lambda m: m("systemcheck_service_held", service=name, by="maintenance") == 1, f"{name} to be held")

    def wait_free(self, daemon, name="standin"):
        return daemon.wait_metrics(
            lambda m: m("systemcheck_service_held", service=name, by="maintenance") == 0, f"{name} not to be held")

    def test_what_a_file_holds_stays_down_until_it_is_removed(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)  # There is no such directory yet.
        self.hold("standin", "for: 2h\nreason: moving the database\n")
        self.kill(first)
        metrics = daemon.wait_state("standin", "held")
        self.assertEqual(metrics("systemcheck_service_held", service="standin", by="maintenance"), 1)
        left = metrics("systemcheck_service_hold_remaining_seconds", service="standin", by="maintenance")
        self.assertTrue(7100 < left <= 7200, left)
        daemon.wait_cycles(2)
        self.assertEqual(standin.pids(), [])

        why = rf"by a hold file: moving the database \({self.holds}/standin\)"
        seen = self.service(daemon)
        self.assertEqual(seen["owner"], "maintenance")
        self.assertRegex(seen["reason"], rf"^maintenance until \S+Z, {why}$")
        self.assertEqual([(one["by"], one["origin"]) for one in seen["holds"]], [("maintenance", "file")])
        self.assertRegex(daemon.ctl("status").stdout, why)
        self.assertRegex(daemon.ctl("explain", "standin").stdout, rf"held by maintenance until \S+Z \(.*\), {why}")

        (self.holds / "standin").unlink()
        second = standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        self.assertEqual(self.service(daemon)["holds"], [])
        self.assertIn("standin: maintenance is over: no hold file holds it any more", daemon.log())
        self.assertEqual(standin.pids(), [second])

    def test_a_file_that_nobody_removes_ends_by_itself(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        self.hold("standin", "for: 4s\n")
        self.kill(first)
        daemon.wait_state("standin", "held")
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        daemon.logged(rf"hold file: {self.holds}/standin: its time is over; it holds nothing any more")

    def test_a_file_holds_over_a_restart_of_the_daemon_and_a_group(self):
        web, mail = StandIn(self, "web"), StandIn(self, "mail")
        pids = {one.name: one.start() for one in (web, mail)}
        daemon = self.watched(web, mail, groups={"shop": ["web"]})
        self.hold("shop", "for: 1h\n")
        self.wait_held(daemon, "web")
        self.assertEqual(daemon.stop(), 0)
        daemon = self.daemon(daemon.config)
        daemon.wait_state("web", "up")
        for pid in pids.values():
            self.kill(pid)
        mail.wait_pid(other_than=pids["mail"])
        daemon.wait_state("web", "held")
        daemon.wait_cycles(2)
        self.assertEqual(web.pids(), [])

    def test_release_says_which_file_still_holds(self):
        standin = StandIn(self)
        standin.start()
        daemon = self.watched(standin)
        self.hold("all")
        self.wait_held(daemon)
        result = daemon.ctl("release", "standin", "--json")
        self.assertEqual(result.returncode, 1, result.stderr)
        answer = json.loads(result.stdout)["services"][0]
        self.assertEqual(answer["result"], "not held")
        self.assertIn(f"by a hold file: {self.holds}/all", answer["detail"])

    def test_files_that_others_could_have_made_are_refused_aloud(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        self.hold("standin")
        self.wait_held(daemon)
        (self.holds / "standin").chmod(0o666)
        daemon.logged(rf"hold file: {self.holds}/standin can be written by others than its owner; it holds nothing")
        self.wait_free(daemon)
        (self.holds / "standin").unlink()
        (self.holds / "standin").symlink_to("/etc/passwd")
        daemon.logged(rf"hold file: {self.holds}/standin is a symbolic link; it holds nothing")
        (self.holds / "standin").unlink()
        if os.geteuid() == 0:
            self.hold("all")
            self.wait_held(daemon)
            os.chown(self.holds / "all", 65534, 65534)
            daemon.logged(rf"hold file: {self.holds}/all belongs to user 65534; it holds nothing")
            self.wait_free(daemon)
        self.holds.chmod(0o777)
        daemon.logged(rf"hold file: {self.holds} can be written by others than its owner; nothing in it is believed")
        self.holds.chmod(0o755)
        self.hold("standing")
        daemon.logged(rf"hold file: {self.holds}/standing: there is no service and no group of that name")
        daemon.wait_cycles(3)
        self.assertEqual(daemon.log().count("there is no service and no group"), 1)
        self.kill(first)
        standin.wait_pid(other_than=first)

    def test_where_the_directory_should_be_is_something_else(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        self.holds.write_text("")
        self.kill(first)
        daemon.wait_state("standin", "held")
        daemon.wait_cycles(2)
        self.assertEqual(standin.pids(), [])
        self.assertIn(f"the hold files could not be read: {self.holds} is no directory", self.service(daemon)["reason"])
        self.holds.unlink()
        standin.wait_pid(other_than=first)

    def test_a_window_is_by_local_time_and_stays_released(self):
        standin = StandIn(self)
        first = standin.start()
        east = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=13)))
        begun = east - datetime.timedelta(minutes=2)
        window = {"services": ["all"], "from": f"{begun:%H:%M}", "for": "1h", "reason": "backup"}
        daemon = self.watched(standin, wrapper=["env", "TZ=<+13>-13"], maintenance=[window])
        self.kill(first)
        daemon.wait_state("standin", "held")
        daemon.wait_cycles(2)
        self.assertEqual(standin.pids(), [])
        explained = daemon.ctl("explain", "standin").stdout
        self.assertRegex(explained, r"held by maintenance until \S+Z \(.*\), by a window of the configuration: backup")
        self.assertEqual(self.service(daemon)["holds"][0]["origin"], "window")

        result = daemon.ctl("release", "standin", "--json")
        self.assertEqual(json.loads(result.stdout)["services"][0]["result"], "given back")
        second = standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        self.assertEqual(daemon.stop(), 0)
        daemon = self.daemon(daemon.config, wrapper=["env", "TZ=<+13>-13"])
        daemon.wait_state("standin", "up")
        self.kill(second)
        standin.wait_pid(other_than=second)

        daemon.reload({"maintenance": [{**window, "for": "3h"}]})  # Another one, which ends later.
        self.wait_held(daemon)

    def test_a_window_of_another_time_zone_is_not_open(self):
        standin = StandIn(self)
        first = standin.start()
        east = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=13)))
        begun = east - datetime.timedelta(minutes=2)
        daemon = self.watched(standin, wrapper=["env", "TZ=UTC0"], maintenance=[
            {"services": ["all"], "from": f"{begun:%H:%M}", "for": "1h"}])
        self.kill(first)
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)


if __name__ == "__main__":
    harness.main()
