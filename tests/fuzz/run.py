#!/usr/bin/env python3
"""run.py PROGRAM [OPTION…]: a fuzzer over the lines of tests/golden/maillog, each a file of a directory that is thrown
away. What it found wrong it shows as C source, and leaves in the current directory."""

import hashlib
import pathlib
import subprocess
import sys
import tempfile

LOGS = pathlib.Path(__file__).resolve().parents[1] / "golden/maillog"
DIFFERENT_BYTES = 60  # Lines that begin alike teach nothing new.


def seeds():
    seen = set()
    for log in sorted(LOGS.glob("*.log")):
        for line in log.read_bytes().splitlines():
            start = line[:DIFFERENT_BYTES].translate(None, b"0123456789")
            if start not in seen:
                seen.add(start)
                yield line


def main():
    with tempfile.TemporaryDirectory(prefix="systemcheck-fuzz-") as directory:
        for line in seeds():
            (pathlib.Path(directory) / hashlib.sha1(line).hexdigest()).write_bytes(line)
        limits = ["-max_len=2048", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]
        return subprocess.run([sys.argv[1], *limits, *sys.argv[2:], directory], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
