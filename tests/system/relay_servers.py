"""Mail servers that let those send who have just fetched their mail: a real sendmail and a real Postfix with the very
files of contrib/, several clients (each an address of the loopback), and the table that they ask."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess

import harness
from real_programs import Program, Sendmail

# Neither mail server reads a map from below a directory in which everybody may write, as /tmp is. /run is the test's own.
RUN = pathlib.Path("/run/systemcheck")
CONTRIB = harness.SOURCE / "contrib"
LISTED, UNLISTED, FAR, BLOCKED = "127.1.2.3", "127.1.2.4", "127.200.3.4", "127.1.2.66"
KNOWN_ANYWAY = "127.1.2.7"  # the mail server's own configuration lets it relay
LISTED6, WHOLE6 = "2001:db8::5", "2001:db8:1:2:3:4:5:6"
LONGER6 = "2001:db8::5:6"  # begins as the text of LISTED6 does
CLIENTS = (LISTED, UNLISTED, FAR, BLOCKED, KNOWN_ANYWAY, LISTED6, WHOLE6, LONGER6)
STRANGER_TO_US = "user@elsewhere.example"
LOCAL = "root@mail.example.test"
BLOCKED_RECIPIENT = "blocked@elsewhere.example"


class Table:
    """relay_maps: the table and the maps, told by lines."""

    def __init__(self, test, maps, keep=900):
        self.test = test
        self.argv = [harness.program("tests/relay_maps"), str(keep)]
        for kind, place, group in maps:
            self.argv += [kind, place, group]
        self.start()

    def start(self):
        self.process = self.test.spawn(self.argv, subprocess.PIPE, stdin=subprocess.PIPE)
        self.test.assertEqual(self.answer(), "ready")

    def answer(self):
        return self.process.stdout.readline().decode().strip()

    def tell(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words).encode() + b"\n")
        self.process.stdin.flush()
        return self.answer()

    def log_in(self, address, user="alice"):
        self.test.assertIn(self.tell("login", address, user), ("granted", "refreshed"))

    def remove(self, address):
        self.test.assertEqual(self.tell("remove", address), "removed")

    def stop_answering(self):
        """It is there, and says nothing."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=harness.PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


class Session:
    """One SMTP session of a client that is asked again and again."""

    def __init__(self, client, port, patience=harness.PATIENCE):
        family = socket.AF_INET6 if ":" in client else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(patience)
        self.socket.bind((client, 0))
        self.socket.connect(("::1" if ":" in client else "127.0.0.1", port))
        self.stream = self.socket.makefile("rb")
        self.greeting = self.reply()
        self.say("EHLO client.example.test")

    def close(self):
        self.stream.close()
        self.socket.close()

    def reply(self):
        while True:
            line = self.stream.readline().decode(errors="replace")
            if not line or line[3:4] != "-":
                return line.strip()

    def say(self, words):
        self.socket.sendall(words.encode() + b"\r\n")
        return self.reply()

    def rcpt(self, recipient):
        """The answer to it in a transaction of its own."""
        self.say("RSET")
        answer = self.say("MAIL FROM:<sender@sender.example>")
        if not answer.startswith("250"):
            return answer
        return self.say(f"RCPT TO:<{recipient}>")


def own_name_service(test, directory):
    """The names of the clients, without asking anybody on a network."""
    hosts = "".join(f"{address} client{number}.example.test\n" for number, address in enumerate(CLIENTS))
    for name, text in (("hosts", f"127.0.0.1 {Sendmail.HOST} localhost\n::1 localhost\n{hosts}"),
                       ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n"),
                       ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")):
        file = directory / f"etc.{name}"
        file.write_text(text)
        test.run_ok(["mount", "--bind", file, f"/etc/{name}"])
        test.addCleanup(test.run_ok, ["umount", f"/etc/{name}"])
    for address in (LISTED6, WHOLE6, LONGER6):
        test.run_ok(["ip", "address", "add", f"{address}/128", "dev", "lo", "nodad"])
        test.addCleanup(test.run_ok, ["ip", "address", "del", f"{address}/128", "dev", "lo"])


class RelaySendmail(Sendmail):
    """As Debian configures it where that matters: lists of who and what is blocked, and contrib/sendmail."""

    def __init__(self, test, before_ours="dnl"):
        """`before_ours`: what an administrator writes before the line that includes our file."""
        self.before_ours = before_ours
        super().__init__(test)

    def name_the_host(self):
        before = socket.gethostname()
        socket.sethostname(self.HOST)
        self.test.addCleanup(socket.sethostname, before)
        own_name_service(self.test, self.directory)

    def configure(self):
        super().configure()
        access = RUN / "access"
        access.write_text(f"To:{BLOCKED_RECIPIENT} REJECT\nConnect:{BLOCKED} REJECT\nConnect:{KNOWN_ANYWAY} RELAY\n")
        self.test.run_ok(["/bin/sh", "-c", f"/usr/sbin/makemap hash {access} < {access}"])
        (self.directory / "service.switch").write_text("hosts files\naliases files\npasswd files\n")
        macros = self.directory / "sendmail.mc"
        more = f"""
FEATURE(`access_db', `hash -T<TMPF> {access}')dnl
FEATURE(`blocklist_recipients')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`confSERVICE_SWITCH_FILE', `{self.directory}/service.switch')dnl
define(`confDELIVERY_MODE', `queueonly')dnl
define(`confCONNECTION_RATE_THROTTLE', `0')dnl
DAEMON_OPTIONS(`Name=MTA6, Family=inet6, Addr=::1, Port={self.port}')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
{self.before_ours}
include(`{CONTRIB}/sendmail/systemcheck-relay.m4')
"""
        macros.write_text(macros.read_text() + more)
        conf = self.directory / "sendmail.cf"
        conf.write_text(self.test.run_ok(["m4", macros]))
