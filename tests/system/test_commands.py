#!/usr/bin/python3
"""People take a service over, and give it back, by command: with the real daemon, the real command line and
stand-ins that tests can kill."""

import json
import os
import shutil
import signal
import subprocess

import harness
from harness import SystemTest, is_alive, wait_until
from standin import FOR_EVER, SETSID, StandIn, lines


class Commands(SystemTest):
    def watched(self, *standins, config=None, **settings):
        """The daemon, with these services up and seen."""
        services = {one.name: one.settings(**settings) for one in standins}
        daemon = self.daemon({"services": services, **(config or {})})
        for one in standins:
            daemon.wait_state(one.name, "up")
        return daemon

    def again(self, daemon):
        """The same daemon anew, after it was killed."""
        daemon.signal(signal.SIGKILL)
        daemon.process.wait(timeout=harness.PATIENCE)
        return self.daemon({**daemon.config, "control_socket": str(daemon.directory / "control2.sock")})

    def ask(self, daemon, *words, code=0):
        """One command: its answer as JSON. The exit code must be this one."""
        socket = daemon.config["control_socket"]
        result = harness.run([harness.program("systemcheckctl"), "--socket", socket, *words, "--json"])
        self.assertEqual(result.returncode, code, f"{words}: {result.stdout}{result.stderr}\n{daemon.log()}")
        return json.loads(result.stdout) if result.stdout else result.stderr

    def one(self, daemon, *words, code=0):
        """The same of a single service."""
        services = self.ask(daemon, *words, code=code)["services"]
        self.assertEqual(len(services), 1)
        return services[0]

    def history(self, daemon, service):
        result = harness.run([harness.program("systemcheckctl"), "--socket", daemon.config["control_socket"],
                              "history", "--json", service])
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_a_death_in_maintenance_is_left_alone_until_its_end(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        answer = self.one(daemon, "maintenance", "standin", "--for", "4s", "--reason", "new disks")
        self.assertEqual(answer["result"], "in force")
        explained = daemon.ctl("explain", "standin").stdout
        self.assertIn("held by maintenance until ", explained)
        self.assertIn("asked for by root: new disks", explained)
        self.kill(first)
        metrics = daemon.wait_state("standin", "held")
        self.assertEqual(metrics("systemcheck_service_held", service="standin", by="maintenance"), 1)
        left = metrics("systemcheck_service_hold_remaining_seconds", service="standin", by="maintenance")
        self.assertTrue(0 < left <= 4, left)
        self.assertEqual(standin.pids(), [])
        reason = next(s for s in daemon.status()["services"] if s["name"] == "standin")["reason"]
        self.assertRegex(reason, r"^maintenance until \S+Z, asked for by root: new disks$")

        standin.wait_pid(other_than=first)
        metrics = daemon.wait_restarted("standin", 1)
        self.assertIsNone(metrics.get("systemcheck_service_hold_remaining_seconds", service="standin", by="maintenance"))

    def test_maintenance_outlives_a_daemon_that_is_killed(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        self.ask(daemon, "maintenance", "standin", "--for", "1h", "--reason", "new disks")
        daemon = self.again(daemon)  # At once: it was on disk when the answer came.
        daemon.wait_state("standin", "up")
        self.kill(first)
        daemon.wait_state("standin", "held")
        daemon.wait_cycles(2)
        self.assertEqual(standin.pids(), [])

        self.assertEqual(self.one(daemon, "release", "standin")["result"], "given back")
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        self.assertEqual(self.one(daemon, "release", "standin")["result"], "not held")
        told = [event["reason"] for event in self.history(daemon, "standin")["events"]]
        self.assertTrue(any("asked for by root: new disks" in reason for reason in told), told)
        self.assertIn("maintenance is over: given back by root", told)

    def test_what_is_stopped_stays_stopped_over_a_restart_of_the_daemon(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        answer = self.one(daemon, "stop", "standin")  # There is no stop command: its process is ended.
        self.assertEqual((answer["result"], answer["state"]), ("verified", "held"))
        self.assertFalse(is_alive(first))
        metrics = daemon.wait_state("standin", "held")
        self.assertEqual(metrics("systemcheck_service_held", service="standin", by="admin"), 1)

        daemon = self.again(daemon)
        daemon.wait_state("standin", "held")
        daemon.wait_cycles(2)
        self.assertEqual(standin.pids(), [])

        answer = self.one(daemon, "start", "standin")
        self.assertEqual((answer["result"], answer["state"]), ("verified", "up"))
        second = standin.wait_pid()
        self.assertEqual(self.one(daemon, "start", "standin")["result"], "needless")
        self.kill(second)
        standin.wait_pid(other_than=second)
        daemon.wait_restarted("standin", 1)
        told = [(one["verb"], one["asked_by"], one["owner"], one["result"])
                for one in self.history(daemon, "standin")["actions"]]
        self.assertEqual(told, [("start", "systemcheck", "systemcheck", "up"),
                                ("start", "root", "systemcheck", "up"), ("stop", "root", "admin", "gone")])

    def test_its_own_stop_command_is_used_and_its_result_seen(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin, stop=[standin.script("stop", f"kill {first}; exit 0")])
        self.assertEqual(self.one(daemon, "stop", "standin")["result"], "verified")
        self.assertFalse(is_alive(first))

    def test_a_stop_that_does_not_stop_is_told(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin, stop=["/bin/true"], stop_timeout="1s")
        answer = self.one(daemon, "stop", "standin", code=2)
        self.assertEqual((answer["result"], answer["detail"]), ("timed_out", f"process {first} still runs"))
        self.assertTrue(is_alive(first))

    def test_a_restart_is_told_when_another_process_is_seen(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        result = daemon.ctl("restart", "standin")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"^standin: restart: verified after [^:]+: it is up: 1 process\n$")
        second = standin.wait_pid()
        self.assertNotEqual(second, first)
        metrics = daemon.metrics()
        self.assertEqual(metrics("systemcheck_service_restarts_total", service="standin", reason="ordered"), 1)
        self.assertEqual(metrics("systemcheck_service_restarts_total", service="standin", reason="down"), 0)
        self.assertEqual(sum(metrics.by("systemcheck_service_deaths_total", "cause").values()), 0)

    def test_what_does_not_come_up_is_critical_with_the_reason(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin, start=[standin.script("start", "echo 'no licence' >&2; exit 3")])
        answer = self.one(daemon, "restart", "standin", code=2)
        self.assertEqual(answer["result"], "failed")
        self.assertIn("no licence", answer["detail"])
        self.assertFalse(is_alive(first))

    def test_what_lies_about_coming_up_is_critical(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin, start=["/bin/true"], start_timeout="1s")
        answer = self.one(daemon, "restart", "standin", code=2)
        self.assertEqual(answer["result"], "failed")
        self.assertIn("did not come up", answer["detail"])
        self.assertFalse(is_alive(first))

    def test_a_restart_command_that_leaves_the_old_process_is_critical(self):
        standin = StandIn(self)
        first = standin.start()
        settings = {"restart": ["/bin/true"], "start_timeout": "1s"}
        daemon = self.watched(standin, **settings)
        answer = self.one(daemon, "restart", "standin", code=2)
        self.assertEqual((answer["result"], answer["detail"]), ("failed", f"process {first} still runs as before"))
        self.assertEqual(standin.pids(), [first])

    def test_a_broken_configuration_is_not_restarted(self):
        standin = StandIn(self)
        first = standin.start()
        check = standin.script("check", "echo 'line 7 is wrong'; exit 1")
        daemon = self.watched(standin, pre_check=[check])
        answer = self.one(daemon, "restart", "standin", code=2)
        self.assertEqual(answer["result"], "refused")
        self.assertIn("line 7 is wrong", answer["detail"])
        self.assertEqual(standin.pids(), [first])
        self.assertEqual(answer["state"], "up")

    def test_a_person_need_not_wait_for_a_pause_of_ours(self):
        standin = StandIn(self)
        broken = self.directory / "broken"
        broken.touch()
        first = standin.start()
        start = standin.script("start", f"test -e {broken} && exit 1; exec {SETSID} --fork @EXE@ {FOR_EVER}")
        daemon = self.watched(standin, start=[start], config={"restart_policy": {"backoff": "1h", "backoff_max": "1h"}})
        self.kill(first)
        daemon.wait_state("standin", "waiting")
        broken.unlink()
        self.assertEqual(self.one(daemon, "clear", "standin")["result"], "cleared")
        second = standin.wait_pid(other_than=first)
        daemon.wait_state("standin", "up")
        broken.touch()
        self.kill(second)
        daemon.wait_state("standin", "waiting")
        broken.unlink()
        self.assertEqual(self.one(daemon, "restart", "standin")["result"], "verified")

    def test_a_group_goes_in_order_and_stops_in_reverse(self):
        trail = self.directory / "trail"
        database, web = StandIn(self, "database"), StandIn(self, "web")
        services = {}
        for one, after in ((web, ["database"]), (database, [])):
            start = one.script(f"start-{one.name}", f"echo start {one.name} >>{trail}; exec {SETSID} --fork @EXE@ {FOR_EVER}")
            stop = one.script(f"stop-{one.name}", f"echo stop {one.name} >>{trail}; pkill -f '^@EXE@ '; exit 0")
            services[one.name] = one.settings(start=[start], stop=[stop], after=after)
            one.start()
        daemon = self.daemon({"services": services, "groups": {"shop": ["web", "database"]}})
        daemon.wait_state("database", "up")
        daemon.wait_state("web", "up")
        for command in ("stop", "start"):
            answer = self.ask(daemon, command, "shop")
            self.assertEqual([one["result"] for one in answer["services"]], ["verified"] * 2, answer)
        self.assertEqual(lines(trail), ["stop web", "stop database", "start database", "start web"])
        self.assertEqual(self.ask(daemon, "stop", "all", code=3).count("too many"), 1)

        held = self.ask(daemon, "maintenance", "shop", "--for", "1h", "--reason", "move")
        self.assertEqual({one["name"] for one in held["services"]}, {"web", "database"})
        self.assertEqual(len(self.ask(daemon, "release", "all")["services"]), 2)

    def test_what_comes_after_a_failure_is_not_tried(self):
        database, web = StandIn(self, "database"), StandIn(self, "web")
        services = {"web": web.settings(after=["database"]), "database": database.settings(start=["/bin/false"])}
        database.start()
        pid = web.start()
        daemon = self.daemon({"services": services, "groups": {"shop": ["web", "database"]}})
        daemon.wait_state("database", "up")
        daemon.wait_state("web", "up")
        answer = self.ask(daemon, "restart", "shop", code=2)
        self.assertEqual([(one["name"], one["result"]) for one in answer["services"]],
                         [("database", "failed"), ("web", "skipped")])
        self.assertEqual(web.pids(), [pid])

    def test_what_is_only_observed_is_never_touched(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin, mode="observe")
        for command in ("stop", "restart", "start"):
            answer = self.one(daemon, command, "standin", code=2)
            self.assertEqual(answer["result"], "refused")
            self.assertIn("its mode is observe", answer["detail"])
        self.assertEqual(standin.pids(), [first])

    def test_the_kill_switch_is_above_people(self):
        standin = StandIn(self)
        first = standin.start()
        switch = self.directory / "off"
        daemon = self.watched(standin, config={"kill_switch": [str(switch)]})
        switch.touch()
        answer = self.one(daemon, "restart", "standin", code=2)
        self.assertEqual((answer["result"], answer["detail"]), ("refused", f"kill switch: {switch} exists"))
        switch.unlink()
        self.assertEqual(self.one(daemon, "restart", "standin")["result"], "verified")
        self.assertNotEqual(standin.pids(), [first])

    def test_somebody_else_is_refused_and_nothing_happens(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("only root can be somebody else")
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        os.chmod(daemon.directory, 0o755)
        other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for command in ("stop standin", "restart standin", "maintenance standin --for 1h --reason mine", "clear standin"):
            ask = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect('{daemon.socket_path}'); " \
                  f"s.sendall(b'{command}\\n'); print(b''.join(iter(lambda: s.recv(65536), b'')).decode())"
            result = harness.run([*other, "/usr/bin/python3", "-c", ask])
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(result.stdout), {"error": "only root and the group systemcheck may give orders"})
        self.assertEqual(standin.pids(), [first])
        self.assertEqual(daemon.status()["services"][0]["holds"], [])

    def test_mistakes_are_told_from_what_went_wrong(self):
        standin = StandIn(self)
        standin.start()
        daemon = self.watched(standin)
        self.assertIn("did you mean 'standin'?", self.ask(daemon, "restart", "standim", code=3))
        self.assertIn("is not from 1s to 7d",
                      self.ask(daemon, "maintenance", "standin", "--for", "8d", "--reason", "long", code=3))
        self.assertEqual(daemon.ctl("maintenance", "standin", "--for", "1h").returncode, 3)
        self.assertEqual(daemon.status()["services"][0]["holds"], [])

    def test_who_goes_away_does_not_undo_what_he_ordered(self):
        standin = StandIn(self)
        first = standin.start()
        gate = self.directory / "gate"
        start = standin.script("start", f"until test -e {gate}; do sleep 0.02; done; exec {SETSID} --fork @EXE@ {FOR_EVER}")
        daemon = self.watched(standin, start=[start])
        child = harness.popen([harness.program("systemcheckctl"), "--socket", daemon.socket_path, "restart", "standin"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: not is_alive(first), "the old one to be ended")
        self.assertIn("an order for it is in flight", self.one(daemon, "stop", "standin", code=2)["detail"])
        child.kill()
        child.wait()
        harness._own_children.discard(child.pid)
        gate.touch()
        standin.wait_pid(other_than=first)
        daemon.wait_state("standin", "up")
        daemon.logged("the restart ordered by root: verified")

    def test_a_stopped_service_that_somebody_starts_is_ours_again(self):
        standin = StandIn(self)
        standin.start()
        daemon = self.watched(standin)
        self.ask(daemon, "stop", "standin")
        second = standin.start()
        daemon.wait_metrics(
            lambda m: m.state("standin") == "up" and m("systemcheck_service_held", service="standin", by="admin") == 0,
            "it to be ours again")
        self.kill(second)
        standin.wait_pid(other_than=second)
        daemon.wait_restarted("standin", 1)


if __name__ == "__main__":
    harness.main()
