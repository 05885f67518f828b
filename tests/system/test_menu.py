#!/usr/bin/python3
"""The menu on a real terminal: tmux types, and shows what a person would see; with the real daemon and stand-ins."""

import os
import re
import shutil
import signal

import harness
from harness import SystemTest, is_alive, wait_until
from standin import FOR_EVER, SETSID, StandIn, lines

PROMPT = "shell>"


class Terminal:
    """A terminal with a shell in it."""

    def __init__(self, test, columns=120, rows=30):
        self.tmux = ["tmux", "-u", "-f", "/dev/null", "-S", str(test.directory / "tmux")]
        environment = {"TMUX": "", "LC_ALL": "C.UTF-8", "PATH": f"{harness.BUILD}:{os.environ['PATH']}"}
        test.addCleanup(self.ask, "kill-server")
        result = harness.run([*self.tmux, "new-session", "-d", "-x", columns, "-y", rows,
                              f"PS1='{PROMPT} ' exec bash --noprofile --norc -i"], environment=environment)
        test.assertEqual(result.returncode, 0, result.stderr)
        self.wait(re.escape(PROMPT))

    def ask(self, *words):
        return harness.run([*self.tmux, *words])

    def text(self):
        return self.ask("capture-pane", "-p").stdout

    def wait(self, pattern):
        """Until the screen shows this; what it shows then."""
        seen = []

        def look():
            seen[:] = [self.text()]
            return re.search(pattern, seen[0])

        wait_until(look, lambda: f"{pattern!r} on the screen:\n{seen[0]}")
        return seen[0]

    def press(self, *keys):
        self.ask("send-keys", *keys)

    def type(self, text):
        self.ask("send-keys", "-l", text)

    def run(self, command):
        self.type(command)
        self.press("Enter")

    def resize(self, columns, rows):
        self.ask("resize-window", "-x", str(columns), "-y", str(rows))


