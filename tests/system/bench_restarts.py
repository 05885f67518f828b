#!/usr/bin/python3
"""How quickly the dead come back, and what watching costs: systemcheck beside Debian's Monit and runit.

    bench_restarts.py [--quick] [--only systemcheck,monit,runit] [--processes N] [--json FILE]

One run for all, on this machine, one after the other, in a process table of their own among N idle processes. Each
watches twelve copies of the same daemon. Times are from kill -9 to the exec of the start command, which notes the
clock before anything else. How fast a machine is, is no property of the project: goals are reported, not asserted.
What is counted must hold: that nothing is started twice.
"""

import argparse
import json
import os
import pathlib
import platform
import random
import statistics
import sys
import time

import harness
import package_standin
from contenders import Monit, Runit, Systemcheck, build_parts, silent_port
from harness import wait_until

SERVICES = 12
CONTENDERS = {one.name: one for one in (Monit, Runit, Systemcheck)}
STEADY_AGE_SECONDS = 11  # systemcheck reads younger processes more often: a machine's are hours old.
STEADY_SECONDS = 120  # And after two more cycles of a minute it knows who does nothing.

# How often each is killed: alone; all at once; the same beside bad neighbours; and how many upgrades.
FULL = {
    "seconds": 180, "unpack": 0.35,
    "monit": {"one": 40, "all": 4, "one_beside": 4, "all_beside": 1, "upgrades": 12},
    "runit": {"one": 100, "all": 10, "one_beside": 50, "all_beside": 5, "upgrades": 12},
    "systemcheck": {"one": 300, "all": 30, "one_beside": 150, "all_beside": 15, "upgrades": 100}}
QUICK = {
    "seconds": 60, "unpack": 0.35,
    "monit": {"one": 6, "all": 1, "one_beside": 0, "all_beside": 0, "upgrades": 6},
    "runit": {"one": 12, "all": 2, "one_beside": 0, "all_beside": 0, "upgrades": 6},
    "systemcheck": {"one": 24, "all": 3, "one_beside": 12, "all_beside": 2, "upgrades": 12}}


def load():
    return os.getloadavg()[0]


def summary(values, load_before):
    """Of milliseconds; p99 of fewer than a hundred is their maximum."""
    values = sorted(values)

    def share(ratio):
        return values[min(len(values) - 1, int(len(values) * ratio))]

    return {"n": len(values), "median": statistics.median(values), "p90": share(0.9), "p99": share(0.99),
            "max": values[-1], "load": [load_before, load()]}


