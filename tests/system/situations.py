"""Several of Debian's own daemons under one systemcheckd, and what its history must tell of them."""

import json
import os
import time

import harness
from harness import SystemTest, wait_until
from real_programs import EXECUTABLES

# What a machine that is busy with other tests needs to answer a question.
ASKED = {"every": "1s", "timeout": "1500ms", "failures": 2}


def words(process):
    """As the history writes an identity down."""
    return "{}:{}".format(*process)


class Situation(SystemTest):
    needs_root = True
    needs_own_table = True
    needs_programs = EXECUTABLES
    others = {}  # services besides those programs, with their settings

    def begin(self, *kinds, **config):
        """These programs at work, each under the name of its preset, and a daemon that has seen them all."""
        self.programs = {kind.preset: kind(self) for kind in kinds}
        for program in self.programs.values():
            program.start()
        self.began = {}
        policy = {"backoff": "300ms", "backoff_max": "1200ms", "grace": "1s",
                  "host_limit": {"restarts": 100, "share": "100%"}, **config.pop("restart_policy", {})}
        self.watcher = self.daemon({
            "services": {**{name: self.settings(program) for name, program in self.programs.items()}, **self.others},
            "restart_policy": policy, **config})
        for name in self.programs:
            self.watcher.wait_state(name, "up")
        self.trees = {name: program.tree() for name, program in self.programs.items()}

    def settings(self, program):
        return program.preset_settings()

    def main_of(self, name):
        return self.trees[name][0]

    def note_beginning(self, *names):
        """Now it happens to these: no downtime can be longer than what passes from here."""
        for name in names:
            self.began[name] = time.monotonic()

    def wait_back(self, name, times=1):
        """Its identity when it is at work again after so many restarts in all."""
        program, old = self.programs[name], self.main_of(name)[0]
        new = wait_until(lambda: program.main(other_than=old), lambda: f"a new {name}\n{self.watcher.log()}")
        wait_until(program.answers, lambda: f"{name} to answer\n{self.watcher.log()}")
        self.watcher.wait_restarted(name, times)
        return harness.identity(new)

    def history(self, *args):
        result = self.watcher.ctl("history", "--json", *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def actions(self, name):
        """The oldest first."""
        return self.history(name)["actions"][::-1]

    def events(self, name):
        return self.history(name)["events"][::-1]

    def assert_told(self, name, new, verb, reason, action=None):
        """One action, from its reason to its end, and that is also what `explain` says."""
        if action is None:
            wait_until(lambda: [a["result"] for a in self.actions(name)] == ["up"],
                       lambda: f"one finished action of {name}: {self.actions(name)}")
            [action] = self.actions(name)
        told = f"{name}: {json.dumps(action, indent=2)}\n{self.watcher.log()}"
        seen = {key: action[key] for key in ("verb", "owner", "asked_by", "mode", "outcome", "exit_status", "verified",
                                             "result", "old_identity", "new_identity")}
        self.assertEqual(seen, {
            "verb": verb, "owner": "systemcheck", "asked_by": "systemcheck", "mode": "act", "outcome": "succeeded",
            "exit_status": 0, "verified": True, "result": "up", "old_identity": words(self.main_of(name)),
            "new_identity": words(new)}, told)
        self.assertRegex(action["reason"], reason, told)
        self.assertIn(" ".join(self.programs[name].start_argv), action["command"], told)
        self.assertGreater(action["downtime_seconds"], 0, told)
        self.assertLessEqual(action["downtime_seconds"], time.monotonic() - self.began[name], told)
        self.assertLessEqual(action["took_seconds"], action["downtime_seconds"], told)
        explained = self.watcher.ctl("explain", name)
        self.assertEqual(explained.returncode, 0, explained.stdout + explained.stderr)
        self.assertIn(f"{name}: up since", explained.stdout)
        self.assertIn(action["reason"], explained.stdout)

    def assert_deaths(self, name, count):
        """What we end ourselves is no death, and neither is a starter that has done its work."""
        deaths = {dict(labels)["cause"]: number for labels, number in
                  self.watcher.metrics().family("systemcheck_service_deaths_total").items()
                  if dict(labels)["service"] == name}
        self.assertEqual(sum(deaths.values()), count, f"{name}: {deaths}\n{self.watcher.log()}")

    def assert_one_copy(self, name):
        """One main process, and nothing is left of what was there before."""
        program = self.programs[name]
        pids = program.pids()
        roots = [pid for pid in pids if int(harness.stat_fields(pid)[1]) not in pids]
        self.assertEqual(roots, [program.main()], f"{name}\n{self.watcher.log()}")

    def assert_old_ones_are_gone(self, name):
        left = [process for process in self.trees[name] if harness.identity(process[0]) == process
                and harness.is_alive(process[0])]
        self.assertEqual(left, [], f"left of the old {name}: {[harness.command_line(pid) for pid, _ in left]}")

    def signal(self, number, *names):
        """To all processes of these, of which each is ours."""
        ours = harness.descendants()
        for name in names:
            for pid, _ in self.trees[name]:
                self.assertIn(pid, ours, "not ours to signal")
                os.kill(pid, number)
