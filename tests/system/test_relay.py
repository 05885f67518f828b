#!/usr/bin/python3
"""From a login at a real Dovecot to mail that a real sendmail relays: who has fetched his mail may send some, and nobody
else, whatever strangers and local users write into the log, and whatever becomes of the log and of the daemon."""

import contextlib
import os
import shutil
import signal
import time

import harness
from harness import holds_for, wait_until
from relay_chain import ANNOTATED, LINES, LOGIN, PLAIN, TestOfTheChain, as_user
from relay_servers import FAR, LISTED, LOCAL, RUN, STRANGER_TO_US, UNLISTED

# What strangers and local users would like to have in the log: nobody ever logs in from there.
WANTED = "127.6.6.6"
FORGED = LOGIN.format(user="forged", address=WANTED)
AS_USERS = (f"x>, method=PLAIN, rip={WANTED}, lip=192.0.2.2, session=<a", f"x>, rip={WANTED}, lip=192.0.2.2, session=<a>, <",
            f"x>, method=PLAIN, rip={WANTED}, lip=192.0.2.2, mpid=7, session=<aaaaaaaaaaaaaaaa>",
            f"x>, method=PLAIN, rip={WANTED}, lip=192.0.2.2, mpid=7, session=<aaaaaaaaaaaaaaaa>, <",
            f"x rip={WANTED}", f"x dovecot: {FORGED}")
KEEP_SECONDS = 60


