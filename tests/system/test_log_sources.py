#!/usr/bin/python3
"""Where lines come from, with those who really write them: rsyslog into files that are rotated under it and into a
socket of ours, and systemd's journal. Beside them a program that follows with what the daemon follows with."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess

import harness
from harness import SystemTest, wait_until

RSYSLOGD = "/usr/sbin/rsyslogd"
JOURNALD = pathlib.Path("/lib/systemd/systemd-journald")
FOLLOWER = "tests/follow_log"
NOBODY = 65534
MAIL_INFO = 22  # facility mail, severity info


def send(path, text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), str(path))


def send_as(user, path, text):
    """The same, as somebody else: what the kernel says of the sender is true. Tells whether he could."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            os.setgid(user)
            os.setuid(user)
            send(path, text)
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


class LogSources(SystemTest):
    needs_root = True

    def follow(self, kind, path, place=None):
        """Its output grows; what it says of itself stands after a #."""
        self.followers = getattr(self, "followers", 0) + 1
        lines = self.directory / f"lines{self.followers}"
        with lines.open("wb") as out:
            argv = [harness.program(FOLLOWER), kind, path, *([place] if place else [])]
            follower = self.spawn(argv, output=out)
        wait_until(lambda: "# ready" in lines.read_text() or follower.poll() is not None, "the follower")
        self.assertIsNone(follower.poll(), lines.read_text())
        return follower, lines

    def wait_lines(self, lines, expected):
        def look():
            return [line for line in lines.read_text().splitlines() if not line.startswith("#")]

        wait_until(lambda: len(look()) >= len(expected), lambda: f"{expected}, but there is {look()}")
        self.assertEqual([line[line.index("line"):] for line in look()], expected)

    def rsyslogd(self, action):
        if not pathlib.Path(RSYSLOGD).exists():
            self.skipTest("there is no rsyslogd")
        self.input, pidfile = self.directory / "dev-log", self.directory / "rsyslogd.pid"
        conf = self.directory / "rsyslog.conf"
        conf.write_text(f"""
            global(workDirectory="{self.directory}")
            module(load="imuxsock" SysSock.Use="off")
            input(type="imuxsock" Socket="{self.input}" CreatePath="on" RateLimit.Interval="0")
            {action}
        """)
        child = self.spawn([RSYSLOGD, "-n", "-i", str(pidfile), "-f", str(conf)])
        wait_until(lambda: self.input.exists() or child.poll() is not None, "rsyslogd")
        self.assertIsNone(child.poll(), "rsyslogd ended")
        return child

    def say(self, text):
        send(self.input, f"<{MAIL_INFO}>Nov 27 15:00:00 dovecot: {text}")

    def test_rsyslog_writes_a_file_that_is_rotated_in_every_way(self):
        log = self.directory / "maillog"
        daemon = self.rsyslogd(f'action(type="omfile" file="{log}")')
        place = self.directory / "place"
        follower, lines = self.follow("file", log, place)
        expected = []

        def speak(count=50):
            for _ in range(count):
                expected.append(f"line {len(expected)}")
                self.say(expected[-1])
            self.wait_lines(lines, expected)

        speak()
        log.rename(self.directory / "maillog.1")
        speak()  # It writes on to the old one.
        daemon.send_signal(signal.SIGHUP)
        # It goes on with the old one until it has come to the signal.
        wait_until(lambda: speak() or log.exists(), "the new log")
        shutil.copyfile(log, self.directory / "maillog.0")
        os.truncate(log, 0)
        speak()
        log.unlink()
        speak()
        daemon.send_signal(signal.SIGHUP)
        speak()

        # Away, and back: nothing is missing and nothing comes twice.
        follower.terminate()
        self.assertEqual(follower.wait(timeout=harness.PATIENCE), 0)
        missed = []

        def speak_unheard():
            missed.append(f"line {len(expected) + len(missed)}")
            self.say(missed[-1])

        speak_unheard()
        wait_until(lambda: log.exists() and missed[0] in log.read_text(), "what rsyslog writes")
        log.rename(self.directory / "maillog.1")
        daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: log.exists() or speak_unheard(), "the new log")
        wait_until(lambda: speak_unheard() or missed[-1] in log.read_text(), "what rsyslog writes")
        _, lines = self.follow("file", log, place)
        self.wait_lines(lines, missed)
        self.assertNotIn("may be missing", lines.read_text())

    def test_rsyslog_sends_to_our_socket_and_nobody_else_can(self):
        path = self.directory / "lines.sock"
        _, lines = self.follow("socket", path)
        self.rsyslogd(f"""
            $ModLoad omuxsock
            $template line,"%timestamp% %hostname% %syslogtag%%msg%"
            $OMUxSockSocket {path}
            *.* :omuxsock:;line
        """)
        self.directory.chmod(0o755)
        self.say("line 0")
        self.wait_lines(lines, ["line 0"])
        self.assertFalse(send_as(NOBODY, path, "line forged"), "he should not even reach it")
        path.chmod(0o666)
        self.assertTrue(send_as(NOBODY, path, "line forged"))
        self.say("line 1")
        self.wait_lines(lines, ["line 0", "line 1"])

    def journald(self):
        if not JOURNALD.exists():
            self.skipTest("there is no systemd-journald")
        if harness.OWN_TABLE not in os.environ:
            self.skipTest("without a /run of our own the journal would be this machine's")
        run = pathlib.Path("/run/systemd/journal")
        run.mkdir(parents=True)
        machine = pathlib.Path("/run/machine-id")
        machine.write_text("0123456789abcdef0123456789abcdef\n")
        for source, target in ((machine, "/etc/machine-id"), (self.directory, "/var/log")):
            if pathlib.Path(target).exists():
                subprocess.run(["mount", "--bind", source, target], check=True)
        self.spawn([str(JOURNALD)])
        wait_until((run / "socket").exists, "systemd-journald")
        wait_until(lambda: list(pathlib.Path("/run/log/journal").glob("*/system.journal")), "its first file")
        return run / "socket"

    def test_the_journal_knows_who_wrote_a_message(self):
        native = self.journald()
        directory = next(pathlib.Path("/run/log/journal").glob("*"))
        place = self.directory / "place"
        message = "PRIORITY=6\nSYSLOG_FACILITY={}\nSYSLOG_IDENTIFIER=dovecot\nSYSLOG_PID=42\nMESSAGE={}\n"
        send(native, message.format(2, "before"))
        wait_until(lambda: "before" in self.run_ok(["journalctl", "-o", "cat", "-D", str(directory)]), "journald")
        follower, lines = self.follow("journal", directory, place)
        send(native, message.format(2, "line 0"))
        send(native, message.format(3, "line of another facility"))
        self.assertTrue(send_as(NOBODY, native, message.format(2, "line 1") + "_UID=0\n_EXE=/usr/sbin/dovecot\n"))
        self.wait_lines(lines, ["line 0", "line 1"])
        by_root, by_nobody = [text for text in lines.read_text().splitlines() if not text.startswith("#")]
        self.assertRegex(by_root, r"^uid=0 exe=\S+ dovecot\[42\]: line 0$")
        self.assertRegex(by_nobody, rf"^uid={NOBODY} ")
        self.assertNotIn("/usr/sbin/dovecot", by_nobody)

        # Away, and back.
        follower.terminate()
        self.assertEqual(follower.wait(timeout=harness.PATIENCE), 0)
        send(native, message.format(2, "line 2"))
        _, lines = self.follow("journal", directory, place)
        self.wait_lines(lines, ["line 2"])
        self.assertNotIn("may be missing", lines.read_text())


if __name__ == "__main__":
    harness.main()
