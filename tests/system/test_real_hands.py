#!/usr/bin/python3
"""Debian's real daemons side by side, in other hands: stopped by a person, exchanged by a package manager, and on a
disk that is full. Nobody is interfered with, nothing is started twice, and the history tells who did what."""

import pathlib
import subprocess

import harness
import real_programs
from harness import wait_until
from real_programs import Apache
from situations import Situation

# Holds dpkg's locks as apt does, until its standard input ends.
APT = """
import fcntl, sys
files = [open(path, "w") for path in ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock")]
for file in files:
    fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


class OwnDisk(Situation):
    """File systems of the test's own, gone with it."""

    def mount(self, where, size):
        where.mkdir(exist_ok=True)
        self.run_ok(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", where])
        self.addCleanup(subprocess.run, ["umount", "-l", where], check=False)


class StoppedByHand(Situation):
    def setUp(self):
        super().setUp()
        if not harness.does_kernel_tell_ends():
            self.skipTest("this kernel does not tell how a process ended that is somebody else's child")

    def test_it_gets_its_grace_and_is_then_brought_back(self):
        """But for one that is in maintenance, and one that somebody starts again himself."""
        self.begin(*real_programs.ALL, restart_policy={"grace": "4s"})
        held = self.watcher.ctl("maintenance", "bind", "--for", "2h", "--reason", "new zones")
        self.assertEqual(held.returncode, 0, held.stderr)
        self.note_beginning(*self.programs)
        for name, program in self.programs.items():
            program.stop()
            # Only to have its configuration read anew.
            if name == "sendmail":
                program.start()
        brought_back = [name for name in self.programs if name not in ("sendmail", "bind")]
        for name in brought_back:
            new = self.wait_back(name)
            self.assert_told(name, new, "start", "exit status 0|SIGTERM")
            self.assert_one_copy(name)
            self.assertGreaterEqual(self.actions(name)[0]["downtime_seconds"], 4)
            suspect = next(event for event in self.events(name) if event["to"] == "suspect")
            self.assertIn("left alone for a moment", suspect["reason"])
        self.watcher.wait_state("sendmail", "up")
        self.assertEqual(self.actions("sendmail"), [])
        self.assert_one_copy("sendmail")
        self.in_maintenance_until_its_end("bind")

    def in_maintenance_until_its_end(self, name):
        self.assertEqual(self.watcher.metrics().state(name), "held")
        self.assertIn("owner maintenance", self.watcher.ctl("explain", name).stdout)
        self.assertEqual(self.actions(name), [])
        self.assertEqual(self.programs[name].pids(), [])
        self.assertEqual(self.watcher.ctl("release", name).returncode, 0)
        self.assert_told(name, self.wait_back(name), "start", "exit status 0|SIGTERM|not running")


class Upgraded(OwnDisk):
    def setUp(self):
        super().setUp()
        # The machine's own packages are nobody's business here.
        self.mount(pathlib.Path("/var/lib/dpkg"), "1m")

    def test_the_maintainer_scripts_stop_and_start_them(self):
        self.begin(*real_programs.ALL)
        apt = self.spawn(["/usr/bin/python3", "-c", APT], subprocess.PIPE, stdin=subprocess.PIPE)
        self.assertEqual(apt.stdout.readline(), b"locked\n")
        self.note_beginning(*self.programs)
        for program in self.programs.values():
            program.stop()
        for name in self.programs:
            self.watcher.wait_state(name, "held")
            self.assertIn("owner upgrade", self.watcher.ctl("explain", name).stdout)
        self.watcher.wait_cycles(2)
        self.assertEqual([program.pids() for program in self.programs.values()], [[]] * len(self.programs))

        # Only the script of proftpd forgets to start it.
        forgotten = self.programs.pop("proftpd")
        started = {name: harness.identity(program.start()) for name, program in self.programs.items()}
        for name in self.programs:
            self.watcher.wait_state(name, "up")
        self.assertEqual(self.watcher.metrics().state("proftpd"), "held")
        apt.stdin.close()
        apt.wait(timeout=harness.PATIENCE)

        self.programs["proftpd"] = forgotten
        self.assert_told("proftpd", self.wait_back("proftpd"), "start", "not running|exit status")
        del self.programs["proftpd"]
        self.watcher.wait_cycles(2)
        for name, program in self.programs.items():
            self.assertEqual(harness.identity(program.main()), started[name], f"another {name}\n{self.watcher.log()}")
            self.assert_one_copy(name)
            self.assertEqual(self.actions(name), [])
            held = [event for event in self.events(name) if event["to"] == "held"]
            self.assertEqual([event["owner"] for event in held], ["upgrade"])
            self.assertRegex(held[0]["reason"], rf"\(process {apt.pid}\) is changing packages")
        self.and_then_they_are_ours_again("bind")

    def and_then_they_are_ours_again(self, name):
        self.trees[name] = self.programs[name].tree()
        self.note_beginning(name)
        self.kill(self.main_of(name)[0])
        self.assert_told(name, self.wait_back(name), "start", "not running|signal 9")


class OnAFullDisk(OwnDisk):
    def test_they_come_back_and_the_history_is_complete_when_there_is_room(self):
        """Their logs and our state directory are on one disk."""
        disk = self.directory / "disk"
        self.mount(disk, "1m")
        self.log_directory = disk
        state = disk / "state"
        state.mkdir(mode=0o700)
        self.begin(*real_programs.ALL, state_directory=str(state))
        filler = disk / "filler"
        self.fill(filler)
        for times in (1, 2, 3):
            for name, program in self.programs.items():
                self.kill(program.main())
            for name, program in self.programs.items():
                self.watcher.wait_restarted(name, times)
        # All but the log, whose work it is to write there.
        for name in self.programs.keys() - {"syslog"}:
            self.assertTrue(self.programs[name].answers(), name)
        self.watcher.wait_metrics(lambda m: m("systemcheck_history_ok") == 0, "the full disk to be noticed")
        self.assertEqual(self.watcher.log().count("it is kept in memory"), 1)
        self.assert_all_told()

        filler.unlink()
        metrics = self.watcher.wait_metrics(lambda m: m("systemcheck_history_ok") == 1, "the history to recover", 90)
        self.assertEqual(metrics("systemcheck_history_dropped_total"), 0)
        wait_until(self.programs["syslog"].answers, "the log to be written again")
        self.assertEqual(self.watcher.stop(), 0)
        self.watcher = self.daemon({key: self.watcher.config[key] for key in ("services", "state_directory")})
        self.assert_all_told()

    def assert_all_told(self):
        for name in self.programs:
            told = [(action["verb"], action["attempt"], action["result"]) for action in self.actions(name)]
            self.assertEqual(told, [("start", 1, "up"), ("start", 2, "up"), ("start", 3, "up")], name)

    @staticmethod
    def fill(path):
        with open(path, "wb", buffering=0) as out:
            try:
                while True:
                    out.write(b"x" * 4096)
            except OSError:
                pass


if __name__ == "__main__":
    harness.main()