def login_line(address, seconds_ago=0, user="alice"):
    """As rsyslogd writes one of Dovecot's to the annotated log."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - seconds_ago))
    return f"{at}.000000+00:00 mx uid=0 pid=21 exe=/usr/lib/dovecot/log dovecot: {LOGIN.format(user=user, address=address)}\n"


def append(line):
    with open(ANNOTATED, "a", encoding="ascii") as log:
        log.write(line)


class WhateverTheSource:
    """The same for a file and for a socket."""

    def test_who_has_fetched_mail_may_send_and_nobody_else(self):
        self.begin()
        listed, far, unlisted = (self.session(client) for client in (LISTED, FAR, UNLISTED))
        for session in (listed, far, unlisted):
            self.denied(session.rcpt(STRANGER_TO_US))
        self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        self.wait_accepted(listed, STRANGER_TO_US)
        self.denied(far.rcpt(STRANGER_TO_US))
        self.assertTrue(self.dovecot.fetch_by_imap(FAR, "bob"))
        self.wait_accepted(far, STRANGER_TO_US)
        self.assertFalse(self.dovecot.fetch_by_pop3(UNLISTED, "mallory", "wrong"))
        self.barrier(LISTED, "alice")
        self.denied(unlisted.rcpt(STRANGER_TO_US))
        for client in (LISTED, FAR):
            self.accepted(self.rcpt(client))
        self.denied(self.rcpt(UNLISTED))
        self.accepted(self.rcpt(UNLISTED, LOCAL))
        self.assertEqual(self.senders(), {LISTED: "alice", FAR: "bob"})
        self.check_words()
        self.check_metrics()

    def check_words(self):
        self.assertIn(f"user=<alice>, method=PLAIN, rip={LISTED}", self.ctl("why", LISTED))
        self.assertEqual(self.systemcheckd.ctl("relay", "why", UNLISTED).returncode, 1)
        self.assertEqual(self.history(), [(LISTED, "granted"), (FAR, "granted")])
        wait_until(lambda: "2 of at most" in self.ctl("stats"), "what is published every tenth of a second", 5)

    def check_metrics(self):
        log = str(self.logs[0].get("file", f"unix:{LINES}"))
        metrics = self.systemcheckd.wait_metrics(
            lambda m: m.get("systemcheck_relay_addresses") == 2
            and m("systemcheck_relay_lookups_total", socket=f"unix:{RUN}/relay.sock", answer="found") >= 4,
            "the relay in the metrics")
        self.assertEqual(metrics("systemcheck_relay_changes_total", change="granted"), 2)
        self.assertEqual(metrics("systemcheck_relay_changes_total", change="refreshed"), 1)
        self.assertEqual(metrics("systemcheck_relay_log_following", log=log), 1)
        self.assertEqual(metrics("systemcheck_relay_log_trusted", log=log), 1)
        self.assertEqual(metrics("systemcheck_relay_log_verdicts_total", log=log, verdict="login"), 3)
        self.assertEqual(metrics("systemcheck_relay_socket_up", socket=f"unix:{RUN}/relay.sock"), 1)
        self.assertNotIn("alice", metrics.text)

    def test_whatever_strangers_and_users_write_into_the_log(self):
        self.begin()
        self.attack_through_sendmail()
        self.attack_through_dovecot()
        self.attack_by_logger()
        self.barrier(LISTED)
        self.assertEqual(set(self.senders()), {LISTED, FAR})
        self.assertNotIn(WANTED, [network for network, _ in self.history()])
        self.denied(self.rcpt(WANTED))
        self.assertEqual(self.systemcheckd.ctl("relay", "why", WANTED).returncode, 1)
        self.systemcheckd.logged("a line that looks like a login of 'forged' was not written by a mail server")

    def attack_through_sendmail(self):
        """CVE-2001-1075: the sender of a mail is in the log, too."""
        for sender in (f"<\"dovecot: {FORGED}\"@sender.example>", f"<dovecot: {FORGED}>", f"<x@sender.example> {FORGED}",
                       f"<\"qpopper[7]: (v4.0) POP login by user \\\"forged\\\" at ({WANTED}) {WANTED}\"@sender.example>"):
            session = self.session(UNLISTED)
            for words in (f"HELO dovecot: {FORGED}", f"dovecot: {FORGED}", f"MAIL FROM:{sender}",
                          f"RCPT TO:<\"dovecot: {FORGED}\"@elsewhere.example>", f"RCPT TO:<{LOCAL}>", "DATA"):
                said = session.say(words)
            if said.startswith("354"):
                session.say(f"Message-Id: <{FORGED}>\r\n\r\n{FORGED}\r\n.")
            session.close()
        self.wait_logged("sendmail[")
        self.wait_logged("ruleset=check_rcpt")
        self.assertIn(WANTED, self.log_text(), "it does log what strangers say")

    def attack_through_dovecot(self):
        """Who lets users have any name may see one log in whose name is a login; then it is from where he is."""
        for user in AS_USERS:
            for password in ("wrong", "secret"):
                # It lets him in, and ends: a mailbox of that name cannot be made.
                for fetch in (self.dovecot.fetch_by_pop3, self.dovecot.fetch_by_imap):
                    with contextlib.suppress(OSError):
                        fetch(FAR, user, password)
        self.wait_logged(f"Login: user=<x>, method=PLAIN, rip={WANTED}")
        self.dovecot.fetch_by_pop3(FAR, "bob")

    def attack_by_logger(self):
        for tag in ("dovecot", "dovecot[21]", "x uid=0 pid=21 exe=/usr/lib/dovecot/log dovecot", "dovecot: " + FORGED):
            as_user(self, ["/usr/bin/logger", "-p", "mail.info", "-t", tag, FORGED])
        self.wait_logged("uid=65534 ")


class FromAFile(WhateverTheSource, TestOfTheChain):
    pass


class FromASocket(WhateverTheSource, TestOfTheChain):
    rsyslog_files = ("systemcheck-maillog.conf", "systemcheck-maillog-socket.conf")
    logs = ({"socket": str(LINES), "origin": "annotated"},)


class ByTheHash(TestOfTheChain):
    before_ours = f"define(`SYSTEMCHECK_RELAY_MAP', `hash -a<MATCH> -T<TMPF> {RUN}/relay')dnl"

    def test_it_is_there_while_the_daemon_is_not(self):
        self.begin(publish=[{"sendmail_hash": {"path": f"{RUN}/relay"}}])
        listed, far = self.session(LISTED), self.session(FAR)
        self.denied(listed.rcpt(STRANGER_TO_US))
        self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        self.wait_accepted(listed, STRANGER_TO_US)
        self.assertEqual(self.history(), [(LISTED, "granted")])
        self.kill_daemon()
        self.assertTrue(self.dovecot.fetch_by_pop3(FAR, "bob"))
        self.accepted(listed.rcpt(STRANGER_TO_US))
        self.accepted(self.rcpt(LISTED))
        self.denied(far.rcpt(STRANGER_TO_US))
        self.daemon_again()
        self.accepted(listed.rcpt(STRANGER_TO_US))
        self.wait_accepted(far, STRANGER_TO_US)
        self.systemcheckd.reload({"relay": self.relay(enabled=False)})
        self.wait_denied(listed, STRANGER_TO_US)
        self.wait_denied(far, STRANGER_TO_US)
        self.denied(self.rcpt(LISTED))


class Time(TestOfTheChain):
    def test_it_is_over_when_its_time_is(self):
        """By the time that a line has, or by what an administrator says."""
        self.begin()
        session = self.session(LISTED)
        append(login_line(LISTED, seconds_ago=KEEP_SECONDS + 1))
        append(login_line(FAR, seconds_ago=KEEP_SECONDS - 4, user="bob"))
        far = self.session(FAR)
        self.wait_accepted(far, STRANGER_TO_US)
        self.denied(session.rcpt(STRANGER_TO_US))
        self.wait_denied(far, STRANGER_TO_US)
        self.assertIn("granted", self.ctl("add", LISTED, "--for", "2s", "--comment", "a visitor"))
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.assertIn("a visitor", self.ctl("list"))
        self.wait_denied(session, STRANGER_TO_US)
        self.denied(self.rcpt(LISTED))
        self.assertEqual(self.history(), [(FAR, "granted"), (FAR, "expired"), (LISTED, "granted"), (LISTED, "expired")])

    def test_an_administrator_has_the_last_word(self):
        self.begin()
        listed, far = self.session(LISTED), self.session(FAR)
        for client in (LISTED, FAR):
            self.assertTrue(self.dovecot.fetch_by_pop3(client))
        self.wait_accepted(far, STRANGER_TO_US)
        self.ctl("remove", LISTED)
        self.denied(listed.rcpt(STRANGER_TO_US))
        self.accepted(far.rcpt(STRANGER_TO_US))
        self.ctl("flush")
        self.denied(far.rcpt(STRANGER_TO_US))
        self.assertEqual(self.ctl("list"), "nobody may send\n")
        self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        self.wait_accepted(listed, STRANGER_TO_US)
        # Who may not speak to the daemon as an administrator learns nothing.
        refused = harness.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                               harness.program("systemcheckctl"), "--socket", self.systemcheckd.socket_path, "relay", "list"])
        self.assertNotEqual(refused.returncode, 0)
        self.assertNotIn(LISTED, refused.stdout)

    def test_dovecot_tells_us_itself(self):
        """Its script for who has just logged in, on a machine whose log nobody believes."""
        script = self.directory / "postlogin"
        conf = f"""
