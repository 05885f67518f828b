#!/usr/bin/env python3
"""tidy.py BUILD [FILE…]: clang-tidy over every .cc of src/ and contrib/, or over these of them, as .clang-tidy says,
with the flags of that build.

A file that passed is not looked at again until something that it is made of changes: itself, a header
of ours that it includes, the rules, its flags, or clang-tidy. What passed is remembered in the user's cache.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

from source import Source

ROOT = pathlib.Path(__file__).resolve().parents[2]
REMEMBERED_MAX = 2000


def own_includes(path, read, seen):
    """Every file of ours that `path` is made of, itself first."""
    if path in seen:
        return
    seen[path] = read(path)
    for include in Source(str(path), seen[path]).includes:
        target = ROOT / "src" / include.name
        if include.is_own and target.is_file():
            own_includes(target, read, seen)


def fingerprint(entry, common):
    parts = {}
    own_includes(pathlib.Path(entry["file"]), lambda path: path.read_text(encoding="utf-8"), parts)
    digest = hashlib.sha256(common)
    # The same source in another clone is the same source.
    digest.update(entry["command"].split(" -o ")[0].replace(str(ROOT), "").encode())
    for path, text in sorted(parts.items()):
        digest.update(f"\0{path.relative_to(ROOT)}\0{text}".encode())
    return digest.hexdigest()


def tidy(build, path):
    return subprocess.run(
        ["clang-tidy", "--quiet", "-p", build, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def forget_oldest(cache):
    for old in sorted(cache.iterdir(), key=lambda path: path.stat().st_mtime)[:-REMEMBERED_MAX]:
        old.unlink()


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "systemcheck/tidy"
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()

    chosen = {str(pathlib.Path(file).resolve()) for file in sys.argv[2:]}
    wanted = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if chosen and entry["file"] not in chosen:
            continue
        if pathlib.Path(entry["file"]).is_relative_to(ROOT / "src") or "/contrib/" in entry["file"]:
            mark = cache / fingerprint(entry, common)
            if not mark.exists():
                wanted[entry["file"]] = mark
    if not wanted:
        print("clang-tidy: nothing has changed since all was well")
        return 0

    complaints = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(tidy, build, path): path for path in wanted}
        for done in concurrent.futures.as_completed(running):
            result = done.result()
            if result.returncode == 0:
                wanted[running[done]].touch()
            else:
                complaints += 1
                print(f"{running[done]}:\n{result.stdout}", flush=True)
    forget_oldest(cache)
    print(f"clang-tidy: looked at {len(wanted)} files, complained about {complaints}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
