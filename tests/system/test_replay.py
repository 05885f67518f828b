#!/usr/bin/python3
"""The history of a real daemon, decided upon again: by the same configuration as it was, by another one as that
would have it; while the daemon writes it, and from a copy."""

import contextlib
import json
import shutil
import sqlite3

import harness
from harness import SystemTest, wait_until
from standin import StandIn


class Replay(SystemTest):
    def replay(self, daemon, *args, config=None):
        path = daemon.config_path
        if config is not None:
            path = self.directory / "other.yaml"
            harness.write_config(path, {**daemon.config, **config})
        return harness.run([harness.program("systemcheckctl"), "replay", "--config", path, *args])

    def recorded(self, daemon, state, times):
        """Waits until it is on disk that the service was in that state so often."""
        database = daemon.directory / "state" / "state.db"

        def look():
            with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
                texts = [row[0] for row in file.execute("SELECT text FROM situations WHERE service = 'standin'")]
            return [t["then"]["state"] for t in map(json.loads, texts) if "then" in t].count(state) >= times

        wait_until(look, f"{times} situations that ended in {state}")

    def test_by_the_same_configuration_all_is_decided_as_it_was(self):
        standin = StandIn(self)
        pid = standin.start()
        daemon = self.daemon({"services": {"standin": standin.settings()}, "restart_policy": {"backoff": "100ms"}})
        daemon.wait_state("standin", "up")
        for times in range(1, 6):
            self.kill(pid)
            pid = standin.wait_pid(other_than=pid)
            daemon.wait_restarted("standin", times)
        daemon.reload({"cycle": "2s"})
        daemon.logged("the new configuration is in force")
        daemon.wait_cycles(1)
        result = self.replay(daemon)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("restarts: 5 then, 5 now", result.stdout)
        self.assertIn("All is decided as it was then.", result.stdout)

    def test_another_configuration_decides_otherwise_and_nothing_is_touched(self):
        standin = StandIn(self)
        pid = standin.start()
        daemon = self.daemon({"services": {"standin": standin.settings()}})
        daemon.wait_state("standin", "up")
        self.kill(pid)
        pid = standin.wait_pid(other_than=pid)
        daemon.wait_restarted("standin", 1)
        self.recorded(daemon, "up", 2)
        observing = {"services": {"standin": standin.settings(mode="observe")}}
        result = self.replay(daemon, "--json", config=observing)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        document = json.loads(result.stdout)
        self.assertEqual((document["then"]["restarts"], document["now"]["restarts"]), (1, 0))
        self.assertEqual(document["now"]["withheld"], {"observe": 1})
        self.assertEqual(standin.pids(), [pid], "a replay is only told")
        differences = self.replay(daemon, "--differences", config=observing).stdout
        self.assertIn("withheld: observe", differences)

        self.assertEqual(daemon.stop(), 0)
        copy = self.directory / "copy.db"
        shutil.copy(daemon.directory / "state" / "state.db", copy)
        equal = self.replay(daemon, "--database", copy)
        self.assertEqual(equal.returncode, 0, equal.stdout + equal.stderr)
        self.assertEqual(self.replay(daemon, "--database", copy, config=observing).returncode, 1)
        self.assertEqual([p.name for p in self.directory.glob("copy.db*")], ["copy.db"])

    def test_a_daemon_that_was_killed_and_its_successor_are_replayed_one_after_the_other(self):
        standin = StandIn(self)
        settings = {**standin.settings(), "start": ["/bin/false"]}
        policy = {"backoff": "100ms", "backoff_max": "300ms"}
        pid = standin.start()
        daemon = self.daemon({"services": {"standin": settings}, "restart_policy": policy})
        daemon.wait_state("standin", "up")
        self.kill(pid)
        daemon.wait_metrics(
            lambda m: m("systemcheck_service_restarts_total", service="standin", reason="down") >= 3, "some attempts")
        daemon.signal(harness.signal.SIGKILL)
        daemon.process.wait(timeout=harness.PATIENCE)
        again = self.daemon({**{key: daemon.config[key] for key in ("services", "cycle", "state_directory")},
                             "restart_policy": policy})
        again.wait_metrics(
            lambda m: m("systemcheck_service_restarts_total", service="standin", reason="down") >= 2, "some more")
        self.assertEqual(again.stop(), 0)
        result = self.replay(daemon, "standin")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_what_cannot_be_replayed_is_said(self):
        daemon = self.daemon({"services": {}})
        self.assertEqual(daemon.stop(), 0)
        missing = self.replay(daemon, "--state-directory", self.directory / "nowhere")
        self.assertEqual(missing.returncode, 3)
        self.assertIn("there is no such file", missing.stderr)
        nobody = self.replay(daemon, "nobody")
        self.assertEqual(nobody.returncode, 3)
        self.assertIn("nothing is recorded of a service nobody", nobody.stderr)
        both = self.replay(daemon, "--state-directory", "/a", "--database", "/b")
        self.assertEqual(both.returncode, 3)


if __name__ == "__main__":
    harness.main()
