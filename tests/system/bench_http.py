#!/usr/bin/python3
"""What a scrape takes, alone and while many do nothing but be connected.

    bench_http.py [--scrapes N] [--idle N] [--json FILE]

One daemon on loopback, scraped on one connection as Prometheus does: first alone, then beside idle connections, in the same
run. Goals are reported, not asserted.
"""

import argparse
import http.client
import json
import os
import pathlib
import platform
import resource
import socket
import statistics
import time

import harness
from harness import SystemTest


def resident_mebibytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


class Bench(SystemTest):
    scrapes, idle, json_path = 1000, 1000, None

    def measure(self, daemon, between=lambda: None):
        """Milliseconds of the whole answers; a new view each second, so that some of them are rendered anew."""
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=harness.PATIENCE)
        took = []
        for number in range(self.scrapes):
            if number % 100 == 0:
                between()
            began = time.monotonic()
            connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            took.append(1000 * (time.monotonic() - began))
            self.assertEqual(answer.status, 200)
            time.sleep(0.005)
        connection.close()
        took.sort()
        return {"p50": statistics.median(took), "p99": took[int(0.99 * len(took))], "max": took[-1],
                "resident_mib": resident_mebibytes(daemon.process.pid)}

    def test_bench(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        daemon = self.daemon({}, args=["--observe"])
        result = {"processors": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0], "alone": self.measure(daemon)}
        crowd = []

        def fill():
            """Those whose time was over are replaced: all of them are there the whole time."""
            crowd[:] = [one for one in crowd if not self.is_ended(one)]
            while len(crowd) < self.idle:
                crowd.append(socket.create_connection(("127.0.0.1", daemon.port)))
                crowd[-1].setblocking(False)

        result["crowded"] = self.measure(daemon, fill)
        result["crowded"]["idle at the end"] = sum(not self.is_ended(one) for one in crowd)
        for one in crowd:
            one.close()
        if self.json_path:
            pathlib.Path(self.json_path).write_text(json.dumps(result, indent=1) + "\n")
        print(table(result, self.idle))

    @staticmethod
    def is_ended(connection):
        try:
            return connection.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True


def table(result, idle):
    def line(name, it):
        return f"{name:<28}{it['p50']:>8.2f}{it['p99']:>8.2f}{it['max']:>8.2f} ms{it['resident_mib']:>8.1f} MiB resident"

    met = "met" if result["crowded"]["p99"] <= 5 else "missed"
    return "\n".join(["", f"{result['processors']} processors, Linux {result['kernel']}, load {result['load']:.1f}",
                      f"{'/metrics':<28}{'p50':>8}{'p99':>8}{'max':>8}", line("alone", result["alone"]),
                      line(f"beside {idle} idle connections", result["crowded"]),
                      f"  p99 at most 5 ms beside {idle} idle connections: {met} ({result['crowded']['idle at the end']} were left at the end)", ""])


if __name__ == "__main__":
    harness.enter_own_process_table()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scrapes", type=int, default=Bench.scrapes)
    parser.add_argument("--idle", type=int, default=Bench.idle)
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args()
    Bench.scrapes, Bench.idle, Bench.json_path = options.scrapes, options.idle, options.json
    harness.unittest.main(argv=["bench_http.py"], verbosity=1)
