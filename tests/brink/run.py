#!/usr/bin/python3
"""Drives a machine of its own to the brink: a service leaks 20 MiB/s of its 512 MiB, first without the daemon, then
with it.

    run.py [--build DIR] [--record FILE] noswap|swap      prints one line a check; exit code 0 if all of them hold

Without the daemon the kernel kills. With it the kernel kills nothing, what may not be turned off stays up, and what
was turned off is back when the leak is over. --record FILE: the second run as a table, five lines a second.

The machine is Debian's own kernel in an emulator that needs no right at all: nothing on this machine can notice. Its
clock counts its instructions, and while it only waits it leaps to where the waiting ends: minutes are seconds, and how
busy this machine is changes nothing. Where emulator or kernel are missing the exit code is 77, which ctest shows as
skipped.
"""

import argparse
import contextlib
import csv
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
PR_SET_PDEATHSIG = 1
MEMORY_MIB = 512
SWAP_MIB = 256
NANOSECONDS_AS_SHIFT = 1  # 2 ns an instruction: a slow processor.
RUN_LIMIT_SECONDS = 400
LATENESS_MAX_SECONDS = 0.2
SHEDDABLE = ("index", "shop", "mail", "web")
STAND_INS = ("sshd", "syslog")
PROGRAMS = {"bin/systemcheckd": "systemcheckd", "bin/record": "tests/brink_record", "load": "tests/brink_load"}


