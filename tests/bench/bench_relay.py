#!/usr/bin/python3
"""How fast a mail log is looked through for logins: systemcheckctl relay scan beside others, over one log in one run.

    bench_relay.py [--megabytes N] [--runs N] [--json FILE]

The log is made of the lines of tests/golden/maillog with the share of each that a busy server has, and addresses of
its own in them. How fast a machine is, is no property of the project: goals are reported, not asserted. What is
counted must hold: that all who look for logins find the same ones.
"""

import argparse
import datetime
import json
import os
import pathlib
import random
import select
import statistics
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SYSTEMCHECK_BUILD", SOURCE / "build/release"))
CORPUS = SOURCE / "tests/golden/maillog"
SMALL = 10  # A log so many times smaller shows whether memory grows with it.
LINES_A_SECOND = 400
GOAL, REQUIRED = 20, 7

# Of a hundred lines: Postfix, sendmail, and what Dovecot and Courier say of logins, of their ends and of failures.
SHARES = (("postfix.bsd.log", "", 45), ("sendmail.bsd.log", "", 30), ("dovecot.bsd.log", "dovecot: pop3-login: Login:", 5),
          ("dovecot.bsd.log", "dovecot: imap-login: Login:", 3), ("dovecot.bsd.log", "Disconnected: Logged out", 8),
          ("dovecot.bsd.log", "auth failed", 5), ("courier.bsd.log", "", 4))

EXPRESSION = r"(pop3|imap)-login: Login: user=<[^>]*>, .*rip=[0-9a-f.:]+, |(pop3d|imapd): LOGIN, user=.*, ip=\[[0-9a-f.:]+\]"


def lines_of(name, text):
    with open(CORPUS / name, encoding="utf-8", errors="replace") as log:
        return [line.rstrip("\n")[15:] for line in log if text in line]


def write_log(path, megabytes, seed=7):
    """Returns how many lines it has."""
    chance = random.Random(seed)
    pools = [lines_of(name, text) for name, text, share in SHARES for _ in range(share)]
    clock = datetime.datetime(2026, 11, 22)
    size, count, batch = 0, 0, []
    stamp = clock.strftime("%b %d %H:%M:%S")
    with open(path, "w", encoding="utf-8") as log:
        while size < megabytes * 1_000_000:
            line = chance.choice(chance.choice(pools))
            if "127.1.2." in line:
                number = chance.getrandbits(30)
                address = f"{1 + number % 223}.{number >> 8 & 255}.{number >> 16 & 255}.{1 + (number >> 24) % 254}"
                for last in "345":
                    line = line.replace("127.1.2." + last, address)
            count += 1
            if count % LINES_A_SECOND == 0:
                clock += datetime.timedelta(seconds=1)
                stamp = clock.strftime("%b %d %H:%M:%S")
            batch.append(stamp + line + "\n")
            size += len(batch[-1])
            if len(batch) == 50_000:
                log.write("".join(batch))
                batch = []
        log.write("".join(batch))
    return count


def contenders():
    ours = str(BUILD / "systemcheckctl")
    here = SOURCE / "tests/bench"
    scan = [ours, "relay", "scan", "--acknowledge-untrusted-origin"]
    return {
        "wc -l": lambda log: ["wc", "-l", log],
        "grep -E, C locale": lambda log: ["grep", "-cE", EXPRESSION, log],
        "Perl, five patterns": lambda log: ["perl", str(here / "relay_loop.pl"), log],
        "Python, five patterns": lambda log: [sys.executable, str(here / "relay_loop.py"), log],
        "systemcheckctl relay scan": lambda log: [*scan, log],
    }


def peak_kib(pid):
    """Of a process that runs, or 0: the kernel's figure for one that has ended also counts what it was before exec."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def run(argv):
    """Seconds, kilobytes at most, and what it said."""
    with tempfile.TemporaryFile() as output, open(os.devnull, "wb") as nowhere:
        actions = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, nowhere.fileno(), 2)]
        began = time.perf_counter()
        pid = os.posix_spawnp(argv[0], argv, {**os.environ, "LC_ALL": "C"}, file_actions=actions)
        peak = 0
        with open_pidfd(pid) as end:
            while not select.select([end], [], [], 0.002)[0]:
                peak = max(peak, peak_kib(pid))
        seconds = time.perf_counter() - began
        _, status = os.waitpid(pid, 0)
        if status != 0:
            raise SystemExit(f"{' '.join(argv)}: failed")
        output.seek(0)
        return seconds, peak, output.read()


def open_pidfd(pid):
    return os.fdopen(os.pidfd_open(pid), "rb")


def logins_in(name, output):
    return output.count(b"\n") if name.startswith("systemcheckctl") else int(output.split()[0])


def measure(log, lines, runs):
    """One after the other, all of them in each round: whatever else the machine does meets them all."""
    every = contenders()
    taken = {name: [] for name in every}
    found, peak = {}, {}
    for _ in range(runs):
        for name, argv in every.items():
            seconds, kilobytes, output = run(argv(log))
            taken[name].append(seconds)
            peak[name] = max(peak.get(name, 0), kilobytes)
            found[name] = logins_in(name, output)
    return {name: {"seconds": statistics.median(taken[name]), "lines_a_second": lines / statistics.median(taken[name]),
                   "peak_kib": peak[name], "found": found[name]} for name in every}


def report(large, small, lines, megabytes):
    perl = large["Perl, five patterns"]["lines_a_second"]
    print(f"{lines} lines, {megabytes} MB; peak memory also for a log of a {SMALL}th of it\n")
    print(f"{'':28}{'M lines/s':>10}{'x Perl':>8}{'MiB':>7}{'MiB, 1/' + str(SMALL):>10}{'found':>9}")
    for name, row in large.items():
        print(f"{name:28}{row['lines_a_second'] / 1e6:10.3f}{row['lines_a_second'] / perl:8.1f}"
              f"{row['peak_kib'] / 1024:7.1f}{small[name]['peak_kib'] / 1024:10.1f}{row['found']:9}")
    ratio = large["systemcheckctl relay scan"]["lines_a_second"] / perl
    print(f"\n{ratio:.1f} times the Perl loop; required {REQUIRED}, goal {GOAL}: "
          + ("reached" if ratio >= GOAL else "required is reached" if ratio >= REQUIRED else "MISSED"))


def check_found(result):
    # One expression for whole lines also fits what clients had written, and has no address.
    found = {name: row["found"] for name, row in result.items() if name not in ("wc -l", "grep -E, C locale")}
    if len(set(found.values())) != 1:
        raise SystemExit(f"they do not find the same logins: {found}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="systemcheck-bench-") as directory:
        log, part = directory + "/maillog", directory + "/part"
        lines = write_log(log, arguments.megabytes)
        part_lines = write_log(part, arguments.megabytes / SMALL)
        large = measure(log, lines, arguments.runs)
        small = measure(part, part_lines, 1)
    report(large, small, lines, arguments.megabytes)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps({"lines": lines, "large": large, "small": small}, indent=1))
    check_found(large)


if __name__ == "__main__":
    main()
