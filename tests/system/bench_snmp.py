#!/usr/bin/python3
"""What an operator's walk costs, and whom it keeps waiting.

    bench_snmp.py [--services N] [--walks N] [--frozen SECONDS] [--json FILE]

A machine with 1,000 services, walked as a whole by net-snmp's own snmpbulkwalk: the agent by itself, and
below Debian's snmpd. Beside them, in the same run, snmpd's own table of processes (hrSWRunTable) with 1,000 of them. And how
late the daemon comes to look at memory while its snmpd is frozen. Goals are reported, not asserted.
"""

import argparse
import json
import os
import pathlib
import platform
import resource
import signal
import statistics
import sys
import time

import harness
from harness import SystemTest, run, wait_until
from test_agentx import MODULE, Snmpd

PROCESSES = ".1.3.6.1.2.1.25.4.2"
SERVE = "tests/bench/snmp_serve"
TICKS = os.sysconf("SC_CLK_TCK")
# Only as good as the buckets of the histogram: the first that 99 of 100 are in.
LATE = "systemcheck_loop_lateness_seconds"


def processor_seconds(*pids):
    fields = [pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields) / TICKS


def client_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Bench(SystemTest):
    needs_root = True
    needs_programs = ("/usr/sbin/snmpd", "snmpbulkwalk")
    services, walks, frozen, repetitions, json_path = 1000, 10, 60, 50, None

    def walk(self, port, community, root):
        """(seconds without those that the client itself computes, how many varbinds)"""
        began, computed = time.monotonic(), client_seconds()
        done = run(["snmpbulkwalk", "-v2c", "-c", community, "-t", "10", "-r", "0", f"-Cr{self.repetitions}", "-Cc", "-On", f"127.0.0.1:{port}", root],
                   environment={"SNMPCONFPATH": str(self.directory), "MIBS": ""})
        seconds = time.monotonic() - began - (client_seconds() - computed)
        self.assertEqual(done.returncode, 0, done.stderr)
        return seconds, done.stdout.count("\n")

    def measure(self, port, community, root, *pids):
        """Of walks: milliseconds on the clock, and microseconds of these processes for each varbind."""
        self.walk(port, community, root)
        before = processor_seconds(*pids)
        walks = [self.walk(port, community, root) for _ in range(self.walks)]
        spent = processor_seconds(*pids) - before
        return {"varbinds": walks[0][1], "ms": 1000 * statistics.median(seconds for seconds, _ in walks),
                "us_per_varbind": 1e6 * spent / sum(count for _, count in walks)}

    def serve(self, *more):
        said = self.directory / f"said{len(self.children)}"
        with open(said, "wb") as out:
            agent = self.spawn([harness.program(SERVE), str(self.services), self.directory, "bench-community", *more], out,
                               stdin=harness.subprocess.PIPE)
        wait_until(lambda: said.read_text().endswith("\n"), "the agent")
        return agent, said.read_text().strip()

    def lateness(self, daemon):
        metrics = daemon.metrics()
        return {float(dict(labels)["le"]): value for labels, value in metrics.family(f"{LATE}_bucket").items()}

    def measure_frozen(self, snmpd):
        """The bound of lateness, in milliseconds, that 99 of 100 looks kept."""
        daemon = self.daemon({"snmp": {"mode": "agentx", "agentx": {"socket": str(snmpd.socket), "ping": "1s"}}}, args=["--observe"])
        wait_until(snmpd.has_module, "the module in snmpd")
        before = self.lateness(daemon)
        snmpd.process.send_signal(signal.SIGSTOP)
        time.sleep(self.frozen)
        after = self.lateness(daemon)
        snmpd.process.send_signal(signal.SIGCONT)
        looks = after[float("inf")] - before[float("inf")]
        bound = min(le for le in after if after[le] - before[le] >= 0.99 * looks)
        return {"looks": looks, "p99_ms": 1000 * bound}

    def test_bench(self):
        _, address = self.serve()
        own = self.measure(address.rpartition(":")[2], "bench-community", MODULE, self.children[-1].pid)
        snmpd = Snmpd(self)
        snmpd.start()
        agent, _ = self.serve(str(snmpd.socket))
        wait_until(snmpd.has_module, "the module in snmpd")
        below = self.measure(snmpd.port, "all", MODULE, agent.pid, snmpd.process.pid)
        agent.stdin.close()
        agent.wait(timeout=harness.PATIENCE)
        self.crowd(self.services)
        processes = self.measure(snmpd.port, "all", PROCESSES, snmpd.process.pid)
        result = {"processors": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0], "services": self.services,
                  "agent": own, "agentx": below, "processes of snmpd": processes, "frozen": self.measure_frozen(snmpd)}
        if self.json_path:
            pathlib.Path(self.json_path).write_text(json.dumps(result, indent=1) + "\n")
        print(table(result))


def table(result):
    scale = 1000 / result["services"]
    own, below, theirs = result["agent"], result["agentx"], result["processes of snmpd"]
    cheaper = theirs["us_per_varbind"] / own["us_per_varbind"]

    def line(name, it):
        return f"{name:<22}{it['varbinds']:>8}{it['ms']:>9.1f} ms{it['us_per_varbind']:>12.2f} µs"

    def goal(words, is_met):
        return f"  {words}: {'met' if is_met else 'missed'}"

    return "\n".join([
        "", f"{result['processors']} processors, Linux {result['kernel']}, load {result['load']:.1f}",
        f"{'a walk of':<22}{'varbinds':>8}{'takes':>12}{'for each':>15}", line("the agent itself", own), line("below snmpd", below),
        line("snmpd's processes", theirs),
        goal("1,000 services within 50 ms", own["ms"] * scale <= 50), goal("below snmpd within 600 ms", below["ms"] * scale <= 600),
        goal(f"a varbind 3 times cheaper than snmpd's own ({cheaper:.1f})", cheaper >= 3),
        goal(f"99 of 100 looks at memory ({result['frozen']['looks']:.0f}) late by at most 50 ms while snmpd is frozen "
             f"({result['frozen']['p99_ms']:.0f})", result["frozen"]["p99_ms"] <= 50), ""])


if __name__ == "__main__":
    harness.enter_own_process_table()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=Bench.services)
    parser.add_argument("--walks", type=int, default=Bench.walks)
    parser.add_argument("--frozen", type=int, default=Bench.frozen, help="seconds")
    parser.add_argument("--repetitions", type=int, default=Bench.repetitions, help="asked for in one packet")
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args()
    Bench.services, Bench.walks, Bench.frozen, Bench.json_path = options.services, options.walks, options.frozen, options.json
    Bench.repetitions = options.repetitions
    harness.unittest.main(argv=sys.argv[:1], verbosity=1)