def processor_seconds(pids):
    """Of all their threads, to the nanosecond, and of the children that have ended."""
    total = 0.0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0]) / 1e9
        fields = harness.stat_fields(pid)
        total += (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return total


def wakes(pids):
    """How often one of their threads went to sleep, which is how often one was woken."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for line in (task / "status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches:"):
                    total += int(line.split()[1])
    return total


def memory(pids):
    """MiB: resident, its share of what is shared, and what is its own."""
    kib = dict.fromkeys(("Rss", "Pss", "Private_Clean", "Private_Dirty"), 0)
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            key, value = line.split()[:2]
            if key[:-1] in kib:
                kib[key[:-1]] += int(value)
    return {"rss": kib["Rss"] / 1024, "pss": kib["Pss"] / 1024,
            "private": (kib["Private_Clean"] + kib["Private_Dirty"]) / 1024}


class Bench(harness.SystemTest):
    plan = FULL
    processes = 2000
    only = tuple(CONTENDERS)
    json_path = None

    def test_restarts(self):
        self.assertIn(harness.OWN_TABLE, os.environ, "needs root, for a process table of its own")
        parts, silent = build_parts(self), silent_port(self)
        contenders = [CONTENDERS[name](self, parts, SERVICES, silent) for name in self.only]
        versions = {one.name: one.version() for one in contenders}
        package_standin.private_state(self)
        self.crowd(self.processes)
        youngest = max(harness.every_pid())
        wait_until(lambda: harness.age_seconds(youngest) > STEADY_AGE_SECONDS, "the crowd to settle")
        self.result = {"machine": self.machine(versions), "contenders": {}}
        for contender in contenders:
            self.result["contenders"][contender.name] = self.measure(contender)
        self.measure_rest(contenders)
        print(table(self.result))
        if self.json_path:
            pathlib.Path(self.json_path).write_text(json.dumps(self.result, indent=1) + "\n")
        ours = self.result["contenders"].get("systemcheck", {"started_twice": 0, "upgrades": {"double": 0}})
        self.assertEqual((ours["started_twice"], ours["upgrades"]["double"]), (0, 0), "started twice")

    def machine(self, versions):
        return {"kernel": platform.release(), "processors": os.cpu_count(), "load": os.getloadavg(),
                "processes": len(harness.every_pid()), "services": SERVICES,
                "versions": versions}

    def note(self, words):
        print(f"  {words}", file=sys.stderr, flush=True)

    def measure(self, contender):
        counts = self.plan[contender.name]
        contender.begin()
        contender.warm_up()
        before = contender.fleet.count()
        result = {"one": self.kill_one_by_one(contender, counts["one"], "alone"),
                  "all": self.kill_all_at_once(contender, counts["all"], "alone")}
        started = sum(contender.fleet.count().values()) - sum(before.values())
        result["started_twice"] = started - counts["one"] - SERVICES * counts["all"]
        result["upgrades"] = self.upgrade(contender, counts["upgrades"])
        contender.end()
        if counts["one_beside"]:
            contender.begin(neighbours=True)
            contender.warm_up()
            result["one_beside"] = self.kill_one_by_one(contender, counts["one_beside"], "beside bad neighbours")
            result["all_beside"] = self.kill_all_at_once(contender, counts["all_beside"], "beside bad neighbours")
            contender.end()
        return result

    def kill_one_by_one(self, contender, count, where):
        self.note(f"{contender.name}, {where}: {count} kills")
        load_before, took = load(), []
        for number in range(count):
            # Neither in step with a cycle, nor while the last one still keeps somebody busy.
            pause = random.uniform(0.25, 0.25 + contender.cycle_seconds)
            until = time.monotonic() + pause
            wait_until(lambda: time.monotonic() > until, "the next kill")
            took += contender.fleet.kill([contender.fleet.names[number % SERVICES]])
        contender.rest()
        return summary(took, load_before)

    def kill_all_at_once(self, contender, count, where):
        """The last of them, each time."""
        self.note(f"{contender.name}, {where}: {count} times all {SERVICES} at once")
        load_before, took = load(), []
        for _ in range(count):
            took.append(max(contender.fleet.kill(contender.fleet.names)))
            contender.rest()
        return summary(took, load_before)

    def upgrade(self, contender, count):
        self.note(f"{contender.name}: {count} upgrades")
        names, double = contender.fleet.names, 0
        for done in range(0, count, SERVICES):
            double += contender.upgrade(names[:count - done], self.plan["unpack"])
        return {"n": count, "double": double}

    def measure_rest(self, contenders):
        """What all of them cost at the same time while nothing happens, and then what they hold."""
        for contender in contenders:
            contender.begin(everything=True)
        youngest = max(pid for one in contenders for pid in one.pids() + sum(one.fleet.running().values(), []))
        wait_until(lambda: harness.age_seconds(youngest) > STEADY_AGE_SECONDS, "everything to settle")
        self.note(f"all: {STEADY_SECONDS} s to get to know each other")
        steady = time.monotonic() + STEADY_SECONDS
        wait_until(lambda: time.monotonic() > steady, "everything to be known", 2 * STEADY_SECONDS)
        self.note(f"all: {self.plan['seconds']} s of nothing")
        load_before, began = load(), time.monotonic()
        before = {one.name: (processor_seconds(one.pids()), wakes(one.pids())) for one in contenders}
        until = began + self.plan["seconds"]
        time.sleep(until - time.monotonic())  # What is measured is time: there is no condition to wait for.
        for one in contenders:
            seconds = time.monotonic() - began
            spent, woken = processor_seconds(one.pids()), wakes(one.pids())
            self.result["contenders"][one.name]["steady"] = {
                "seconds": seconds, "load": [load_before, load()],
                "percent": 100 * (spent - before[one.name][0]) / seconds,
                "wakes_per_minute": 60 * (woken - before[one.name][1]) / seconds}
        self.use(contenders)
        for one in contenders:
            self.result["contenders"][one.name]["memory"] = memory(one.pids())
        for one in contenders:
            one.end()

    def use(self, contenders):
        """As a day does: scraped, walked and asked for its history."""
        ours = next((one.daemon for one in contenders if one.name == "systemcheck"), None)
        if ours is None:
            return
        address = f"http://127.0.0.1:{ours.port}"
        for path in ("/metrics", "/") * 20:
            self.run_ok(["curl", "-sf", "--compressed", "-o", "/dev/null", address + path])
        self.run_ok(["snmpbulkwalk", "-v2c", "-c", ours.community(), "-On", f"127.0.0.1:{ours.snmp_port}", "1.3.6.1"])
        ours.ctl("history")


def milliseconds(value):
    if value is None:
        return "–"
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def times(other, ours):
    return "–" if other is None or not ours else f"{other / ours:,.0f} ×" if other / ours >= 10 else f"{other / ours:.1f} ×"


class Row:
    """One property of all of them: its figures, how they are written, and the goal."""

    def __init__(self, words, path, write, goal=None, reached=None):
        self.words, self.path, self.write, self.goal, self.reached = words, path, write, goal, reached

    def figure(self, result, name):
        value = result["contenders"].get(name)
        for key in self.path:
            value = value.get(key) if value else None
        return value

    def cells(self, result):
        monit, runit, ours = (self.figure(result, name) for name in CONTENDERS)
        verdict = "" if self.reached is None or ours is None else "met" if self.reached(ours) else "not met"
        return [self.words, *("–" if one is None else self.write(one) for one in (monit, runit, ours)),
                times(monit, ours), times(runit, ours), self.goal or "", verdict]


def percent(value):
    return f"{value:.3f} %"


def mebibytes(value):
    return f"{value:.1f} MiB"


def rows(result):
    ours = result["contenders"].get("systemcheck", {})
    one, together = ours.get("one", {}).get("median"), ours.get("all", {}).get("median")
    return [
        Row("kill -9 to exec, median", ("one", "median"), milliseconds, "≤ 5 ms", lambda it: it <= 5),
        Row("kill -9 to exec, p99", ("one", "p99"), milliseconds, "≤ 50 ms", lambda it: it <= 50),
        Row("12 at once, the last, median", ("all", "median"), milliseconds, "≤ 100 ms", lambda it: it <= 100),
        Row("12 at once, the last, max", ("all", "max"), milliseconds),
        Row("beside bad neighbours: median", ("one_beside", "median"), milliseconds, "≤ 2 × alone",
            lambda it: it <= 2 * one),
        Row("beside bad neighbours: p99", ("one_beside", "p99"), milliseconds),
        Row("beside bad neighbours: 12 at once", ("all_beside", "median"), milliseconds, "≤ 2 × alone",
            lambda it: it <= 2 * together),
        Row("processor, of one, at rest", ("steady", "percent"), percent, "≤ 0.05 %", lambda it: it <= 0.05),
        Row("wakes a minute at rest", ("steady", "wakes_per_minute"), lambda it: f"{it:.0f}"),
        Row("memory, resident", ("memory", "rss"), mebibytes, "≤ 15 MiB", lambda it: it <= 15),
        Row("memory, its share (PSS)", ("memory", "pss"), mebibytes),
        Row("memory, its own", ("memory", "private"), mebibytes),
        Row("double starts", ("upgrades", "double"), str, "0", lambda it: it == 0),
        Row("in so many upgrades", ("upgrades", "n"), str),
    ]


def aligned(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]


def samples(result):
    """Each series as it is, with the load of the machine before and after."""
    lines = [["", "n", "median", "p90", "p99", "max", "load"]]
    for name, figures in result["contenders"].items():
        for what in ("one", "all", "one_beside", "all_beside"):
            it = figures.get(what)
            if it:
                lines.append([f"{name} {what}", str(it["n"]), *(milliseconds(it[key]) for key in ("median", "p90", "p99", "max")),
                              " to ".join(f"{value:.1f}" for value in it["load"])])
    return aligned(lines)


def table(result):
    machine = result["machine"]
    head = ["", "monit", "runit", "systemcheck", "monit : it", "runit : it", "goal", ""]
    body = [row.cells(result) for row in rows(result)]
    return "\n".join([
        "",
        f"{machine['processes']} processes, {machine['services']} services each, {machine['processors']} processors, "
        f"Linux {machine['kernel']}; " + ", ".join(machine["versions"].values()),
        "Monit looks every second; systemcheck has a cycle of a minute. runit is the parent of its services, and was",
        "not told of the upgrades, as Monit was not.",
        "", *aligned([head, *body]), "", *samples(result), ""])


if __name__ == "__main__":
    harness.enter_own_process_table()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer of everything: under five minutes")
    parser.add_argument("--only", default=",".join(CONTENDERS), help="who takes part, with commas")
    parser.add_argument("--processes", type=int, default=Bench.processes, help="idle ones beside it")
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args()
    Bench.plan = QUICK if options.quick else FULL
    Bench.only = tuple(name for name in CONTENDERS if name in options.only.split(","))
    Bench.processes, Bench.json_path = options.processes, options.json
    harness.unittest.main(argv=sys.argv[:1], verbosity=1)
