"""What the system tests stand on: the real daemon, real programs, a private corner of this machine.

A test gets a directory of its own, ports that the kernel picked, and processes that all descend from
it: the test is their subreaper, so whatever the daemon or a service leaves behind falls to the test,
which ends it by its process id and says so. Where root runs it, it all happens in a process table of
its own.

Waiting is always for a condition, with a deadline; there is no sleep that hopes.
"""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SYSTEMCHECK_BUILD", SOURCE / "build"))
MIBS = SOURCE / "mibs"

PATIENCE = float(os.environ.get("SYSTEMCHECK_PATIENCE", "30"))
POLL_SECONDS = 0.005
PR_SET_CHILD_SUBREAPER = 36


def program(name):
    """One of ours, from the build tree."""
    return str(BUILD / name)


def wait_until(condition, what, seconds=PATIENCE):
    """The first true value of condition(); fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds:g} s still waiting for: {what() if callable(what) else what}")
        time.sleep(POLL_SECONDS)


def holds_for(condition, seconds, what):
    """condition() is true the whole time: for what must *not* happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            raise AssertionError(what() if callable(what) else what)
        time.sleep(POLL_SECONDS)


def free_port(kind=socket.SOCK_STREAM):
    """For a server that begins later. Not one of those that the kernel gives to clients: one of them could have it by then."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(lowest // 2, lowest)
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, kind) as sock:
            sock.bind(("127.0.0.1", port))
            return port


# --- processes ---------------------------------------------------------------------------------

_own_children = set()  # that a Popen object waits for
_births = threading.Lock()  # held while one is born: it may die before it is noted


def popen(argv, **kwargs):
    """A child of ours that the reaper leaves to its Popen object. Every child of a test is made here."""
    with _births:
        child = subprocess.Popen([str(word) for word in argv], **kwargs)
        _own_children.add(child.pid)
    return child


def run(argv, said=None, environment=None):
    """Runs a command to its end: exit code, stdout and stderr as text."""
    source = {"stdin": subprocess.DEVNULL} if said is None else {"stdin": subprocess.PIPE}
    child = popen(argv, **source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                  env={**os.environ, **(environment or {})})
    try:
        output, errors = child.communicate(said, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        raise AssertionError(f"{argv} does not end: {child.communicate()}") from None
    finally:
        _own_children.discard(child.pid)
    return subprocess.CompletedProcess(argv, child.returncode, output, errors)


def stat_fields(pid):
    """The fields of /proc/PID/stat after the name, or None when there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return text[text.rindex(b")") + 2 :].split()


def is_alive(pid):
    fields = stat_fields(pid)
    return fields is not None and fields[0] not in (b"Z", b"X")


def identity(pid):
    """(pid, start time): what tells one process from a later one of the same number."""
    fields = stat_fields(pid)
    return (pid, int(fields[19])) if fields else None


def age_seconds(pid):
    """Since it was started."""
    fields = stat_fields(pid)
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK") if fields else 0


def does_kernel_tell_ends():
    """Whether a pidfd tells how a process ended that another one has reaped: from Linux 6.15 on."""
    release = os.uname().release.split(".")
    return (int(release[0]), int(re.match(r"\d+", release[1]).group())) >= (6, 15)


def every_pid():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def descendants(of=None):
    """Living descendants of a process, of this one by default."""
    children = {}
    for pid in every_pid():
        fields = stat_fields(pid)
        if fields and fields[0] not in (b"Z", b"X"):
            children.setdefault(int(fields[1]), []).append(pid)
    found, queue = [], [of or os.getpid()]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def executable(pid):
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe")
    return ""


