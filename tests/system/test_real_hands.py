#!/usr/bin/python3
"""Debian's real daemons side by side, in other hands: stopped by a person, exchanged by a package manager.
Nobody is interfered with, nothing is started twice, and the history tells who did what."""

import pathlib
import subprocess

import harness
import real_programs
from harness import wait_until
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
        self.run_ok(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", where])
        self.addCleanup(subprocess.run, ["umount", "-l", where], check=False)


class StoppedByHand(Situation):
    def setUp(self):
        super().setUp()
        if not harness.does_kernel_tell_ends():
            self.skipTest("this kernel does not tell how a process ended that is somebody else's child")

    def test_it_gets_its_grace_and_is_then_brought_back(self):
        self.begin(*real_programs.ALL, restart_policy={"grace": "3s"})
        self.note_beginning(*self.programs)
        for program in self.programs.values():
            program.stop()
        for name in self.programs:
            self.watcher.wait_state(name, "suspect")
            self.assertIn("left alone for a moment", self.watcher.ctl("explain", name).stdout)
            self.assertEqual(self.actions(name), [])
        # One of them was only to read its configuration anew.
        first = self.programs.pop("sendmail")
        first.start()
        for name in self.programs:
            new = self.wait_back(name)
            self.assert_told(name, new, "start", "exit status 0|signal 15")
            self.assert_one_copy(name)
            self.assertGreaterEqual(self.actions(name)[0]["downtime_seconds"], 3)
        self.watcher.wait_state("sendmail", "up")
        self.assertEqual(self.actions("sendmail"), [])
        self.assertEqual([event["to"] for event in self.events("sendmail")], ["up", "suspect", "up"])


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


if __name__ == "__main__":
    harness.main()
