#!/usr/bin/python3
"""How long somebody who has fetched his mail has to wait until he may send some.

    bench_relay_latency.py [--samples N] [--json FILE]

One login after another, each from an address of its own, and the time until a mail server learns of it:

  file     from a line in the log to "OK" at the socket, asked again and again by one client
  rsyslog  from a datagram to /dev/log, through a real rsyslogd with contrib/rsyslog/ and its file, to the same
  hash     from a line in the log to "250" of a real sendmail that reads the hash: to RCPT, in a session that was opened
           and refused before, asked again and again

What asking takes is in it. How fast a machine is, is no property of the project: goals are reported, not asserted.
"""

import argparse
import json
import os
import pathlib
import platform
import socket
import statistics
import sys
import time

import harness
from relay_chain import ANNOTATED, LOGIN, SENDMAIL, TestOfTheChain, start_rsyslogd
from relay_servers import RUN, STRANGER_TO_US, RelaySendmail

GOALS = {"file": 2, "rsyslog": 10, "hash": 20}  # ms, of p99
WARM_UP = 20
PATIENCE_SECONDS = 10
MAIL_INFO = 22  # facility mail, severity info


def load():
    return os.getloadavg()[0]


def summary(seconds, load_before):
    """In milliseconds."""
    values = sorted(value * 1000 for value in seconds)

    def share(ratio):
        return values[min(len(values) - 1, int(len(values) * ratio))]

    return {"n": len(values), "p50": statistics.median(values), "p90": share(0.9), "p99": share(0.99), "max": values[-1],
            "load": [load_before, load()]}


class Socketmap:
    """A mail server that asks."""

    def __init__(self, test):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(harness.PATIENCE)
        self.socket.connect(f"{RUN}/relay.sock")
        test.addCleanup(self.socket.close)

    def may_send(self, address):
        question = f"relay {address}"
        self.socket.sendall(f"{len(question)}:{question},".encode())
        answer = self.socket.recv(4096)
        if answer[-1:] != b",":
            raise AssertionError(f"not an answer: {answer}")
        return b":OK " in answer


def time_until(is_true, begin):
    """Seconds from `begin`, which does it, until it is true."""
    began = time.monotonic()
    begin()
    while not is_true():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise AssertionError("it never comes")
    return time.monotonic() - began


class Bench(TestOfTheChain):
    samples = 1000
    json_path = None

    def addresses(self, network):
        """So many clients of 127.NETWORK.0.0/16, and some to warm up."""
        for number in range(self.samples + WARM_UP):
            yield f"127.{network}.{number // 250}.{number % 250 + 1}"

    def begin_following(self, publish):
        self.daemon({"relay": self.relay(publish=publish, keep="24h")})
        self.log = open(ANNOTATED, "ab", buffering=0)
        self.addCleanup(self.log.close)

    def write_login(self, address):
        now = time.time()
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}+00:00"
        line = LOGIN.format(user=address, address=address)
        self.log.write(f"{at} mx uid=0 pid=21 exe=/usr/lib/dovecot/log dovecot: {line}\n".encode())

    def measure(self, network, one):
        before = load()
        times = [one(address) for address in self.addresses(network)]
        return summary(times[WARM_UP:], before)

    def measure_file(self):
        mail_server = Socketmap(self)

        def one(address):
            self.assertFalse(mail_server.may_send(address))
            return time_until(lambda: mail_server.may_send(address), lambda: self.write_login(address))

        return self.measure(10, one)

    def measure_rsyslog(self):
        start_rsyslogd(self, self.rsyslog_files)
        mail_server = Socketmap(self)
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(sender.close)
        sender.connect("/dev/log")

        def log_in(address):
            at = time.strftime("%b %d %H:%M:%S")
            sender.send(f"<{MAIL_INFO}>{at} dovecot: {LOGIN.format(user=address, address=address)}".encode())

        def one(address):
            self.assertFalse(mail_server.may_send(address))
            return time_until(lambda: mail_server.may_send(address), lambda: log_in(address))

        return self.measure(11, one)

    def measure_hash(self):
        self.before_ours = f"define(`SYSTEMCHECK_RELAY_MAP', `hash -a<MATCH> -T<TMPF> {RUN}/relay')dnl"
        self.server = RelaySendmail(self, self.before_ours)
        self.server.start()

        def one(address):
            session = self.session(address)
            self.denied(session.rcpt(STRANGER_TO_US))
            taken = time_until(lambda: session.say(f"RCPT TO:<{STRANGER_TO_US}>").startswith("250 "),
                               lambda: self.write_login(address))
            session.close()
            return taken

        return self.measure(12, one)

    def test_bench(self):
        self.begin_following([{"socketmap": {"listen": [f"unix:{RUN}/relay.sock"]}},
                              {"sendmail_hash": {"path": f"{RUN}/relay"}}])
        series = {"file": self.measure_file(), "rsyslog": self.measure_rsyslog(), "hash": self.measure_hash()}
        result = {"processors": os.cpu_count(), "kernel": platform.release(), "series": series}
        if self.json_path:
            pathlib.Path(self.json_path).write_text(json.dumps(result, indent=1) + "\n")
        print(table(result))


def table(result):
    lines = [f"{'':<10}{'n':>6}{'p50':>10}{'p90':>10}{'p99':>10}{'max':>10}   {'goal of p99':<14}load"]
    for name, it in result["series"].items():
        figures = "".join(f"{it[key]:>7.2f} ms" for key in ("p50", "p90", "p99", "max"))
        is_met = "met" if it["p99"] <= GOALS[name] else "missed"
        lines.append(f"{name:<10}{it['n']:>6}{figures}   {f'{GOALS[name]} ms: {is_met}':<14}"
                     + " to ".join(f"{value:.1f}" for value in it["load"]))
    return "\n".join(["", f"{result['processors']} processors, Linux {result['kernel']}", *lines, ""])


if __name__ == "__main__":
    harness.enter_own_process_table()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=Bench.samples, help="of each")
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args()
    Bench.samples, Bench.json_path = options.samples, options.json
    Bench.needs_programs = (SENDMAIL, "/usr/sbin/makemap", "m4", "ip", "/usr/sbin/rsyslogd")
    harness.unittest.main(argv=sys.argv[:1], verbosity=1)
