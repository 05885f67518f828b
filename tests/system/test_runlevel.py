#!/usr/bin/python3
"""A machine without systemd that goes down: only its init says so, in utmp."""

import pathlib
import struct

import harness
from harness import SystemTest, wait_until
from standin import StandIn

UTMP = pathlib.Path("/run/utmp")
# utmp(5), as Linux has it on 64 bits with times of 32.
RECORD = struct.Struct("hi32s4s32s256shhiii4i20s")
RUN_LVL, BOOT_TIME = 1, 2


def record(kind, pid=0):
    return RECORD.pack(kind, pid, b"~", b"~~", b"", b"", 0, 0, 0, 0, 0, 0, 0, 0, 0, b"")


def begin_runlevel(level):
    """As init does: what was written before goes at once."""
    new = UTMP.with_suffix(".new")
    new.write_bytes(record(BOOT_TIME) + record(RUN_LVL, ord(level) + 256 * ord("N")))
    new.replace(UTMP)


class Runlevel(SystemTest):
    needs_root = True
    needs_own_table = True

    def test_nothing_is_restarted_while_the_machine_goes_down(self):
        if pathlib.Path("/run/systemd/system").exists():
            self.skipTest("systemd tells of it here")
        begin_runlevel("2")
        standin, other = StandIn(self), StandIn(self, "other")
        first, second = standin.start(), other.start()
        daemon = self.daemon({"services": {one.name: one.settings() for one in (standin, other)}})
        for one in (standin, other):
            daemon.wait_state(one.name, "up")
        self.kill(second)
        other.wait_pid(other_than=second)
        daemon.wait_restarted("other", 1)

        begin_runlevel("6")
        self.kill(first)
        metrics = daemon.wait_state("standin", "held")
        self.assertEqual(metrics("systemcheck_restarts_suppressed_total", service="standin", reason="shutdown"), 1)
        told = daemon.ctl("explain", "standin").stdout
        self.assertIn("the machine is going down", told)
        daemon.wait_cycles(2)
        self.assertEqual(standin.pids(), [])
        self.assertEqual(daemon.metrics()("systemcheck_service_restarts_total", service="standin", reason="down"), 0)
        daemon.logged("the machine is going down; nothing is started any more")

        begin_runlevel("2")
        wait_until(standin.pids, lambda: f"the stand-in to be started again\n{daemon.log()}")
        daemon.wait_restarted("standin", 1)
        daemon.logged("the machine is no longer going down")


if __name__ == "__main__":
    harness.main()