class Menu(SystemTest):
    needs_programs = ("tmux",)

    def services(self, *names, **settings):
        """Stand-ins that write down in which order they are started."""
        self.trail = self.directory / "trail"
        standins = {}
        for name in names:
            one = StandIn(self, name)
            one.start_script = one.script(
                f"start-{name}", f"echo {name} >>{self.trail}; exec {SETSID} --fork @EXE@ {FOR_EVER}")
            one.start()
            standins[name] = one
        return standins

    def mail(self, **more):
        """The daemon, with mail servers that are up; dovecot is named first and comes after sendmail."""
        standins = self.services("web", "dovecot", "sendmail")
        settings = {name: one.settings(start=[one.start_script]) for name, one in standins.items()}
        settings["dovecot"]["after"] = ["sendmail"]
        for name, changed in more.items():
            settings[name].update(changed)
        daemon = self.daemon({"services": settings, "groups": {"mail": ["dovecot", "sendmail"]}})
        for name in standins:
            daemon.wait_state(name, "up")
        return daemon, standins

    def menu(self, daemon, **size):
        terminal = Terminal(self, **size)
        terminal.run(f"systemcheckctl --socket {daemon.config['control_socket']} menu")
        terminal.wait(r"Main menu +(ok|warning|critical), mode")
        return terminal

    def test_three_eight_and_yes_restart_all_mail_in_order(self):
        daemon, standins = self.mail()
        old = {name: one.wait_pid() for name, one in standins.items()}
        terminal = self.menu(daemon)
        terminal.press("3")
        terminal.wait(r"8  all mail services +sendmail, then dovecot")
        terminal.press("8")
        terminal.wait(rf"1\. sendmail \(up, process {old['sendmail']}\)\n +2\. dovecot \(up, process {old['dovecot']}\)")
        self.assertEqual({name: one.wait_pid() for name, one in standins.items()}, old, "not before he has said yes")
        terminal.press("y")
        shown = terminal.wait(r"restart mail: done[^$]*process \d+, was[^$]*process \d+, was")
        new = {name: one.wait_pid() for name, one in standins.items()}
        for name in ("sendmail", "dovecot"):
            self.assertNotEqual(new[name], old[name])
            self.assertRegex(shown, rf"{name} +verified after .*process {new[name]}, was {old[name]}")
        self.assertEqual(new["web"], old["web"])
        self.assertEqual(lines(self.trail), ["sendmail", "dovecot"])
        self.assertIn("restart mail", terminal.text().splitlines()[0])

    def test_what_fails_is_explained_and_what_comes_after_it_is_left_alone(self):
        daemon, standins = self.mail(sendmail={"start": ["/bin/false"], "start_timeout": "5s"})
        dovecot = standins["dovecot"].wait_pid()
        terminal = self.menu(daemon)
        terminal.press("3", "8", "y")
        shown = terminal.wait(r"because: ")
        self.assertIn("restart mail: it did not all go well", shown)
        self.assertRegex(shown, r"! sendmail +failed")
        self.assertRegex(shown, r"! dovecot +skipped: not tried, because of sendmail")
        self.assertEqual(standins["dovecot"].pids(), [dovecot])

    def test_what_is_only_observed_is_refused_as_was_said(self):
        daemon, standins = self.mail(web={"mode": "observe"})
        web = standins["web"].wait_pid()
        terminal = self.menu(daemon)
        terminal.press("3", "1")
        terminal.wait(r"web .*: it will be refused, its mode is observe")
        terminal.press("y")
        terminal.wait(r"! web +refused.*its mode is observe")
        self.assertEqual(standins["web"].pids(), [web])

    def test_it_follows_the_size_of_the_terminal(self):
        daemon, _ = self.mail()
        terminal = self.menu(daemon)
        terminal.press("2", "Down")
        terminal.wait(r"\n> +2  dovecot")
        for columns, rows in ((60, 18), (160, 50)):
            terminal.resize(columns, rows)
            wait_until(lambda: len(terminal.text().rstrip("\n").splitlines()) == rows,
                       lambda: f"{rows} rows:\n{terminal.text()}")
            shown = terminal.wait(r"\n> +2  dovecot")
            self.assertRegex(shown.splitlines()[rows - 1], "Esc: back")
            self.assertLessEqual(max(len(line) for line in shown.splitlines()), columns)
        terminal.resize(40, 10)
        terminal.wait(r"The menu takes 60 x 18")
        terminal.resize(80, 24)
        terminal.wait(r"\n> +2  dovecot")

    def test_a_state_is_seen_to_change(self):
        daemon, standins = self.mail(web={"mode": "observe"})
        terminal = self.menu(daemon)
        terminal.press("2", "Down")
        terminal.wait(r"1  web +up")
        self.kill(standins["web"].wait_pid())
        terminal.wait(r"1  web +(suspect|down)[^$]*\n> +2  dovecot +up")

    def test_a_daemon_that_is_gone_is_told_and_asked_again(self):
        daemon, standins = self.mail()
        terminal = self.menu(daemon)
        daemon.signal(signal.SIGKILL)
        daemon.process.wait(timeout=harness.PATIENCE)
        terminal.wait(r"no daemon *\nThere is no daemon: .*Connection refused")
        terminal.press("3", "1", "y")
        terminal.wait(r"restart web: .*Connection refused")
        web = standins["web"].wait_pid()
        self.daemon(daemon.config)
        terminal.wait(r"(ok|warning|critical), mode")
        terminal.press("Escape")
        terminal.wait("Restart menu")
        terminal.press("1", "y")
        terminal.wait("restart web: done")
        self.assertNotEqual(standins["web"].wait_pid(), web)

    def test_the_screen_lives_while_the_daemon_does_not_answer(self):
        daemon, _ = self.mail()
        terminal = self.menu(daemon)
        daemon.signal(signal.SIGSTOP)
        self.addCleanup(daemon.signal, signal.SIGCONT)
        terminal.press("2", "Down")
        terminal.wait(r"\n> +2  dovecot")
        terminal.wait("No answer from the daemon: it did not answer in time")
        terminal.press("Down")
        terminal.wait(r"\n> +3  sendmail")
        daemon.signal(signal.SIGCONT)
        terminal.wait(r"(ok|warning|critical), mode")

    def test_who_may_not_act_sees_the_states_and_is_told(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("only root can be somebody else")
        daemon, standins = self.mail()
        os.chmod(daemon.directory, 0o755)
        ctl = self.directory / "systemcheckctl"
        shutil.copy(harness.program("systemcheckctl"), ctl)  # The tree may not be everybody's.
        terminal = Terminal(self)
        terminal.run(f"setpriv --reuid=65534 --regid=65534 --clear-groups {ctl} --socket {daemon.socket_path} menu")
        terminal.wait(r"Main menu +(ok|warning|critical), mode")
        terminal.press("2")
        terminal.wait(r"3  sendmail +up")
        terminal.press("0", "3", "8", "y")
        terminal.wait("restart mail: only root and the group systemcheck may give orders")
        self.assertEqual(lines(self.trail), [])

    def test_maintenance_is_asked_for_and_ended(self):
        daemon, _ = self.mail()
        terminal = self.menu(daemon)
        terminal.press("4", "3")
        terminal.wait("Maintenance of web")
        terminal.press("Enter")
        terminal.type(", new disks")
        terminal.wait("new disks_")
        terminal.press("Enter")
        terminal.wait(r"web +in force: maintenance until .*new disks")
        hold = daemon.status()["services"][0]["holds"][0]
        self.assertEqual((hold["by"], hold["reason"]), ("maintenance", "work on it, from the menu, new disks"))
        terminal.press("Escape")
        terminal.wait(r"3  web +held by maintenance until")
        terminal.press("e", "y")
        terminal.wait(r"web +given back")
        self.assertEqual(daemon.status()["services"][0]["holds"], [])

    def test_who_leaves_undoes_nothing(self):
        gate = self.directory / "gate"
        standin = StandIn(self, "slow")
        first = standin.start()
        start = standin.script("start", f"until test -e {gate}; do sleep 0.02; done; exec {SETSID} --fork @EXE@ {FOR_EVER}")
        daemon = self.daemon({"services": {"slow": standin.settings(start=[start])}})
        daemon.wait_state("slow", "up")
        terminal = self.menu(daemon)
        terminal.press("3", "1", "y")
        terminal.wait(r"\* slow +its command, or systemd, is at work")
        wait_until(lambda: not is_alive(first), "the old one to be ended")
        terminal.press("Escape", "0", "1")  # The screen lives meanwhile.
        terminal.wait(r"slow +restarting")
        terminal.press("q")
        terminal.wait("leaving undoes nothing. q leaves.")
        terminal.press("q")
        terminal.wait(rf"restart slow goes on; .*\n{PROMPT}")
        gate.touch()
        standin.wait_pid(other_than=first)
        daemon.logged("the restart ordered by root: verified")

    def test_the_terminal_is_given_back_however_it_ends(self):
        daemon, _ = self.mail()
        terminal = Terminal(self)
        terminal.run("stty -g")
        before = terminal.wait(r"\n([0-9a-f]+:){10}").splitlines()
        command = f"systemcheckctl --socket {daemon.socket_path} menu"

        def leave_by_signal(number):
            pids = [pid for pid in harness.descendants() if harness.executable(pid) == harness.program("systemcheckctl")]
            self.assertEqual(len(pids), 1, pids)
            os.kill(pids[0], number)

        for leave in (lambda: terminal.press("q"), lambda: terminal.press("0"), lambda: terminal.press("C-c"),
                      lambda: leave_by_signal(signal.SIGTERM), lambda: leave_by_signal(signal.SIGHUP)):
            terminal.run(f"clear; {command}")
            terminal.wait("Main menu")
            leave()
            shown = terminal.wait(re.escape(PROMPT))
            self.assertNotIn("Main menu", shown)
            terminal.run("clear; stty -g")
            shown = terminal.wait(rf"{before[1]}\n{PROMPT}")
        terminal.run(f"clear; {command}")
        terminal.wait("Main menu")
        terminal.press("C-z")
        terminal.wait(r"Stopped")
        self.assertNotIn("Main menu", terminal.text())
        terminal.run("stty -g")
        terminal.wait(rf"{before[1]}\n{PROMPT}")
        terminal.run("fg")
        terminal.wait("Main menu")
        terminal.press("3")
        terminal.wait("Restart menu")
        terminal.press("q")
        terminal.wait(re.escape(PROMPT))

    def test_its_script_starts_it(self):
        daemon, _ = self.mail()
        terminal = Terminal(self)
        terminal.run(f"{harness.SOURCE}/contrib/client_tools --socket {daemon.socket_path}")
        terminal.wait(r"Main menu +(ok|warning|critical), mode")

    def test_without_a_terminal_it_says_so(self):
        result = harness.run([harness.program("systemcheckctl"), "menu"])
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertIn("the menu takes a terminal", result.stderr)
        terminal = Terminal(self)
        for kind, why in (("dumb", "cannot place text"), ("no-such-kind", "is not known here")):
            terminal.run(f"clear; TERM={kind} systemcheckctl menu; echo code $?")
            terminal.wait(f"a terminal of type '{kind}' {re.escape(why)}[^$]*code 3")


if __name__ == "__main__":
    harness.main()