def skip(why):
    """Loudly: where this is never run, nothing says that services are turned off in time."""
    print(f"SKIPPED, NOTHING WAS TRIED: {why}")
    print(f"the brink was not approached: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def find_kernel():
    made = subprocess.run([HERE / "make_kernel.sh"], stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        skip("the kernel cannot be fetched (see above)")
    return pathlib.Path(made.stdout.strip())


# --- the machine -------------------------------------------------------------------------------------------------


def libraries_of(program):
    """With the loader."""
    said = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", said)}


def make_initramfs(build, kernel, target):
    """All files that the machine has: they stay in memory, which the emulator takes from the 512 MiB."""
    tree = target.with_suffix(".tree")
    for folder in ("bin", "dev", "modules", "proc", "run", "services", "sys", "sys/fs/cgroup", "tmp", "var/lib"):
        (tree / folder).mkdir(parents=True, exist_ok=True)
    for name, program in PROGRAMS.items():
        subprocess.run(["strip", "-o", tree / name, build / program], check=True)
        for library in libraries_of(build / program):
            place = tree / library.relative_to("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
    shutil.copy(shutil.which("busybox"), tree / "bin/busybox")
    (tree / "bin/sh").symlink_to("busybox")
    for module in (kernel / "modules").iterdir():
        shutil.copy(module, tree / "modules")
    shutil.copy(HERE / "init.sh", tree / "init")
    for name in ("control", "systemcheck.yaml"):
        shutil.copy(HERE / name, tree)
    names = "\n".join(str(path.relative_to(tree)) for path in tree.rglob("*"))
    with open(target, "wb") as archive:
        subprocess.run(["cpio", "--quiet", "--create", "--format=newc", "--owner=+0:+0"], input=names.encode(),
                       cwd=tree, stdout=archive, check=True)
    shutil.rmtree(tree)


def emulator_command(kernel, initramfs, folder, words):
    swap = folder / "swap"
    with open(swap, "wb") as file:
        file.truncate(SWAP_MIB << 20)
    return [
        "qemu-system-x86_64", "-accel", "tcg", "-icount", f"shift={NANOSECONDS_AS_SHIFT},sleep=off", "-rtc", "clock=vm",
        "-cpu", "max", "-smp", "1", "-m", str(MEMORY_MIB), "-nodefaults", "-no-reboot",
        "-display", "none", "-monitor", "none",
        "-serial", f"file:{folder}/console", "-serial", f"file:{folder}/record", "-serial", f"file:{folder}/report",
        "-drive", f"file={swap},if=virtio,format=raw",
        "-kernel", str(kernel / "vmlinuz"), "-initrd", str(initramfs),
        "-append", f"console=ttyS0 quiet panic=1 psi=1 {words}",
    ]


def end_with_parent():
    """However this program ends, the machine ends with it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Run:
    """One machine from its start to its end, and what it said."""

    def __init__(self, kernel, initramfs, folder, words):
        folder.mkdir()
        with open(folder / "emulator", "wb") as said:
            machine = subprocess.Popen(emulator_command(kernel, initramfs, folder, words), stdin=subprocess.DEVNULL,
                                       stdout=said, stderr=said, preexec_fn=end_with_parent)
            try:
                machine.wait(timeout=RUN_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                print(f"the machine does not end within {RUN_LIMIT_SECONDS} s")
            finally:
                machine.kill()
                machine.wait()
        self.folder = folder
        report = self.read("report")
        self.files = dict(re.findall(r"^BEGIN (\w+)\n(.*?)^END \1$", report, re.MULTILINE | re.DOTALL))
        self.facts = dict(re.findall(r"^(\w+) ([\d.]+)$", re.sub(r"^BEGIN (\w+)$.*?^END \1$", "", report,
                                                                 flags=re.MULTILINE | re.DOTALL), re.MULTILINE))
        self.is_done = report.endswith("done\n")
        self.rows = [row for line in self.read("record").splitlines() if (row := parse_row(line))]

    def read(self, name):
        path = self.folder / name
        return path.read_text(errors="replace").replace("\r", "") if path.exists() else ""

    def evidence(self):
        parts = {name: self.read(name)[-3000:] for name in ("emulator", "console", "report")}
        parts["record"] = "\n".join(self.read("record").splitlines()[-20:])
        parts["the daemon"] = self.files.get("log", "")[-8000:]
        return "\n".join(f"--- {name}\n{text}" for name, text in parts.items())


def parse_row(line):
    """None for the last line, where the machine ended in the middle of it."""
    words = line.split(",")
    if len(words) != 5 + len(SHEDDABLE) + len(STAND_INS):
        return None
    with contextlib.suppress(ValueError, IndexError):
        pids = dict(word.rsplit("/", 1)[1].split("=") for word in words[5:])
        return {"seconds": float(words[0]), "late_ms": float(words[1]), "usable_mib": int(words[2]) / 1024,
                "swap_free_mib": int(words[3]) / 1024, "oom_kills": int(words[4]),
                "pids": {name: int(pid) for name, pid in pids.items()}}
    return None


# --- what has to be true -----------------------------------------------------------------------------------------


def samples(metrics, name):
    """(labels, value) of each."""
    for labels, value in re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", metrics, re.MULTILINE):
        yield dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value)


def count_by_service(metrics, name, **wanted):
    counts = {}
    for labels, value in samples(metrics, name):
        if all(labels[key] == word for key, word in wanted.items()):
            counts[labels["service"]] = counts.get(labels["service"], 0) + value
    return counts


def lateness(metrics):
    """The bound below which 99 of 100 looks at memory came."""
    buckets = sorted((float(labels["le"]), value)
                     for labels, value in samples(metrics, "systemcheck_loop_lateness_seconds_bucket"))
    looks = buckets[-1][1] if buckets else 0
    return next((bound for bound, value in buckets if looks > 0 and value >= 0.99 * looks), float("inf"))


def before_leak(run):
    """The last row before it, when all services had grown to their size."""
    begin = float(run.facts.get("leak", "inf"))
    return ([row for row in run.rows if row["seconds"] < begin] or run.rows)[-1]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def judge_without(run):
    return {
        "without the daemon the machine comes to its end": run.is_done,
        "without it the kernel kills for want of memory": float(run.facts.get("killed", 0)) > 0,
    }


def judge_with(run):
    metrics = run.files.get("metrics", "")
    sheds = count_by_service(metrics, "systemcheck_service_sheds_total")
    restores = count_by_service(metrics, "systemcheck_service_restores_total", result="succeeded")
    failed = count_by_service(metrics, "systemcheck_service_restores_total", result="failed")
    pids = [row["pids"] for row in run.rows]
    return {
        "with the daemon the machine comes to its end": run.is_done and len(run.rows) > 10,
        "the service that leaks is turned off": "relieved" in run.facts and sheds.get("shop", 0) > 0,
        "the kernel kills nothing": run.facts.get("oom_kill") == "0" and not any(row["oom_kills"] for row in run.rows),
        "what may not be turned off stays up": bool(pids) and all(is_constant(pids, name) for name in STAND_INS),
        "all services are back after the leak": "whole" in run.facts and bool(pids) and all(pids[-1].values()),
        "each that was turned off was turned on": bool(sheds) and sheds == restores and not any(failed.values()),
        "memory is back": bool(run.rows) and run.rows[-1]["usable_mib"] > 0.9 * before_leak(run)["usable_mib"],
        "the daemon looks at memory in time": is_in_time(run, metrics),
    }


def is_constant(pids, name):
    return len({it[name] for it in pids}) == 1 and pids[0][name] > 0


def is_in_time(run, metrics):
    """A machine that keeps no time itself says nothing of the daemon."""
    own = percentile([row["late_ms"] for row in run.rows] or [0], 0.99) / 1000
    if own >= LATENESS_MAX_SECONDS:
        print(f"# this machine is {own:.3f} s late itself: nothing can be said of the daemon")
        return bool(metrics)
    return lateness(metrics) <= LATENESS_MAX_SECONDS


def tell_figures(run):
    """For people."""
    if not run.rows:
        return
    metrics = run.files.get("metrics", "")
    at = {name: float(value) for name, value in run.facts.items()}
    least = min(run.rows, key=lambda row: row["usable_mib"])
    sheds = count_by_service(metrics, "systemcheck_service_sheds_total")
    at_first = before_leak(run)["usable_mib"]
    print(f"# usable {at_first:.0f} MiB at first, {least['usable_mib']:.1f} MiB at least, "
          f"{run.rows[-1]['usable_mib']:.0f} MiB at last; swapped out {max_swapped(run):.0f} MiB at most")
    print("# turned off: " + (", ".join(f"{name} {count:.0f}" for name, count in sheds.items() if count) or "nothing"))
    for begin, end in (("leak", "killed"), ("leak", "relieved"), ("leak_ended", "whole")):
        if begin in at and end in at:
            print(f"# from {begin} to {end}: {at[end] - at[begin]:.1f} s")
    own = percentile([row["late_ms"] for row in run.rows], 0.99)
    if metrics:
        print(f"# 99 of 100 looks come within {lateness(metrics):g} s; the machine itself is {own:.1f} ms late")


def max_swapped(run):
    return max(row["swap_free_mib"] for row in run.rows) - min(row["swap_free_mib"] for row in run.rows)


def write_table(run, path):
    begin = float(run.facts.get("leak", run.rows[0]["seconds"] if run.rows else 0))
    with open(path, "w", newline="", encoding="ascii") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["seconds", "usable_mib", "swap_free_mib", "oom_kills", "services_up", *STAND_INS, *SHEDDABLE])
        for row in run.rows:
            up = [int(row["pids"][name] > 0) for name in (*STAND_INS, *SHEDDABLE)]
            table.writerow([f"{row['seconds'] - begin:.1f}", f"{row['usable_mib']:.1f}", f"{row['swap_free_mib']:.1f}",
                            row["oom_kills"], sum(up), *up])


def report(checks):
    for what, holds in checks.items():
        print(f"{'ok' if holds else 'not ok'} - {what}")
    return all(checks.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("noswap", "swap"))
    parser.add_argument("--build", default=os.environ.get("SYSTEMCHECK_BUILD", "build"))
    parser.add_argument("--record", metavar="FILE", type=pathlib.Path)
    arguments = parser.parse_args()
    for needed in ("qemu-system-x86_64", "busybox", "cpio"):
        if not shutil.which(needed):
            skip(f"{needed} is not installed (see tests/brink/packages.txt)")
    if os.uname().machine != "x86_64":
        skip("the machine would be of another kind than this one's programs")
    build = pathlib.Path(arguments.build).resolve()
    for needed in PROGRAMS.values():
        if not (build / needed).exists():
            sys.exit(f"{build / needed} is not there: build it first")
    kernel = find_kernel()
    with tempfile.TemporaryDirectory(prefix="systemcheck-brink-") as scratch:
        scratch = pathlib.Path(scratch)
        make_initramfs(build, kernel, scratch / "initramfs")
        holds = True
        for daemon, judge in (("no", judge_without), ("yes", judge_with)):
            words = f"swap={'yes' if arguments.kind == 'swap' else 'no'} daemon={daemon}"
            run = Run(kernel, scratch / "initramfs", scratch / f"daemon-{daemon}", words)
            fine = report(judge(run))
            tell_figures(run)
            if not fine:
                print(run.evidence())
            holds = holds and fine
        if arguments.record:
            write_table(run, arguments.record)
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
