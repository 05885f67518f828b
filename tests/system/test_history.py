#!/usr/bin/python3
"""What was done is written down, whatever happens to the daemon or to its disk; and no disk keeps a dead
service from coming back."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess

import harness
from harness import SystemTest, wait_until
from standin import FOR_EVER, StandIn


class History(SystemTest):
    def watched(self, standin, **config):
        daemon = self.daemon({"services": {"standin": standin.settings()}, **config})
        daemon.wait_state("standin", "up")
        return daemon

    def again(self, daemon, **config):
        """Another daemon on the state directory of this one."""
        state = daemon.config["state_directory"]
        return self.daemon({**{key: daemon.config[key] for key in ("services", "cycle")}, "state_directory": state,
                            **config})

    def history(self, daemon, *args):
        result = daemon.ctl("history", "--json", *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def crash(self, daemon):
        daemon.signal(signal.SIGKILL)
        daemon.process.wait(timeout=harness.PATIENCE)

    def test_a_restart_is_told_from_its_reason_to_its_end(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        self.kill(first)
        second = standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)

        told = wait_until(
            lambda: [a for a in self.history(daemon, "standin")["actions"] if a["result"] == "up"], "the verdict")[0]
        self.assertEqual((told["verb"], told["mode"], told["outcome"]), ("start", "act", "succeeded"))
        self.assertEqual(told["old_identity"].split(":")[0], str(first))
        self.assertEqual(told["new_identity"].split(":")[0], str(second))
        self.assertFalse(told["late"])
        self.assertIn("reason", told)
        words = [e["to"] for e in self.history(daemon, "standin")["events"]]
        self.assertEqual(words[0], "up")
        self.assertIn("restarting", words)

        explained = daemon.ctl("explain", "standin")
        self.assertEqual(explained.returncode, 0, explained.stderr)
        self.assertIn("standin: up since", explained.stdout)
        self.assertEqual(daemon.ctl("explain", "nobody").returncode, 3)
        metrics = daemon.metrics()
        self.assertEqual(metrics("systemcheck_history_ok"), 1)
        self.assertEqual(metrics("systemcheck_history_dropped_total"), 0)
        mode = os.stat(daemon.directory / "state" / "state.db").st_mode
        self.assertEqual(mode & 0o777, 0o640)

    def test_an_action_that_the_daemon_did_not_survive_is_unfinished(self):
        standin = StandIn(self)
        settings = standin.settings(start_timeout="60s")
        settings["start"] = [standin.script("hang", f"echo $$ >{self.directory}/pid; exec /usr/bin/sleep {FOR_EVER}")]
        first = standin.start()
        daemon = self.daemon({"services": {"standin": settings}})
        daemon.wait_state("standin", "up")
        self.kill(first)
        wait_until(lambda: harness.read_pid(self.directory / "pid"), "the command to run")
        self.crash(daemon)

        daemon = self.again(daemon)
        actions = self.history(daemon, "standin")["actions"]
        # The newer daemon may have begun to try again already.
        self.assertEqual(actions[-1]["result"], "unfinished", actions)
        self.assertEqual([e["to"] for e in self.history(daemon)["events"]].count("started"), 2)

    def test_the_pause_goes_on_when_the_daemon_is_restarted(self):
        standin = StandIn(self)
        settings = {**standin.settings(), "start": ["/bin/false"]}
        first = standin.start()
        daemon = self.daemon({"services": {"standin": settings}, "restart_policy": {"backoff": "1h", "backoff_max": "1h"}})
        daemon.wait_state("standin", "up")
        self.kill(first)
        daemon.wait_state("standin", "waiting")
        self.crash(daemon)

        daemon = self.again(daemon, restart_policy={"backoff": "1h", "backoff_max": "1h"})
        metrics = daemon.wait_state("standin", "waiting")
        self.assertGreater(metrics("systemcheck_service_restart_backoff_seconds", service="standin"), 600)
        metrics = daemon.wait_cycles(3)
        self.assertEqual(metrics("systemcheck_service_restarts_total", service="standin", reason="down"), 0)

    def test_a_locked_database_delays_nothing_and_gets_everything_in_the_end(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        other = sqlite3.connect(daemon.directory / "state" / "state.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        self.kill(first)
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        daemon.wait_metrics(lambda m: m("systemcheck_history_write_errors_total") > 0, "the failure to be counted")
        other.execute("COMMIT")
        other.close()
        daemon.wait_metrics(lambda m: m("systemcheck_history_ok") == 1, "the history to recover")
        action = self.history(daemon, "standin")["actions"][0]
        self.assertEqual((action["result"], action["late"]), ("up", True))
        self.assertEqual(daemon.log().count("it is kept in memory"), 1)

    def test_a_damaged_database_is_moved_aside(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        state = daemon.directory / "state"
        self.assertEqual(daemon.stop(), 0)
        for path in state.glob("state.db-*"):
            path.unlink()
        (state / "state.db").write_bytes(b"garbage " * 4096)

        daemon = self.again(daemon)
        daemon.wait_state("standin", "up")
        self.kill(first)
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        self.assertEqual(len(list(state.glob("state.db.corrupt-*"))), 1)
        self.assertIn("was damaged", daemon.log())
        self.assertEqual(len(self.history(daemon, "standin")["actions"]), 1)

    def restarted(self, daemon, standin, pid, times):
        """Killed and back again, so that there is something to write."""
        self.kill(pid)
        pid = standin.wait_pid(other_than=pid)
        daemon.wait_restarted("standin", times)
        return pid

    def test_a_database_that_is_deleted_under_it_is_begun_anew(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        database = daemon.directory / "state" / "state.db"
        for path in database.parent.glob("state.db*"):
            path.unlink()
        second = self.restarted(daemon, standin, first, 1)
        wait_until(lambda: database.exists(), "a new file")
        self.restarted(daemon, standin, second, 2)
        self.assertEqual(daemon.log().count("was removed or unmounted; a new one was begun"), 1, daemon.log())
        self.assertEqual(len(self.history(daemon, "standin")["actions"]), 2)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(daemon.log().count("state.db"), 1, daemon.log())
        with sqlite3.connect(database) as file:
            self.assertEqual(file.execute("SELECT count(*) FROM actions").fetchone(), (2,))
            # What must outlive the daemon was written anew.
            self.assertEqual(file.execute("SELECT key FROM memos ORDER BY key").fetchall(),
                             [("host_guard",), ("restart/standin",)])

    def test_a_directory_that_is_unmounted_under_it_costs_only_what_was_in_it(self):
        disk = self.directory / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=False,
                                 capture_output=True)
        if mounted.returncode != 0 or harness.OWN_TABLE not in os.environ:
            self.skipTest("no file system of its own can be mounted here")
        standin = StandIn(self)
        pid = standin.start()
        daemon = self.watched(standin, state_directory=str(disk))
        pid = self.restarted(daemon, standin, pid, 1)
        subprocess.run(["umount", "-l", disk], check=True)
        self.restarted(daemon, standin, pid, 2)
        wait_until(lambda: (disk / "state.db").exists(), "a file where the disk was")
        wait_until(lambda: [a["result"] for a in self.history(daemon, "standin")["actions"]] == ["up"],
                   "the history of what came after")
        self.assertEqual(daemon.metrics()("systemcheck_history_ok"), 1)
        self.assertEqual(daemon.log().count("was removed or unmounted; a new one was begun"), 1, daemon.log())

    def test_a_full_disk_delays_nothing_and_gets_everything_when_there_is_room(self):
        disk = self.directory / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], check=False,
                                 capture_output=True)
        if mounted.returncode != 0 or harness.OWN_TABLE not in os.environ:
            self.skipTest("no file system of its own can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin, state_directory=str(disk))
        filler = disk / "filler"
        with open(filler, "wb") as out:
            try:
                while True:
                    os.write(out.fileno(), b"x" * 4096)
            except OSError:
                pass
        pid = first
        # What is left in the log's last page may take a record or two.
        for times in range(1, 4):
            self.kill(pid)
            pid = standin.wait_pid(other_than=pid)
            daemon.wait_restarted("standin", times, seconds=60)
        daemon.wait_metrics(lambda m: m("systemcheck_history_ok") == 0, "the full disk to be noticed")
        self.assertEqual(self.history(daemon, "standin")["actions"][0]["result"], "up")
        filler.unlink()
        daemon.wait_metrics(lambda m: m("systemcheck_history_ok") == 1, "the history to recover", 90)
        self.assertEqual(len(self.history(daemon, "standin")["actions"]), 3)

    def test_it_starts_and_acts_where_nothing_can_be_written(self):
        standin = StandIn(self)
        first = standin.start()
        nowhere = self.directory / "file"
        nowhere.write_text("no directory")
        daemon = self.watched(standin, state_directory=str(nowhere / "state"))
        self.kill(first)
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        self.assertEqual(daemon.metrics()("systemcheck_history_ok"), 0)
        self.assertEqual(len(self.history(daemon, "standin")["actions"]), 1)

    def test_command_lines_and_output_are_for_root_and_the_group_only(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("only root can be somebody else")
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        os.chmod(daemon.directory, 0o755)
        self.kill(first)
        daemon.wait_restarted("standin", 1)
        self.assertIn("command", self.history(daemon, "standin")["actions"][0])
        ask = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect('{daemon.socket_path}'); " \
              "s.sendall(b'history\\n'); print(b''.join(iter(lambda: s.recv(65536), b'')).decode())"
        result = harness.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", ask])
        self.assertEqual(result.returncode, 0, result.stderr)
        action = json.loads(result.stdout)["actions"][0]
        self.assertEqual(action["service"], "standin")
        self.assertNotIn("command", action)
        self.assertNotIn("output", action)


if __name__ == "__main__":
    harness.main()
