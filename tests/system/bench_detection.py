#!/usr/bin/python3
"""How long from kill -9 of a service that nobody else restarts until its start command runs.

    bench_detection.py [--kills N] [--processes N]      prints median, p90 and maximum in milliseconds

The start command is a small C program that notes the clock before anything else, so that what is measured ends
with its exec. Reported, never asserted: how fast a machine is, is no property of the project.
"""

import argparse
import os
import signal
import statistics
import sys
import time

import harness
from standin import FOR_EVER, StandIn, lines

STAMP = r"""
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
// stamp FILE PROGRAM ARGUMENT: notes the monotonic clock, leaves PROGRAM running as a daemon and tells both.
int main(int argc, char** argv) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (argc != 4) return 2;
  pid_t child = fork();
  if (child == 0) {
    setsid();
    execv(argv[2], argv + 2);
    return 1;
  }
  char line[64];
  int length = snprintf(line, sizeof line, "%lld %d\n", now.tv_sec * 1000000000LL + now.tv_nsec, (int)child);
  int file = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0644);
  return file < 0 || write(file, line, (size_t)length) != length;
}
"""


class Bench(harness.SystemTest):
    kills = 60
    processes = 0

    def test_latency(self):
        stamp, stamps = self.directory / "stamp", self.directory / "stamps"
        source = self.directory / "stamp.c"
        source.write_text(STAMP)
        self.run_ok(["cc", "-O2", "-o", stamp, source])
        standin = StandIn(self)
        start = [str(stamp), str(stamps), str(standin.executable), FOR_EVER]
        self.crowd(self.processes)
        pid = standin.start()
        daemon = self.daemon({
            "cycle": "60s",
            "services": {"standin": standin.settings(start=start)},
            "restart_policy": {
                "backoff": "100ms", "backoff_max": "100ms",
                "host_limit": {"restarts": 1000, "per": "1s"}, "flapping": {"deaths": 32, "per": "10s"}},
        })
        daemon.wait_state("standin", "up")
        # A machine's processes are hours old. Young ones are looked at more often: that is not measured here.
        youngest = max(harness.every_pid())
        harness.wait_until(lambda: harness.age_seconds(youngest) > 11, "the crowd to settle")
        took = []
        for count in range(1, self.kills + 1):
            self.assertEqual(harness.command_line(pid).split()[0], str(standin.executable))
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            os.kill(pid, signal.SIGKILL)
            # Nothing is looked at but this file: whoever waits must not keep the machine busy.
            harness.wait_until(lambda: len(lines(stamps)) >= count, lambda: f"a start\n{daemon.log()}")
            after, pid = map(int, lines(stamps)[-1].split())
            took.append((after - before) / 1e6)
            daemon.wait_restarted("standin", count)
            # The pause after a restart is policy, not latency: it is over before the next kill.
            harness.wait_until(lambda: harness.age_seconds(pid) > 0.3, "the pause to be over")
        took.sort()
        print(f"\n{len(took)} kills, {len(harness.every_pid())} processes on the machine: "
              f"load {os.getloadavg()[0]:.1f}: "
              f"median {statistics.median(took):.2f} ms, p90 {took[int(len(took) * 0.9)]:.2f} ms, max {took[-1]:.2f} ms")


if __name__ == "__main__":
    harness.enter_own_process_table()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=Bench.kills)
    parser.add_argument("--processes", type=int, default=Bench.processes, help="idle ones beside it")
    options = parser.parse_args()
    Bench.kills, Bench.processes = options.kills, options.processes
    harness.unittest.main(argv=sys.argv[:1], verbosity=1)
