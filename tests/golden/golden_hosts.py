#!/usr/bin/python3
"""Runs the real daemon for one cycle on machines that exist on paper, and compares what it says.

    golden_hosts.py [--update] [NAME…]

hosts/NAME.tree is the machine (see tree.py), with its configuration in /etc/systemcheck; hosts/NAME.metrics is
what the daemon must say of it. --update rewrites the latter: read the difference before you commit it.

Masked, because they say how long this run took or what this machine is: durations, times of the run, the build,
and the sizes of file systems (statvfs of a temporary directory).
"""

import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tree

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("SYSTEMCHECK_BUILD", SOURCE / "build"))
SKIPPED = 77
TIMEOUT_SECONDS = 60

VOLATILE = re.compile(
    r"^((?:systemcheck_(?:collector_duration_seconds|cycle_duration_seconds|cycle_last_timestamp_seconds"
    r"|config_last_reload_success_timestamp_seconds|config_hash|build_info|service_last_up_timestamp_seconds"
    r"|filesystem_(?:size|free|avail)_bytes|filesystem_files|filesystem_files_free)))(\{.*\})? ([^ ]+)$"
)


def mask(line):
    """A "*" instead of the value; 0 stays, which says that there is none."""
    found = VOLATILE.match(line)
    if not found or found.group(3) == "0":
        return line
    name, labels, _ = found.groups(default="")
    if name == "systemcheck_build_info":
        labels = re.sub(r'"[^"]*"', '"*"', labels)
    return f"{name}{labels} *"


def say(root):
    """The exposition of one cycle, masked."""
    result = subprocess.run(
        [BUILD / "systemcheckd", "--once", "--root", root, "--config", root / "etc/systemcheck/systemcheck.yaml",
         "--state-directory", root / "var/lib/systemcheck"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_SECONDS,
    )
    # Names that are no UTF-8 must not reach the exposition: this fails then.
    text = result.stdout.decode("utf-8", errors="strict")
    if result.returncode != 0:
        said = result.stderr.decode(errors="replace")
        raise SystemExit(f"exit code {result.returncode}, on stderr: {said[:4000]}")
    return [mask(line) for line in text.splitlines()]


def check(name, update):
    """Whether the daemon says of this machine what it must."""
    text = (HERE / "hosts" / f"{name}.tree").read_text()
    golden = HERE / "hosts" / f"{name}.metrics"
    with tempfile.TemporaryDirectory(prefix=f"systemcheck-{name}-") as scratch:
        root = pathlib.Path(scratch)
        (root / "var/lib/systemcheck").mkdir(parents=True)
        tree.materialise(text, root)
        said = say(root)
    if update:
        golden.write_text("\n".join(said) + "\n")
        print(f"{name}: written, {len(said)} lines")
        return True
    difference = list(difflib.unified_diff(golden.read_text().splitlines(), said, f"{name}.metrics", "said", n=1, lineterm=""))
    print(f"{name}: {'as written' if not difference else 'differs'}")
    print("\n".join(difference[:200]), end="\n" if difference else "")
    return not difference


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    names = options.names or sorted(path.stem for path in (HERE / "hosts").glob("*.tree"))
    strangers = {uid for name in names for uid in tree.users((HERE / "hosts" / f"{name}.tree").read_text())}
    if os.geteuid() != 0 and strangers - {os.geteuid()}:
        print("skipped: only root can make processes of several users")
        return SKIPPED
    return 0 if all([check(name, options.update) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
