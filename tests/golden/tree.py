"""A machine as one readable text file, and the directory that it stands for.

    == /proc/loadavg                    a file; its content follows, up to the next line that begins
    0.21 0.37 0.39 1/719 19737          with "== " or "-- "
    == /proc/900/cmdline nul            each line ends with a NUL byte instead of a newline
    == /proc/901/stat escaped           \\n \\t \\\\ and \\xNN are undone, newlines of this text left out
    == /proc/902/cmdline repeat=4096    the content so many times
    == /run/empty/ owner=33             a directory of its own, and who owns it
    == /proc/900/exe => /usr/bin/vi     a symbolic link

    -- process 812 comm=sshd start=1532 exe=/usr/sbin/sshd …
    sshd: /usr/sbin/sshd -D             its arguments, one a line

A process is what the kernel shows of one: its directory, with stat, status, cmdline, cgroup and exe as in
proc(5). What is not said of it is 0 or as of an idle daemon. A later "==" replaces one of its files.

A blank in a path is written \\040, as the kernel does. Empty lines before the next entry belong to nothing, and
what stands before the first entry is for people.
"""

import os
import pathlib
import re

_HEAD = re.compile(r"^(==|--) (.*)$")
_ESCAPE = re.compile(rb"\\(n|t|\\|x[0-9a-f]{2})")

PROCESS_DEFAULTS = {
    "parent": "1", "user": "0", "state": "S", "tty": "0", "nice": "0", "threads": "1", "start": "1000",
    "ticks": "0+0", "virtual": "0", "rss": "0", "swap": "0", "exe": "", "cgroup": "/", "foreground": "-1",
}


def unescape(content):
    def one(match):
        word = match.group(1)
        return {b"n": b"\n", b"t": b"\t", b"\\": b"\\"}.get(word) or bytes([int(word[1:], 16)])

    return _ESCAPE.sub(one, content.replace(b"\n", b""))


def entries(text):
    """(kind, head, content lines) of each entry, in the order of the file."""
    kind, head, lines = None, None, []
    for line in text.splitlines():
        begins = _HEAD.match(line)
        if not begins:
            lines.append(line)
            continue
        if kind:
            yield kind, head, without_blank_end(lines)
        (kind, head), lines = begins.groups(), []
    if kind:
        yield kind, head, without_blank_end(lines)


def without_blank_end(lines):
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def with_blanks(path):
    return path.replace("\\040", " ")


def write_file(root, head, lines):
    path, *words = head.split(" ")
    options = {word.partition("=")[0]: word.partition("=")[2] for word in words}
    where = root / with_blanks(path).strip("/")
    where.parent.mkdir(parents=True, exist_ok=True)
    if "=>" in words:
        where.unlink(missing_ok=True)
        where.symlink_to(with_blanks(words[words.index("=>") + 1]))
        return
    if path.endswith("/"):
        where.mkdir(exist_ok=True)
    else:
        end = "\0" if "nul" in options else "\n"
        content = "".join(line + end for line in lines).encode()
        if "escaped" in options:
            content = unescape(content)
        where.write_bytes(content * int(options.get("repeat", 1)))
    if "owner" in options:
        os.chown(where, int(options["owner"]), -1)


def stat_line(pid, said):
    """proc(5), /proc/PID/stat: 52 fields."""
    user_ticks, system_ticks = said["ticks"].split("+")
    fields = {
        3: said["state"], 4: said["parent"], 5: said.get("group", pid), 6: said.get("session", pid), 7: said["tty"],
        8: said["foreground"], 9: "4194560", 14: user_ticks, 15: system_ticks, 18: str(20 + int(said["nice"])),
        19: said["nice"], 20: said["threads"], 22: said["start"], 23: said["virtual"], 24: said["rss"],
        25: "18446744073709551615", 38: "17",
    }
    return f"{pid} ({said['comm']}) " + " ".join(str(fields.get(number, 0)) for number in range(3, 53))


def control_groups(said):
    """cgroups(7): one line where there is only version 2; one a hierarchy where "cgroup1" is said."""
    if "cgroup1" not in said:
        return [f"0::{said['cgroup']}"]
    return [f"{number}:{name}:{said['cgroup1']}" for number, name in ((9, "memory"), (4, "cpu,cpuacct"), (1, "name=systemd"))]


def write_process(root, head, lines):
    _, pid, *words = head.split(" ")
    said = {**PROCESS_DEFAULTS, **dict(word.split("=", 1) for word in words)}
    own = f"/proc/{pid}"
    uid, page_kib = said["user"], 4
    write_file(root, f"{own}/ owner={uid}", [])
    write_file(root, f"{own}/stat", [stat_line(pid, said)])
    write_file(root, f"{own}/status", [
        f"Name:\t{said['comm']}", f"State:\t{said['state']}", f"Pid:\t{pid}", f"PPid:\t{said['parent']}",
        f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}", f"VmRSS:\t{int(said['rss']) * page_kib:8} kB",
        f"VmSwap:\t{int(said['swap']):8} kB", f"Threads:\t{said['threads']}",
    ])
    write_file(root, f"{own}/cmdline nul", lines)
    write_file(root, f"{own}/cgroup", control_groups(said))
    if said["exe"]:
        write_file(root, f"{own}/exe => {said['exe']}", [])


def users(text):
    """The owners that a tree speaks of: making it needs the right to give files to them."""
    return {int(word) for word in re.findall(r"^-- process .*\buser=(\d+)", text, re.M)} | {
        int(word) for word in re.findall(r"^== .*\bowner=(\d+)", text, re.M)
    }


def materialise(text, root):
    root = pathlib.Path(root)
    for kind, head, lines in entries(text):
        if kind == "==":
            write_file(root, head, lines)
        else:
            write_process(root, head, lines)
