#!/usr/bin/python3
"""What a process of anybody can do to those who look at it, and what must go on nevertheless."""

import pathlib
import signal
import time

import harness
from harness import SystemTest, is_alive, wait_until
from standin import StandIn



class Hostile(SystemTest):
    needs_root = True

    def stuck_daemon(self, config):
        """A daemon that sees /proc/loadavg through tarpit_file.py, and the switch that makes reading it hang."""
        if not pathlib.Path("/dev/fuse").exists():
            self.skipTest("this machine has no /dev/fuse")
        switch = self.directory / "switch"
        tarpit = ["/usr/bin/python3", "-B", pathlib.Path(__file__).with_name("tarpit_file.py"), "/proc/loadavg", switch]
        return self.daemon(config, wrapper=tarpit), switch

    def test_a_reading_that_hangs_is_unknown_and_nothing_is_done(self):
        standin = StandIn(self)
        first = standin.start()
        daemon, switch = self.stuck_daemon({"services": {"standin": standin.settings()}})
        daemon.wait_state("standin", "up")

        switch.touch()

        # The last reading grows old, and what is old is no reading.
        metrics = daemon.wait_state("standin", "unknown")
        self.assertEqual(metrics("systemcheck_service_restarts_total", service="standin", reason="down"), 0)
        # Whoever asks is still answered, and told that it is not well.
        self.assertEqual(daemon.http("/-/healthy")[0], 200)
        wait_until(lambda: daemon.http("/-/ready")[0] == 503, "unreadiness")
        self.assertEqual(daemon.status()["services"][0]["state"], "unknown")
        self.assertTrue(is_alive(first))

        # As soon as it can read again it knows, and acts again.
        switch.unlink()
        daemon.wait_state("standin", "up")
        self.kill(first)
        standin.wait_pid(other_than=first)
        daemon.wait_restarted("standin", 1)
        self.assertEqual(daemon.http("/-/ready")[0], 200)

    def test_a_daemon_that_is_stuck_in_a_reading_still_ends(self):
        daemon, switch = self.stuck_daemon({})
        switch.touch()
        wait_until(lambda: daemon.http("/-/ready")[0] == 503, "unreadiness")
        self.assertEqual(daemon.stop(), 0)

    def test_a_reading_that_comes_back_while_it_ends_finds_all_it_needs(self):
        daemon, switch = self.stuck_daemon({})
        switch.touch()
        wait_until(lambda: daemon.http("/-/ready")[0] == 503, "unreadiness")
        daemon.signal(signal.SIGTERM)
        daemon.logged("stopping")
        switch.unlink()
        self.assertEqual(daemon.process.wait(timeout=harness.PATIENCE), 0, daemon.log())

    def test_it_ends_cleanly_in_the_middle_of_a_look(self):
        self.crowd(400)  # A look takes some milliseconds then, and the first one begins with the daemon.
        standin = StandIn(self)
        standin.start()
        for attempt in range(12):
            daemon = self.daemon({"services": {"standin": standin.settings()}}, is_awaited=False)
            # A little later each time, so that some of them meet the look.
            began = time.monotonic()
            wait_until(lambda: time.monotonic() - began > attempt * 0.002, "the next moment")
            self.assertEqual(daemon.stop(), 0, daemon.log())

    def test_names_that_lie_do_not_reach_the_metrics_as_lines(self):
        name = 'x\nsystemcheck_service_up{service="sshd"} 0\n'
        self.spawn(["/bin/bash", "-c", 'exec -a "$1" /usr/bin/sleep 1000000', "bash", name])
        daemon = self.daemon({})
        metrics = daemon.wait_cycles(2)
        self.assertEqual(metrics.family("systemcheck_service_up"), {})


if __name__ == "__main__":
    harness.main()