def command_line(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def running(path):
    """Our descendants that run this executable."""
    return sorted(pid for pid in descendants() if executable(pid) == str(path))


def read_pid(path):
    with contextlib.suppress(OSError, ValueError):
        return int(pathlib.Path(path).read_text())
    return None


def reap_orphans():
    """Buries what fell to us and nobody waits for."""
    with _births:
        while True:
            try:
                dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if dead is None:
                return
            if dead.si_pid in _own_children:
                break  # It stands in front until its Popen object waits: look behind it.
            with contextlib.suppress(ChildProcessError):  # Somebody else was quicker.
                os.waitpid(dead.si_pid, 0)
        for pid in every_pid():
            fields = stat_fields(pid)
            if fields and fields[0] == b"Z" and int(fields[1]) == os.getpid() and pid not in _own_children:
                with contextlib.suppress(ChildProcessError):  # Its Popen object was quicker, and has forgotten it since.
                    os.waitpid(pid, 0)


def become_reaper():
    """As the first process of a machine does, at once and whatever a test is busy with: a daemon that finds
    the process of its pid file to be a zombie takes it for alive and refuses to start."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    look, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def work():
        while os.read(look, 4096):
            reap_orphans()

    threading.Thread(target=work, daemon=True).start()


def end_all(pids, seconds=10):
    """Ends these processes, kindly first. Only ever called with our own descendants."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not any(is_alive(pid) for pid in pids), "processes to end", seconds / 2)
            return


# --- what the daemon says ----------------------------------------------------------------------

_SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')


class Metrics:
    """One exposition, by name and labels."""

    def __init__(self, text):
        self.text = text
        self.samples = {}
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            name, labels, value = _SAMPLE.match(line).groups()
            key = (name, frozenset(_LABEL.findall(labels or "")))
            if key in self.samples:
                raise AssertionError(f"said twice: {line}")
            self.samples[key] = float(value)

    def __call__(self, name, **labels):
        """One sample; a missing one is a KeyError that names it."""
        return self.samples[(name, frozenset(labels.items()))]

    def get(self, name, default=None, **labels):
        return self.samples.get((name, frozenset(labels.items())), default)

    def family(self, name):
        """{labels as dict items: value} of all samples of one name."""
        return {labels: value for (one, labels), value in self.samples.items() if one == name}

    def by(self, name, label):
        """{value of this label: sample}, for families that a label tells apart."""
        return {dict(labels)[label]: value for labels, value in self.family(name).items()}

    def state(self, service):
        """The word of a service's state set, which must have exactly one."""
        words = [
            dict(labels)["state"]
            for labels, value in self.family("systemcheck_service_state").items()
            if dict(labels)["service"] == service and value == 1
        ]
        if len(words) != 1:
            raise AssertionError(f"{service}: {len(words)} states at once: {words}")
        return words[0]


def write_config(path, config):
    """JSON is YAML, so a dict is enough."""
    text = config if isinstance(config, str) else json.dumps(config, indent=2)
    scratch = pathlib.Path(f"{path}.new")
    scratch.write_text(text)
    scratch.rename(path)


class Daemon:
    """One systemcheckd with a configuration of its own, ready when the constructor returns (unless not awaited)."""

    def __init__(self, test, config, args=(), wrapper=(), is_awaited=True):
        self.test = test
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="daemon-", dir=test.directory))
        self.config_path = self.directory / "systemcheck.yaml"
        self.log_path = self.directory / "log"
        self.socket_path = self.directory / "control.sock"
        self.config = {
            "cycle": "1s",
            "discover": False,
            "state_directory": str(self.directory / "state"),
            "control_socket": str(self.socket_path),
            "http": {"listen": ["127.0.0.1:0"]},
            "snmp": {"mode": "disabled"},
            # How full and how busy the machine of the tests is concerns none but those that say so.
            "disks": {"warn": "99.9%", "critical": "100%"},
            "load": {"warn_per_cpu": 1000},
            **config,
        }
        (self.directory / "state").mkdir(mode=0o700)
        write_config(self.config_path, self.config)
        with open(self.log_path, "wb") as log:
            self.process = test.spawn(
                [*wrapper, program("systemcheckd"), "--config", self.config_path, *args], log)
        self.port = int(self.logged(r"listening on https?://127\.0\.0\.1:(\d+)").group(1))
        if self.config["snmp"].get("mode", "agent") == "agent":
            self.snmp_port = int(self.logged(r"listening on udp:127\.0\.0\.1:(\d+)").group(1))
        if is_awaited:
            wait_until(lambda: self.http("/-/ready")[0] == 200, lambda: f"readiness\n{self.log()}")

    def signal(self, number):
        """To the daemon itself, also where something stands around it."""
        whole_tree = [self.process.pid, *descendants(self.process.pid)]
        os.kill(next(pid for pid in whole_tree if executable(pid) == program("systemcheckd")), number)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def logged(self, pattern):
        """Waits for a line of its log; a daemon that has ended will not write it any more."""

        def look():
            found = re.search(pattern, self.log())
            if not found and self.process.poll() is not None:
                raise AssertionError(f"systemcheckd ended with {self.process.returncode}:\n{self.log()}")
            return found

        return wait_until(look, lambda: f"{pattern!r} in the log\n{self.log()}")

    def http(self, path, headers=None):
        """(status, body, headers)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            connection.close()

    def metrics(self):
        status, body, _ = self.http("/metrics")
        self.test.assertEqual(status, 200)
        return Metrics(body)

    def wait_metrics(self, condition, what, seconds=PATIENCE):
        """The first metrics for which condition(metrics) holds."""
        seen = []

        def look():
            seen[:] = [self.metrics()]
            return condition(seen[0])

        def explain():
            services = "\n".join(
                line for line in seen[0].text.splitlines() if line.startswith("systemcheck_service") and line.endswith(" 1")
            )
            return f"{what}\n{services}\n--- log\n{self.log()}"

        wait_until(look, explain, seconds)
        return seen[0]

    def wait_state(self, service, *states, seconds=PATIENCE):
        return self.wait_metrics(lambda m: m.state(service) in states, f"{service} to be {' or '.join(states)}", seconds)

    def wait_restarted(self, service, times, seconds=PATIENCE):
        """Up again after so many attempts in all. What is published may be a tenth of a second old, so that
        "up" alone can still mean the old process."""
        return self.wait_metrics(
            lambda m: m.state(service) == "up"
            and m("systemcheck_service_restarts_total", service=service, reason="down") == times,
            f"{service} to be up after {times} restart(s)", seconds)

    def wait_cycles(self, count):
        """Metrics after so many further whole cycles."""
        goal = self.metrics()("systemcheck_cycles_total") + count
        return self.wait_metrics(lambda m: m("systemcheck_cycles_total") >= goal, f"{count} more cycles")

    def reload(self, config=None, text=None):
        if config is not None:
            self.config = {**self.config, **config}
        write_config(self.config_path, text if text is not None else self.config)
        self.signal(signal.SIGHUP)

    def ctl(self, *args):
        return run([program("systemcheckctl"), "--socket", self.socket_path, *args])

    def status(self):
        result = self.ctl("status", "--json")
        # 1 and 2: the machine has a warning, or something critical.
        self.test.assertIn(result.returncode, (0, 1, 2), result.stderr)
        return json.loads(result.stdout)

    def community(self):
        return (self.directory / "state" / "snmp-community").read_text().strip()

    def stop(self):
        """Asks it to end and returns its exit code."""
        self.signal(signal.SIGTERM)
        code = self.process.wait(timeout=PATIENCE)
        return code


class SystemTest(unittest.TestCase):
    """A directory, processes that are cleaned up, and the daemon."""

    needs_root = False
    needs_own_table = False
    needs_programs = ()
    is_reaper = False

    @classmethod
    def setUpClass(cls):
        if cls.needs_root and os.geteuid() != 0:
            raise unittest.SkipTest("only root can run this")
        if cls.needs_own_table and OWN_TABLE not in os.environ:
            raise unittest.SkipTest("needs a process table of its own, and this machine lets nobody make one")
        for path in cls.needs_programs:
            if not shutil.which(path):
                raise unittest.SkipTest(f"{path} is not installed (see tests/system/packages.txt)")
        if not SystemTest.is_reaper:
            become_reaper()
            SystemTest.is_reaper = True

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="systemcheck-"))
        self.directory.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.children = []
        self.addCleanup(self.end_everything)

    def spawn(self, argv, output=subprocess.DEVNULL, **kwargs):
        """A child in a session of its own, ended with the test."""
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        child = popen(argv, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **kwargs)
        self.children.append(child)
        return child

    def run_ok(self, argv):
        """Runs a command to its end and returns what it wrote; fails with its words."""
        result = run(argv)
        self.assertEqual(result.returncode, 0, f"{argv}: {result.stdout}{result.stderr}")
        return result.stdout

    def daemon(self, config, args=(), wrapper=(), is_awaited=True):
        return Daemon(self, config, args, wrapper, is_awaited)

    def crowd(self, size):
        """So many idle processes, to be ended with the test."""
        self.spawn(["/bin/bash", "-c", f"for i in $(seq {size}); do /usr/bin/sleep 1000000 & done; wait"])
        wait_until(lambda: len(descendants()) >= size, "the crowd")

    def end_everything(self):
        """The daemon first, so that it does not bring back what is being ended; then all that is left."""
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
        for child in self.children:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(timeout=10)
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()
            _own_children.discard(child.pid)
        end_all(descendants())
        reap_orphans()
        left = {pid: command_line(pid) for pid in descendants()}
        self.assertEqual(left, {}, "left running")

    def kill(self, pid):
        """kill -9, for descendants of this test only."""
        self.assertIn(pid, descendants(), "not ours to kill")
        os.kill(pid, signal.SIGKILL)


SKIPPED = 77  # what ctest takes for "not run"


OWN_TABLE = "SYSTEMCHECK_OWN_PROCESS_TABLE"


def enter_own_process_table():
    """Runs this program anew in a process table, a network, a name and a /run of its own, where that is possible: the
    daemon then neither sees nor touches what else runs on this machine, a web server of the same path included,
    a port that the kernel picked stays free until it is used, and no other test takes a directory away."""
    into = ["unshare", "--pid", "--mount", "--net", "--uts", "--fork", "--kill-child", "--mount-proc"]
    may = os.geteuid() == 0 and OWN_TABLE not in os.environ and shutil.which("unshare")
    if may and subprocess.run([*into, "true"], check=False, capture_output=True).returncode == 0:
        os.environ[OWN_TABLE] = "yes"
        # Not as its first process: sshd takes a child of that one for a daemon already.
        inside = 'ip link set lo up && mount -t tmpfs -o mode=755 tmpfs /run || exit 1; "$@"; exit $?'
        first = ["/bin/sh", "-c", inside, "sh"]
        os.execvp(into[0], [*into, *first, sys.executable, "-B", *sys.argv])


def main(in_own_table=True):
    if in_own_table:
        enter_own_process_table()
    result = unittest.main(verbosity=2, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    # A class that is skipped as a whole has run no test.
    sys.exit(SKIPPED if result.skipped and not result.testsRun else 0)
