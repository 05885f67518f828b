#!/usr/bin/python3
"""Debian's real daemons side by side: killed, hung, and dying again and again. Each is brought back, and the history
tells what happened."""

import signal

import harness
import real_programs
from real_programs import Apache
from situations import ASKED, Situation

KILLED = "SIGKILL" if harness.does_kernel_tell_ends() else "not running|has just ended"


class Killed(Situation):
    def test_all_of_them_at_once(self):
        """kill -9 of the main processes: the orphans of some live on, hold the port and even answer."""
        self.begin(*real_programs.ALL)
        self.note_beginning(*self.programs)
        for name in self.programs:
            self.kill(self.main_of(name)[0])
        for name in self.programs:
            new = self.wait_back(name)
            self.assert_told(name, new, "start", KILLED)
            self.assert_old_ones_are_gone(name)
            self.assert_one_copy(name)
            self.assert_deaths(name, 1)


class Hung(Situation):
    def settings(self, program):
        # All at once: with "after" each would wait for the log and the name server.
        return program.preset_settings(
            after=[], stop_timeout="1s", probes=[{**question, **ASKED} for question in program.questions])

    def test_all_of_them_at_once(self):
        """SIGSTOP: the processes are there and the ports are open, but nothing answers and no log grows."""
        self.begin(*real_programs.ALL)
        self.watcher.wait_metrics(
            lambda m: set(m.family("systemcheck_probe_success").values()) == {1}, "all of them to have answered once")
        self.note_beginning(*self.programs)
        self.signal(signal.SIGSTOP, *self.programs)
        for name, program in self.programs.items():
            new = self.wait_back(name)
            asked = "|".join(next(iter(question)) for question in program.questions)
            self.assert_told(name, new, "restart", rf"^({asked}) ")
            self.assert_deaths(name, 0)
            self.assert_old_ones_are_gone(name)
            self.assert_one_copy(name)


def by_script(kind):
    """Started by somebody's script, in which a time limit may be left over from a trial."""

    class ByScript(kind):
        def configure(self):
            super().configure()
            self.bare_argv = self.start_argv
            # Not in its directory: that is its user's, who could replace what is run.
            self.script = self.test.directory / f"start-{self.preset}"
            self.script.touch(mode=0o755)
            self.start_argv = [str(self.script)]
            self.mend()

        def spoil(self):
            self.write_script("/usr/bin/setsid --fork /usr/bin/timeout --signal=KILL 1", self.in_foreground)

        def mend(self):
            self.write_script("")

        def write_script(self, before, after=""):
            self.script.write_text(f"#!/bin/sh\nexec {before} {' '.join(self.bare_argv)} {after}\n")

    ByScript.__name__ = f"{kind.__name__}ByScript"  # Its directory is called so.
    return ByScript


class Flapping(Situation):
    def test_all_of_them_die_again_and_again_until_they_are_mended(self):
        """One for its configuration, and all look well for a moment each time."""
        others = [by_script(kind) for kind in real_programs.ALL if kind is not Apache]
        self.begin(Apache, *others, restart_policy={
            "backoff": "1s", "backoff_max": "4s", "grace": "200ms", "flapping": {"deaths": 3, "per": "30s"}})
        for name, program in self.programs.items():
            program.spoil()
            program.stop()
        for name in self.programs:
            self.watcher.wait_state(name, "flapping")
            self.tells_of_flapping(name)
        for program in self.programs.values():
            program.mend()
        for name, program in self.programs.items():
            self.watcher.wait_state(name, "up", seconds=90)
            self.assertTrue(program.answers())
            self.assert_one_copy(name)
            self.assertEqual(self.events(name)[-1]["from"], "flapping")
            self.assertEqual(self.actions(name)[-1]["result"], "up")

    def tells_of_flapping(self, name):
        """Attempts that grow rarer up to the longest pause, each told with its number."""
        metrics = self.watcher.wait_metrics(
            lambda m: m("systemcheck_restarts_suppressed_total", service=name, reason="flapping") >= 1
            and m("systemcheck_service_at_cap", service=name) == 1, f"{name} to be slowed down to the cap", 60)
        actions = self.actions(name)
        self.assertEqual([action["attempt"] for action in actions], list(range(1, len(actions) + 1)))
        explained = self.watcher.ctl("explain", name).stdout
        self.assertRegex(explained, f"{name}: (flapping|suspect|waiting|restarting) since")
        self.assertIn("again and again", self.watcher.log())


if __name__ == "__main__":
    harness.main()