service imap {{
  executable = imap imap-postlogin
}}
service imap-postlogin {{
  executable = script-login {script}
  user = root
  unix_listener imap-postlogin {{
  }}
}}
"""
        self.logs = (str(PLAIN),)
        self.begin(conf)
        ctl = f"{harness.program('systemcheckctl')} --socket {self.systemcheckd.socket_path}"
        script.write_text(f'#!/bin/sh\n{ctl} relay add "$IP" --for 15m --comment "$USER" >/dev/null\nexec "$@"\n')
        script.chmod(0o755)
        for _ in range(3):
            self.assertTrue(self.dovecot.fetch_by_imap(LISTED, "carol"))
        self.accepted(self.rcpt(LISTED))
        self.denied(self.rcpt(FAR))
        self.assertIn("carol", self.ctl("why", LISTED))
        self.assertEqual(self.history(), [(LISTED, "granted")])


class Faults(TestOfTheChain):
    def test_the_daemon_is_killed_and_comes_back(self):
        self.begin()
        for _ in range(3):
            self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        self.wait_accepted(self.session(LISTED), STRANGER_TO_US)
        self.assertEqual(self.history(), [(LISTED, "granted")])
        self.kill_daemon()
        self.later(self.rcpt(LISTED))
        self.later(self.rcpt(UNLISTED))
        self.accepted(self.rcpt(UNLISTED, LOCAL))
        self.assertTrue(self.dovecot.fetch_by_pop3(FAR, "bob"), "while nobody looks")
        self.wait_logged(f"rip={FAR}")
        self.daemon_again()
        self.accepted(self.rcpt(LISTED))
        self.accepted(self.rcpt(FAR))
        self.denied(self.rcpt(UNLISTED))
        self.assertEqual(self.history(), [(LISTED, "granted"), (FAR, "granted")])
        grants = {row.split()[0]: int(row.split()[2]) for row in self.ctl("list").splitlines()[1:]}
        self.assertEqual(grants, {LISTED: 3, FAR: 1}, "no login counts twice, and none is lost")

    def test_it_is_stopped(self):
        self.begin()
        self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        session = self.session(LISTED)
        self.wait_accepted(session, STRANGER_TO_US)
        self.assertEqual(self.systemcheckd.stop(), 0)
        self.later(session.rcpt(STRANGER_TO_US))
        self.accepted(session.rcpt(LOCAL))
        self.daemon_again()
        wait_until(lambda: session.rcpt(STRANGER_TO_US).startswith("250 "), "an open session to find it again", 5)
        self.assertEqual(self.history(), [(LISTED, "granted")])

    def test_the_log_is_rotated_and_deleted(self):
        self.begin()
        session = self.session(LISTED)
        self.ends_and_comes_back(session)
        ANNOTATED.rename("/var/log/maillog.annotated.1")
        self.ends_and_comes_back(session)  # It writes on to the old one.
        self.rsyslogd.send_signal(signal.SIGHUP)
        self.ends_and_comes_back(session)
        wait_until(ANNOTATED.exists, "the new log")
        self.ends_and_comes_back(session)
        shutil.copyfile(ANNOTATED, "/var/log/maillog.annotated.0")
        os.truncate(ANNOTATED, 0)
        self.ends_and_comes_back(session)
        self.wait_status("ok")
        ANNOTATED.unlink()
        self.wait_status("critical")
        self.systemcheckd.logged("maillog.annotated.*(deleted|No such file)")
        self.rsyslogd.send_signal(signal.SIGHUP)
        self.ends_and_comes_back(session)
        self.wait_status("ok")
        stats = self.relay_status()["logs"][0]
        self.assertEqual((stats["deleted_total"], stats["verdicts"]["login"]), (1, 6))

    def ends_and_comes_back(self, session):
        """One login more makes him send, after he could not."""
        self.denied(session.rcpt(STRANGER_TO_US))
        self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        self.wait_accepted(session, STRANGER_TO_US)
        self.ctl("remove", LISTED)

    def test_the_configuration_turns_it_off(self):
        always = [{"network": FAR, "comment": "the office"}]
        self.begin(always=always)
        self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        session, far = self.session(LISTED), self.session(FAR)
        self.wait_accepted(session, STRANGER_TO_US)
        self.accepted(far.rcpt(STRANGER_TO_US))
        self.add_a_map(session, always)
        self.systemcheckd.reload({"relay": self.relay(enabled=False, always=always)})
        for one in (session, far):
            wait_until(lambda one=one: not one.rcpt(STRANGER_TO_US).startswith("250 "), "nobody to be let send")
        self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        self.wait_logged(f"rip={LISTED}")
        holds_for(lambda: not session.rcpt(STRANGER_TO_US).startswith("250 "), 0.5, "somebody may send")
        self.assertIn("the relay is off", self.systemcheckd.ctl("relay", "list").stderr)
        self.assertNotIn("systemcheck_relay_ready", self.systemcheckd.metrics().text)

    def add_a_map(self, session, always):
        """It has all that may send already; and mail servers that ask are not interrupted by other changes."""
        table = self.directory / "table"
        publish = [*self.relay()["publish"], {"plain_file": {"path": str(table)}}]
        self.systemcheckd.reload({"relay": self.relay(always=always, publish=publish)})
        wait_until(lambda: table.exists() and {LISTED, FAR} == {line.split()[0] for line in table.read_text().splitlines()},
                   "both in the map")
        wait_until(lambda: session.rcpt(STRANGER_TO_US).startswith("250 "), "an open session to find the socket again")
        self.systemcheckd.reload({"relay": self.relay(always=always, publish=publish, keep="2m")})
        for _ in range(20):
            self.accepted(session.rcpt(STRANGER_TO_US))
            self.accepted(self.rcpt(LISTED))

    def test_a_plain_log_authorises_nobody_and_that_is_said(self):
        self.logs = (str(PLAIN),)
        self.rsyslog_more = f'mail.* action(type="omfile" file="{PLAIN}")\n'
        self.begin()
        self.systemcheckd.logged(f"{PLAIN} authorises nobody: .*logger.*trusted_origin: ignored")
        self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        as_user(self, ["/usr/bin/logger", "-p", "mail.info", "-t", "dovecot", FORGED])
        wait_until(lambda: self.relay_status()["logs"][0]["verdicts"]["untrusted"] == 2, self.log_text)
        self.denied(self.rcpt(LISTED))
        self.denied(self.rcpt(WANTED))
        self.assertEqual(self.relay_status()["status"], "critical")
        self.systemcheckd.reload({"relay": self.relay(trusted_origin="ignored")})
        self.wait_status("ok")
        self.assertTrue(self.dovecot.fetch_by_pop3(LISTED))
        self.wait_accepted(self.session(LISTED), STRANGER_TO_US)


if __name__ == "__main__":
    harness.main()
