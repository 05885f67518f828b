"""Mail servers that let those send who have just fetched their mail: a real sendmail and a real Postfix with the very
files of contrib/, several clients (each an address of the loopback), and the table that they ask."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading

import harness
from real_programs import Program, Sendmail

# Neither mail server reads a map from below a directory in which everybody may write, as /tmp is. /run is the test's own.
RUN = pathlib.Path("/run/systemcheck")
HERE = pathlib.Path(__file__).resolve().parent
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
    """The names of the clients, without asking anybody on a network; and the users of Postfix."""
    users = pathlib.Path("/etc/passwd").read_text() + "postfix:x:64001:64001::/nonexistent:/usr/sbin/nologin\n"
    groups = pathlib.Path("/etc/group").read_text() + "postfix:x:64001:\npostdrop:x:64002:\n"
    hosts = "".join(f"{address} client{number}.example.test\n" for number, address in enumerate(CLIENTS))
    for name, text in (("hosts", f"127.0.0.1 {Sendmail.HOST} localhost\n::1 localhost\n{hosts}"),
                       ("passwd", users), ("group", groups),
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


class RelayPostfix(Program):
    """Debian's, unpacked beside what is installed, with no more services than it takes to receive; and
    contrib/postfix as it is."""

    SERVICES = ("postlog   unix-dgram n - n - 1 postlogd", "rewrite unix - - n - - trivial-rewrite",
                "cleanup unix n - n - 0 cleanup", "anvil unix - - n - 1 anvil", "proxymap unix - - n - - proxymap",
                "qmgr unix n - n 300 1 qmgr", "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce",
                "trace unix - - n - 0 bounce", "error unix - - n - - error", "retry unix - - n - - error",
                "discard unix - - n - - discard", "verify unix - - n - 1 verify")
    QUEUES = ("incoming", "active", "deferred", "bounce", "defer", "corrupt", "flush", "hold", "saved", "trace",
              "maildrop", "public", "private", "pid")

    def __init__(self, test, tree, after_ours=""):
        """`tree`: where it was unpacked; `after_ours`: what an administrator writes behind our lines."""
        self.tree = pathlib.Path(tree)
        self.after_ours = after_ours
        self.executable = f"{tree}/usr/lib/postfix/sbin/master"
        super().__init__(test)

    def configure(self):
        self.libraries = self.tree / "usr/lib/postfix"
        own_name_service(self.test, self.directory)
        self.make_queues()
        self.write("dynamicmaps.cf", "lmdb postfix-lmdb.so dict_lmdb_open mkmap_lmdb\n")
        services = [f"127.0.0.1:{self.port} inet n - n - - smtpd", f"[::1]:{self.port} inet n - n - - smtpd", *self.SERVICES]
        self.write("master.cf", "\n".join(services) + "\n")
        ours = (CONTRIB / "postfix/main.cf").read_text()
        (self.directory / "main.cf").write_text(self.main_cf() + ours + self.after_ours)

    def make_queues(self):
        queue = self.directory / "queue"
        for name in self.QUEUES:
            (queue / name).mkdir(parents=True)
            if name != "pid":
                os.chown(queue / name, 64001, 64002)
        (self.directory / "data").mkdir()
        os.chown(self.directory / "data", 64001, 64001)

    def main_cf(self):
        return f"""
