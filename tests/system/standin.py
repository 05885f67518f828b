"""A service to be killed: a copy of sleep(1) under a path of its own, started as real daemons are."""

import pathlib
import shutil
import stat
import textwrap

import harness

SETSID = "/usr/bin/setsid"
FOR_EVER = "1000000"


class StandIn:
    """Its executable tells it from everything else on the machine."""

    def __init__(self, test, name="standin"):
        self.test = test
        self.name = name
        self.executable = test.directory / name
        shutil.copy("/usr/bin/sleep", self.executable)
        self.start_argv = [SETSID, "--fork", str(self.executable), FOR_EVER]

    def settings(self, **more):
        return {"mode": "act", "match": {"exe": str(self.executable)}, "start": self.start_argv, **more}

    def start(self):
        """By hand, before or behind the daemon's back."""
        # Not run_ok(): it would wait for the pipe that the service inherits.
        self.test.assertEqual(self.test.spawn(self.start_argv).wait(timeout=harness.PATIENCE), 0)
        return self.wait_pid()

    def pids(self):
        return harness.running(self.executable)

    def wait_pid(self, other_than=None):
        """Its one process, once there is one (another one)."""

        def look():
            found = [pid for pid in self.pids() if pid != other_than]
            return found[0] if len(found) == 1 else None

        return harness.wait_until(look, f"one process of {self.name}, has {self.pids()}")

    def script(self, name, text):
        """An executable shell script beside it; @EXE@ is the executable."""
        path = self.test.directory / name
        path.write_text("#!/bin/sh\n" + textwrap.dedent(text).replace("@EXE@", str(self.executable)))
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        return str(path)


def lines(path):
    path = pathlib.Path(path)
    return path.read_text().splitlines() if path.exists() else []
