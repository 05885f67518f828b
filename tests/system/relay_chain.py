"""All that stands between somebody who fetches his mail and the mail that he then sends: a real Dovecot, a real rsyslogd
with the files of contrib/rsyslog/, the daemon, and a real sendmail with contrib/sendmail/. Each test has a /dev/log and
a /var/log of its own."""

import json
import os
import pathlib
import signal
import socket

import harness
from harness import SOURCE, wait_until
from real_programs import Dovecot
from relay_servers import RUN, RelaySendmail, TestOfAMailServer

NOBODY = 65534
ANNOTATED = pathlib.Path("/var/log/maillog.annotated")
PLAIN = pathlib.Path("/var/log/maillog")
LINES = RUN / "maillog.sock"
SENDMAIL = "/usr/libexec/sendmail/sendmail"
LOGIN = "pop3-login: Login: user=<{user}>, method=PLAIN, rip={address}, lip=192.0.2.2, mpid=7, session=<aaaaaaaaaaaaaaaa>"


def own_log_directories(test):
    """A /dev and a /var/log that end with the test."""
    for name, place in (("dev", "/dev"), ("log", "/var/log")):
        (test.directory / name).mkdir()
        if name == "dev":
            for node, minor in (("null", 3), ("zero", 5), ("urandom", 9)):
                test.run_ok(["mknod", "-m", "666", test.directory / name / node, "c", "1", str(minor)])
        test.run_ok(["mount", "--bind", test.directory / name, place])
        test.addCleanup(harness.run, ["umount", "--lazy", place])


def start_rsyslogd(test, names, more=""):
    """With these files of contrib/rsyslog/; it listens on /dev/log."""
    config = test.directory / "rsyslog.conf"
    included = "".join(f"$IncludeConfig {SOURCE}/contrib/rsyslog/{name}\n" for name in names)
    config.write_text("$PrivDropToUser root\n" + included + more)
    test.run_ok(["/usr/sbin/rsyslogd", "-N1", "-f", config])
    child = test.spawn(["/usr/sbin/rsyslogd", "-n", "-f", config, "-i", test.directory / "rsyslogd.pid"])
    wait_until(pathlib.Path("/dev/log").exists, "rsyslogd's socket")
    return child


def as_user(test, argv, user=NOBODY):
    test.run_ok(["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups", *argv])


class LoggingDovecot(Dovecot):
    """It logs as it is installed to: to the system's log. Whatever a client calls himself, his password is "secret", and
    whoever has a wrong one need not wait."""

    MORE = """
log_path = syslog
auth_username_chars =
auth_username_format = %u
auth_failure_delay = 0
mail_max_userip_connections = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
"""

    def __init__(self, test, more=""):
        self.more = more
        super().__init__(test)

    def configure(self):
        super().configure()
        (self.directory / "mail").mkdir()
        os.chown(self.directory / "mail", NOBODY, NOBODY)
        conf = pathlib.Path(self.start_argv[2])
        conf.write_text(conf.read_text() + self.MORE + self.more)

    def talk(self, client, port, lines):
        """The last line that it said to each of ours."""
        with socket.create_connection(("127.0.0.1", port), harness.PATIENCE, (client, 0)) as connection:
            stream = connection.makefile("rwb")
            said = [stream.readline()]
            for line in lines:
                stream.write(line.encode() + b"\r\n")
                stream.flush()
                said.append(stream.readline())
                while said[-1].startswith(b"* "):
                    said[-1] = stream.readline()
            stream.close()
        return said[1:]

    def fetch_by_pop3(self, client, user="alice", password="secret"):
        """Whether he was let in."""
        return self.talk(client, self.port, [f"USER {user}", f"PASS {password}", "QUIT"])[1].startswith(b"+OK")

    def fetch_by_imap(self, client, user="alice", password="secret"):
        quoted = user.replace("\\", "\\\\").replace('"', '\\"')
        return self.talk(client, self.imap_port, [f'a LOGIN "{quoted}" {password}', "b LOGOUT"])[0].startswith(b"a OK")


class TestOfTheChain(TestOfAMailServer):
    needs_programs = (SENDMAIL, "/usr/sbin/makemap", "m4", "ip", "/usr/sbin/dovecot", "/usr/sbin/rsyslogd",
                      "/usr/bin/setpriv", "/usr/bin/logger")
    rsyslog_files = ("systemcheck-maillog.conf",)
    rsyslog_more = ""
    logs = ({"file": str(ANNOTATED), "origin": "annotated"},)
    before_ours = "dnl"

    def setUp(self):
        super().setUp()
        own_log_directories(self)

    def relay(self, **more):
        return {"enabled": True, "logs": list(self.logs), "keep": "1m", "never": [],
                "publish": [{"socketmap": {"listen": [f"unix:{RUN}/relay.sock"]}}], **more}

    def begin(self, dovecot="", **relay):
        self.rsyslogd = start_rsyslogd(self, self.rsyslog_files, self.rsyslog_more)
        self.systemcheckd = self.daemon({"relay": self.relay(**relay)})
        self.dovecot = LoggingDovecot(self, dovecot)
        self.dovecot.start()
        self.server = RelaySendmail(self, self.before_ours)
        self.server.start()

    def kill_daemon(self):
        self.systemcheckd.signal(signal.SIGKILL)
        self.systemcheckd.process.wait(timeout=harness.PATIENCE)

    def daemon_again(self):
        """Another one, on the state directory of the last."""
        before = self.systemcheckd
        self.systemcheckd = self.daemon({"relay": before.config["relay"],
                                         "state_directory": before.config["state_directory"]})

    # --- what systemcheckctl says ------------------------------------------------------------

    def ctl(self, *words):
        result = self.systemcheckd.ctl("relay", *words)
        self.assertEqual(result.returncode, 0, f"{words}: {result.stdout}{result.stderr}")
        return result.stdout

    def senders(self):
        """{address: who} of those that may send."""
        rows = [line.split() for line in self.ctl("list").splitlines()[1:]]
        return {row[0]: row[3] for row in rows}

    def history(self, network=""):
        """(address, what) of all changes, the oldest first."""
        rows = [line.split() for line in reversed(self.ctl("history", *([network] if network else [])).splitlines())]
        return [(row[1], row[2]) for row in rows]

    def relay_status(self):
        return self.systemcheckd.status()["relay"]

    def wait_status(self, word):
        wait_until(lambda: self.relay_status()["status"] == word,
                   lambda: f"the relay to be {word}: {json.dumps(self.relay_status(), indent=1)}")

    # --- what clients see --------------------------------------------------------------------

    def wait_accepted(self, session, recipient):
        wait_until(lambda: session.rcpt(recipient).startswith("250 "),
                   lambda: f"250 for a client that has fetched his mail\n{self.systemcheckd.log()}\n{self.log_text()}")

    def wait_denied(self, session, recipient):
        wait_until(lambda: not session.rcpt(recipient).startswith("250 "), "its time to be over")
        self.denied(session.rcpt(recipient))

    def log_text(self):
        return "\n".join(path.read_text(errors="replace") for path in (ANNOTATED, PLAIN) if path.exists())

    def wait_logged(self, words):
        wait_until(lambda: words in self.log_text(), lambda: f"{words!r} in the log:\n{self.log_text()}")

    def barrier(self, client, user="barrier"):
        """When it is there, all that was logged before has been looked at."""
        self.assertTrue(self.dovecot.fetch_by_pop3(client, user))
        wait_until(lambda: client in self.senders(), lambda: f"{client}: {self.systemcheckd.log()}\n{self.log_text()}")