compatibility_level = 3.6
queue_directory = {self.directory}/queue
data_directory = {self.directory}/data
daemon_directory = {self.libraries}/sbin
command_directory = {self.tree}/usr/sbin
shlib_directory = {self.libraries}
meta_directory = {self.directory}
import_environment = MAIL_CONFIG TZ LD_LIBRARY_PATH
maillog_file = {self.directory}/log
maillog_file_prefixes = {self.directory}
myhostname = {Sendmail.HOST}
mydestination = $myhostname
local_recipient_maps =
alias_maps =
alias_database =
smtputf8_enable = no
inet_protocols = all
mynetworks = {KNOWN_ANYWAY}/32
smtpd_delay_reject = no
smtpd_client_restrictions = check_client_access inline:{{{{{BLOCKED}=REJECT}}}}
smtpd_recipient_restrictions = check_recipient_access inline:{{{{{BLOCKED_RECIPIENT}=REJECT}}}}
"""

    def environment(self):
        return {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)}

    def start(self):
        with open(self.directory / "said", "wb") as said:
            self.test.spawn([self.executable, "-c", self.directory, "-d"], said, env=self.environment())
        harness.wait_until(self.answers, lambda: f"Postfix to answer: {self.said()}")

    def said(self):
        return "".join((self.directory / name).read_text() for name in ("said", "log") if (self.directory / name).exists())

    def ask(self):
        return self.greeting().startswith(b"220 ")


class TestOfAMailServer(harness.SystemTest):
    """One of them, the table, and how it is asked."""

    needs_root = True
    needs_own_table = True
    maps = ()

    def setUp(self):
        super().setUp()
        RUN.mkdir(mode=0o755)
        self.addCleanup(shutil.rmtree, RUN)

    def begin(self, keep=900):
        self.table = Table(self, self.maps, keep)
        self.server = self.make_server()
        self.server.start()

    def session(self, client, patience=harness.PATIENCE):
        session = Session(client, self.server.port, patience)
        self.addCleanup(session.close)
        return session

    def rcpt(self, client, recipient=STRANGER_TO_US):
        """In a session of its own."""
        return self.session(client).rcpt(recipient)

    def send_during_changes(self, count):
        """The session of a listed client, who is let send after each of so many others has become one."""
        self.begin()
        self.table.log_in(LISTED)
        session = self.session(LISTED)
        for number in range(count):
            self.table.log_in(f"127.3.{number // 100}.{number % 100 + 1}", f"user{number}")
            self.accepted(session.rcpt(STRANGER_TO_US))
        return session

    def accepted(self, answer):
        self.assertRegex(answer, r"^250 ")

    def denied(self, answer):
        self.assertRegex(answer, r"^5\d\d .*(Relaying denied|Relay access denied|Client host rejected|Access denied)")

    def later(self, answer):
        self.assertRegex(answer, r"^45\d ")


class HoweverItAsks:
    """The same for each map."""

    def test_who_has_fetched_mail_may_send_and_nobody_else(self):
        self.begin()
        self.denied(self.rcpt(LISTED))
        self.table.log_in(LISTED)
        self.table.log_in(FAR, "bob")
        self.accepted(self.rcpt(LISTED))
        self.accepted(self.rcpt(FAR))
        self.denied(self.rcpt(UNLISTED))
        self.accepted(self.rcpt(UNLISTED, LOCAL))

    def test_an_open_session_sees_it_at_once(self):
        self.begin()
        session = self.session(LISTED)
        self.denied(session.rcpt(STRANGER_TO_US))
        for _ in range(3):
            self.table.log_in(LISTED)
            self.accepted(session.rcpt(STRANGER_TO_US))
            self.table.remove(LISTED)
            self.denied(session.rcpt(STRANGER_TO_US))

    def test_it_is_over_when_its_time_is(self):
        self.begin(keep=2)
        session = self.session(LISTED)
        self.table.log_in(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.assertEqual(self.table.tell("wait"), "nobody is left")
        self.denied(session.rcpt(STRANGER_TO_US))
        self.denied(self.rcpt(LISTED))

    def test_what_is_blocked_stays_blocked(self):
        self.begin()
        self.table.log_in(LISTED)
        self.table.log_in(BLOCKED, "bob")
        self.assertRegex(self.rcpt(LISTED, BLOCKED_RECIPIENT), r"^5\d\d ")
        self.assertRegex(self.rcpt(BLOCKED), r"^5\d\d ")

    def test_clients_of_ip6(self):
        self.begin()
        self.table.log_in(WHOLE6)
        self.table.log_in(LISTED6, "bob")
        self.accepted(self.rcpt(WHOLE6))
        self.check_short_address()
        self.denied(self.rcpt(LONGER6))

    def check_short_address(self):
        self.accepted(self.rcpt(LISTED6))

    def test_networks_that_always_may(self):
        self.begin()
        self.assertEqual(self.table.tell("always", "127.200.3.0/24"), "always")
        self.accepted(self.rcpt(FAR))
        self.denied(self.rcpt(LISTED))


class AskedOverASocket(HoweverItAsks):
    """What comes of it when there is nobody to ask."""

    def nobody_can_be_asked(self):
        """Who wants to relay is told to try again; all the rest goes on."""
        self.later(self.rcpt(LISTED))
        self.accepted(self.rcpt(LISTED, LOCAL))
        self.accepted(self.rcpt(KNOWN_ANYWAY))
        self.assertRegex(self.rcpt(BLOCKED), r"^[45]\d\d ")

    def test_the_table_is_not_ready(self):
        self.begin()
        self.table.log_in(LISTED)
        self.table.tell("ready", "no")
        self.nobody_can_be_asked()
        self.table.tell("ready", "yes")
        self.accepted(self.rcpt(LISTED))

    def test_the_table_is_dead_and_comes_back(self):
        self.begin()
        self.table.log_in(LISTED)
        session = self.session(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.table.kill()
        self.nobody_can_be_asked()
        self.later(session.rcpt(STRANGER_TO_US))
        self.table.start()
        self.denied(self.rcpt(LISTED))
        self.table.log_in(LISTED)
        self.accepted(self.rcpt(LISTED))
        harness.wait_until(lambda: session.rcpt(STRANGER_TO_US).startswith("250 "), "an open session to find it again", 5)

    def test_the_table_was_away_for_a_moment(self):
        """Of which an open session learns only when it asks again."""
        self.begin()
        self.table.log_in(LISTED)
        session = self.session(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.table.kill()
        self.table.start()
        self.table.log_in(LISTED)
        harness.wait_until(lambda: session.rcpt(STRANGER_TO_US).startswith("250 "), "an open session to find it again", 5)

    def test_the_table_hangs(self):
        """As long as the mail server is ready to wait."""
        self.begin()
        self.table.log_in(LISTED)
        answers = {}

        def ask(recipient):
            answers[recipient] = self.session(LISTED, self.hang_patience).rcpt(recipient)

        self.table.stop_answering()
        both = [threading.Thread(target=ask, args=(recipient,)) for recipient in (STRANGER_TO_US, LOCAL)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        self.table.go_on()
        self.later(answers[STRANGER_TO_US])
        self.accepted(answers[LOCAL])
        self.accepted(self.rcpt(LISTED))

    hang_patience = 250
