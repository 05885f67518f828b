#!/usr/bin/python3
"""Upgrades packages as dpkg does, with its locks and in its order, but of daemons that a test made.

    package_standin.py UNPACK_SECONDS '[{"pidfile": …, "executable": …, "start": […]}, …]'

Both locks are held throughout. Each daemon is stopped and its pid file removed, its program replaced by a new
file; only when all are unpacked is each started again, as apt has it done.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import harness

STATE = pathlib.Path("/var/lib/dpkg")
LOCKS = ("lock-frontend", "lock")  # as they are taken, dpkg(1)


def private_state(test):
    """An empty directory in the place of dpkg's own, for this test alone: nobody else is held up, and nobody
    else's upgrade is seen."""
    # In a mount namespace of the test's own, where alone this may be done.
    test.assertIn(harness.OWN_TABLE, os.environ)
    test.run_ok(["mount", "-t", "tmpfs", "-o", "mode=0755,size=1m", "packages", STATE])
    test.addCleanup(harness.run, ["umount", "--lazy", STATE])
    for name in LOCKS:
        (STATE / name).touch(mode=0o640)


def upgrade(packages, unpack_seconds):
    """What to spawn for it."""
    return [sys.executable, "-B", __file__, str(unpack_seconds), json.dumps(packages)]


def stop(pidfile):
    pid = int(pathlib.Path(pidfile).read_text())
    os.kill(pid, signal.SIGTERM)
    while harness.is_alive(pid):
        time.sleep(0.002)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(pidfile)


def main():
    unpack_seconds, packages = float(sys.argv[1]), json.loads(sys.argv[2])
    locks = [open(STATE / name, "r+b") for name in LOCKS]
    for lock in locks:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    for package in packages:
        stop(package["pidfile"])
        shutil.copy(package["executable"], package["executable"] + ".dpkg-new")
        os.rename(package["executable"] + ".dpkg-new", package["executable"])
        time.sleep(unpack_seconds)
    for package in packages:
        subprocess.run(package["start"], check=True)


if __name__ == "__main__":
    main()
