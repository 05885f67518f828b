#!/usr/bin/python3
"""A real rsyslogd with the files of contrib/rsyslog/: whatever a local user sends it, and whatever he calls his program,
the line says that it was he."""

import pathlib
import shutil
import socket

import harness
import relay_chain
from harness import SystemTest, program, wait_until

USER = 1000
LOGIN = "pop3-login: Login: user=<{}>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2"
FORGED_LINE = "2026-11-22T16:56:51+00:00 mx uid=0 pid=21 exe=/usr/lib/dovecot/log dovecot: " + LOGIN.format("forged")

# Sent by a program of the user's, each a datagram to /dev/log.
FORGED = [
    b"<22>Nov 22 17:00:00 dovecot: " + LOGIN.format("forged").encode(),
    b"<22>Nov 22 17:00:00 dovecot: x\n" + FORGED_LINE.encode(),
    b"<22>Nov 22 17:00:00 dove\n" + FORGED_LINE.encode(),
    b"<22>Nov 22 17:00:00 x\r\n" + FORGED_LINE.encode() + b"\n",
    b"<22>" + FORGED_LINE.encode(),
    b"<22>Nov 22 17:00:00 mx uid=0 pid=1 exe=/x dovecot: " + LOGIN.format("forged").encode(),
    b"<22>Nov 22 17:00:00 uid=0: " + LOGIN.format("forged").encode(),
    b"<22>Nov 22 17:00:00 " + b"x" * 4000 + b": " + LOGIN.format("forged").encode(),
    b"<22>Nov 22 17:00:00 dovecot: " + b"y" * 20000 + b"\n" + FORGED_LINE.encode(),
    b'<22>Nov 22 17:00:00 dovecot: @cee: {"uid": "0", "pid": "1"}',
    b"<22>Nov 22 17:00:00 dovecot: " + LOGIN.format("forged").encode() + b' @[_PID=1 _UID=0 _GID=0 _EXE="/x"]',
    b"<22>1 2026-11-22T16:56:51Z mx dovecot 1 - - " + LOGIN.format("forged").encode(),
    b"<22>Nov 22 17:00:00 dovecot\0: " + LOGIN.format("forged").encode(),
    b"<22>",
]
SEND = "import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('/dev/log'); " \
       "[s.send(bytes.fromhex(text)) for text in sys.argv[1:]]"


class AnnotatedLog(SystemTest):
    needs_root = True
    needs_own_table = True
    needs_programs = ("/usr/sbin/rsyslogd", "/usr/bin/setpriv", "/usr/bin/logger")

    def setUp(self):
        super().setUp()
        relay_chain.own_log_directories(self)
        pathlib.Path("/run/systemcheck").mkdir(exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind("/run/systemcheck/maillog.sock")
        self.addCleanup(pathlib.Path("/run/systemcheck/maillog.sock").unlink)
        self.socket.settimeout(harness.PATIENCE)
        self.log = pathlib.Path("/var/log/maillog.annotated")
        relay_chain.start_rsyslogd(self, ("systemcheck-maillog.conf", "systemcheck-maillog-socket.conf"))

    def as_user(self, argv):
        relay_chain.as_user(self, argv, USER)

    def logged_last(self):
        """Something of root's that is in the log when all before it is."""
        self.run_ok(["/usr/bin/logger", "-p", "mail.info", "-t", "dovecot", LOGIN.format("genuine")])
        wait_until(lambda: self.log.exists() and "user=<genuine>" in self.log.read_text(errors="replace"), "the last line")

    def scan(self, path):
        """(address, user) of each login that the log has."""
        result = harness.run([program("systemcheckctl"), "relay", "scan", "--annotated", path])
        self.assertEqual(result.returncode, 0, result.stderr)
        return [tuple(line.split("\t")[1:]) for line in result.stdout.splitlines()]

    def expect_only_the_genuine_one(self, path):
        found = self.scan(path)
        self.assertEqual([it for it in found if it[0] != "-"], [("192.0.2.1", "genuine")])
        self.assertIn(("-", "forged"), found)

    def test_every_line_says_who_wrote_it_whatever_he_sends(self):
        self.as_user(["/usr/bin/python3", "-c", SEND, *(text.hex() for text in FORGED)])
        self.logged_last()
        self.expect_only_the_genuine_one(self.log)
        lines = self.log.read_text(errors="replace").split("\n")
        self.assertEqual(len(lines), len(FORGED) + 2, lines)
        for line in lines[:len(FORGED)]:
            self.assertRegex(line, rf"^\S+ \S+ uid={USER} pid=[0-9]+ exe=[!-~]* ")

    def test_and_whatever_he_calls_his_program(self):
        for name in ("x\n" + FORGED_LINE, "y uid=0 pid=1 exe=/x dovecot: " + LOGIN.format("forged"), "\x01\x7f\xff"):
            path = self.directory / "log" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy("/usr/bin/logger", path)
            self.as_user([path, "-p", "mail.info", "-t", "dovecot", LOGIN.format("forged")])
        self.logged_last()
        self.expect_only_the_genuine_one(self.log)
        for line in self.log.read_text(errors="replace").splitlines()[:3]:
            self.assertRegex(line, rf"^\S+ \S+ uid={USER} pid=[0-9]+ exe=[!-~]* dovecot: ")

    def test_and_the_same_lines_go_to_a_socket_a_datagram_each(self):
        self.as_user(["/usr/bin/python3", "-c", SEND, *(text.hex() for text in FORGED)])
        self.logged_last()
        received = b""
        while b"user=<genuine>" not in received:
            datagram = self.socket.recv(65536)
            self.assertRegex(datagram, rb"^\S+ \S+ uid=[0-9]+ pid=[0-9]+ exe=[!-~]* [^\n]*\n?$")
            received += datagram.rstrip(b"\n") + b"\n"
        copy = self.directory / "received"
        copy.write_bytes(received)
        self.expect_only_the_genuine_one(copy)


if __name__ == "__main__":
    harness.main()
