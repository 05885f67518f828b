#!/usr/bin/python3
"""Whose process it is: look-alikes in containers, stale pid files, replaced programs, what a crash leaves behind."""

import os
import shutil
import signal

import harness
from harness import SystemTest, wait_until
from standin import FOR_EVER, SETSID, StandIn


class Identity(SystemTest):
    def watched(self, standin, **settings):
        daemon = self.daemon({"services": {standin.name: standin.settings(**settings)}})
        daemon.wait_state(standin.name, "up")
        return daemon

    def test_a_stale_pid_file_is_a_complaint_and_never_up(self):
        standin, stranger = StandIn(self), StandIn(self, "stranger")
        pidfile = self.directory / "standin.pid"
        first, other = standin.start(), stranger.start()
        pidfile.write_text(f"{first}\n")
        match = {"exe": str(standin.executable), "pidfile": str(pidfile)}
        daemon = self.watched(standin, match=match)

        pidfile.write_text(f"{other}\n")

        # Once it has had the time to write its own.
        metrics = daemon.wait_state("standin", "degraded")
        mismatches = metrics.by("systemcheck_service_identity_mismatch_total", "kind")
        self.assertEqual(mismatches, {"dead": 0, "reused": 0, "stranger": 1, "not_main": 0})
        self.assertIn(f"the pid file names {other}, which is {stranger.executable}", daemon.log())
        metrics = daemon.wait_cycles(2)
        self.assertEqual(metrics("systemcheck_service_restarts_total", service="standin", reason="down"), 0)

        pidfile.write_text(f"{first}\n")
        daemon.wait_state("standin", "up")

    def test_a_replaced_program_is_told_and_no_failure(self):
        standin = StandIn(self)
        first = standin.start()
        daemon = self.watched(standin)
        self.assertEqual(daemon.metrics()("systemcheck_service_stale_binary", service="standin"), 0)

        fresh = self.directory / "fresh"  # As dpkg does it.
        shutil.copy("/usr/bin/sleep", fresh)
        fresh.rename(standin.executable)

        metrics = daemon.wait_metrics(
            lambda m: m("systemcheck_service_stale_binary", service="standin") == 1, "the stale program")
        self.assertEqual(metrics.state("standin"), "up")
        os.kill(first, signal.SIGKILL)
        standin.wait_pid(other_than=first)
        metrics = daemon.wait_restarted("standin", 1)
        self.assertEqual(metrics("systemcheck_service_stale_binary", service="standin"), 0)

    def test_a_look_alike_in_a_container_is_not_the_service(self):
        if os.geteuid() != 0:
            self.skipTest("only root can make a namespace")
        standin = StandIn(self)
        # As systemd-nspawn --keep-unit does it: a process table of its own, in our control group.
        self.spawn(["unshare", "--pid", "--fork", "--kill-child", str(standin.executable), FOR_EVER])
        inside = standin.wait_pid()
        daemon = self.daemon({"services": {"standin": standin.settings(mode="observe")}})
        daemon.wait_cycles(2)
        metrics = daemon.wait_metrics(lambda m: m.state("standin") not in ("unknown", "suspect"), "a verdict")
        self.assertEqual(metrics.state("standin"), "down")
        self.assertEqual(metrics("systemcheck_service_processes", service="standin"), 0)

        self.assertEqual(self.spawn(standin.start_argv).wait(timeout=harness.PATIENCE), 0)
        daemon.wait_state("standin", "up")
        self.assertIn(inside, standin.pids())

    def test_a_session_of_a_young_listener_that_is_killed_is_not_taken_for_it(self):
        """Of sshd nearly every session can be told by its name; of this server none."""
        if not harness.does_kernel_tell_ends():
            self.skipTest("this kernel does not tell how a process ended that was reaped: it came with Linux 6.15")
        standin = StandIn(self)
        shutil.copy("/bin/bash", standin.executable)
        fifo = self.directory / "fifo"  # Nobody ever opens the other end.
        os.mkfifo(fifo)
        wait = f"read nothing <{fifo}"
        standin.start_argv = [
            standin.script("start", f"""
                exec {SETSID} --fork @EXE@ -c '{SETSID} @EXE@ -c "{wait}" & {wait}'
            """)]

        def listeners():
            return [pid for pid in standin.pids() if f"{SETSID} {standin.executable}" in harness.command_line(pid)]

        def sessions():
            return [pid for pid in standin.pids() if pid not in listeners()]

        daemon = self.daemon({"services": {"standin": standin.settings()}})
        daemon.wait_state("standin", "up")
        wait_until(lambda: len(listeners()) == 1 and len(sessions()) == 1, "a listener with a session")
        listener, session = listeners()[0], sessions()[0]

        os.kill(listener, signal.SIGKILL)

        daemon.logged(rf"process {listener} has ended: signal 9")
        wait_until(lambda: listeners() not in ([], [listener]), lambda: f"another listener\n{daemon.log()}")
        daemon.wait_restarted("standin", 2)
        self.assertIn(session, sessions(), "nobody is thrown out")


if __name__ == "__main__":
    harness.main()
