#!/usr/bin/python3
"""The command line as people use it: what it shows and to whom, in pipes and on terminals, and when there is no daemon."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios

import jsonschema

import harness
from harness import SystemTest, wait_until
from standin import StandIn

SCHEMA = json.loads((pathlib.Path(__file__).parents[2] / "contrib/doc/control-protocol.schema.json").read_text())
AS_NOBODY = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
CTL = harness.program("systemcheckctl")


def check_schema(name, document):
    jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}).validate(document)


class Terminal:
    """A terminal with a program on it; what it has shown is kept."""

    def __init__(self, test, argv, rows=24, columns=80, environment=None):
        self.test = test
        self.text = ""
        self.near, far = pty.openpty()
        self.far = far
        self.resize(rows, columns)
        self.before = termios.tcgetattr(far)
        env = {**os.environ, "TERM": "xterm", **(environment or {})}

        def own_terminal():
            os.setsid()
            fcntl.ioctl(far, termios.TIOCSCTTY, 0)

        self.process = harness.popen(argv, stdin=far, stdout=far, stderr=far, env=env, preexec_fn=own_terminal)
        test.children.append(self.process)
        test.addCleanup(os.close, self.near)
        test.addCleanup(os.close, far)

    def resize(self, rows, columns):
        fcntl.ioctl(self.near, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.near], [], [], 0)[0]:
            self.text += os.read(self.near, 65536).decode(errors="replace")
        return self.text

    def type(self, keys):
        os.write(self.near, keys.encode())

    def shows(self, text, after=0):
        wait_until(lambda: text in self.read()[after:], lambda: f"{text!r} on the terminal, has {self.text[after:]!r}")
        return len(self.text)

    def mark(self):
        return len(self.read())

    def end(self):
        code = self.process.wait(timeout=harness.PATIENCE)
        self.read()
        return code

    def is_as_before(self):
        return termios.tcgetattr(self.far) == self.before and self.text.rstrip().endswith("\x1b[?1049l")


class CommandLineTest(SystemTest):
    needs_root = True
    needs_programs = ("/usr/bin/setpriv",)

    def watched(self, *names, **config):
        """A daemon to which everybody may speak, with these services up."""
        self.socket = self.directory / "control.sock"
        self.standins = {name: StandIn(self, name) for name in names}
        for one in self.standins.values():
            one.start()
        services = {name: one.settings() for name, one in self.standins.items()}
        daemon = self.daemon({"services": services, "control_socket": str(self.socket), **config})
        for name in names:
            daemon.wait_state(name, "up")
        return daemon

    def ctl(self, *words, before=(), code=None, environment=None):
        result = harness.run([*before, CTL, "--socket", str(self.socket), *words], environment=environment)
        if code is not None:
            self.assertEqual(result.returncode, code, f"{words}: {result.stdout}{result.stderr}")
        return result

    def document(self, schema, *words, code=0, before=()):
        document = json.loads(self.ctl(*words, "--json", code=code, before=before).stdout)
        check_schema(schema, document)
        return document

    def raw(self, line):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(harness.PATIENCE)
            connection.connect(str(self.socket))
            connection.sendall(line.encode() + b"\n")
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            return answer.decode()


class CommandLine(CommandLineTest):
    def test_every_document_is_as_its_schema_says(self):
        self.watched("web", "database", groups={"shop": ["web", "database"]})
        self.document("status", "status", code=None)
        self.assertEqual([one["name"] for one in self.document("services", "services", "shop")["services"]],
                         ["web", "database"])
        self.document("ps", "ps")
        self.document("explain", "explain", "web")
        self.assertEqual(self.document("order", "restart", "shop")["status"], "ok")
        self.document("order", "maintenance", "web", "--for", "1h", "--reason", "x")
        self.document("order", "release", "web")
        self.document("history", "history")
        self.document("reload", "reload")
        self.document("status", "check", code=None)
        check_schema("error", json.loads(self.raw("ps --sort size")))
        with self.assertRaises(jsonschema.ValidationError):
            check_schema("ps", {"schema": 1})

    def test_an_order_tells_how_it_goes_and_then_its_document(self):
        self.watched("web", "database", groups={"shop": ["web", "database"]})
        lines, _, document = self.raw("restart shop --progress").partition("{\n")
        steps = [json.loads(line) for line in lines.splitlines()]
        for step in steps:
            check_schema("progress", step)
        check_schema("order", json.loads("{\n" + document))
        self.assertEqual([step["progress"] for step in steps],
                         ["planned"] + ["looking", "acting", "watching", "ended"] * 2)
        self.assertEqual(self.raw("restart web").count("progress"), 0, "only for those who ask for it")

        result = self.ctl("restart", "web", code=0)
        self.assertRegex(result.stdout, r"^web: restart: verified after [^:]+: it is up: 1 process\n$")
        self.assertEqual(result.stderr.splitlines(),
                         ["web: looking at it", "web: restarting", "web: waiting until it is up"])

    def test_an_order_shows_a_line_that_changes_on_a_terminal(self):
        self.watched("web")
        terminal = Terminal(self, [CTL, "--socket", str(self.socket), "restart", "web"])
        terminal.shows("web: restart: verified after")
        self.assertEqual(terminal.end(), 0)
        self.assertIn("\r\x1b[Kweb: restarting … ", terminal.text)

    def test_services_are_as_bad_as_the_worst_of_them(self):
        daemon = self.watched("web", "database", groups={"shop": ["web", "database"]})
        self.assertEqual(self.ctl("services", "database", code=0).stdout.splitlines()[1].split()[:2],
                         ["database", "up"])
        self.assertEqual(self.ctl("services", "--names", code=0).stdout, "database\nshop\nweb\n")
        self.ctl("services", "databse", code=3)
        self.ctl("stop", "web", code=0)
        daemon.wait_state("web", "held")
        expected = {"ok": 0, "warning": 1, "critical": 2}[self.document("services", "services", "web", code=None)["status"]]
        self.ctl("services", "shop", code=expected)

    def test_processes_are_shown_as_ps_shows_them(self):
        daemon = self.watched("web")
        pid = self.standins["web"].wait_pid()
        daemon.wait_cycles(1)
        lines = self.ctl("ps", "--service", "web", code=0).stdout.splitlines()
        self.assertEqual(len(lines), 2)
        theirs = harness.run(["/usr/bin/ps", "-o", "user,pid,vsz,rss,tty,stat,command", "-p", str(pid)]).stdout.splitlines()[1]
        ours = lines[1].split(None, 11)
        user, number, vsz, rss, tty, stat, command = theirs.split(None, 6)
        self.assertEqual([ours[0], ours[1], ours[4], ours[6], ours[7], ours[10], ours[11]],
                         [user, number, vsz, tty, stat, "web", command])
        self.assertGreater(int(rss), 0)
        sizes = [one["resident_bytes"] for one in self.document("ps", "ps", "--sort", "memory")["processes"]]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertEqual(len(self.document("ps", "ps", "--limit", "1")["processes"]), 1)

    def test_nobody_sees_the_processes_of_others_and_may_not_act(self):
        daemon = self.watched("web")
        mine = self.spawn([*AS_NOBODY, "/usr/bin/sleep", "4242424"])
        daemon.wait_cycles(2)
        seen = self.document("ps", "ps", before=AS_NOBODY)
        self.assertEqual({one["uid"] for one in seen["processes"]}, {65534})
        self.assertIn(mine.pid, [one["pid"] for one in seen["processes"]])
        self.assertEqual(self.document("ps", "ps", "--user", "root", before=AS_NOBODY)["matching"], 0)
        self.ctl("services", before=AS_NOBODY, code=0)
        for words in (("restart", "web"), ("check",), ("reload",), ("shed", "restore"), ("shed", "mode", "observe")):
            result = self.ctl(*words, before=AS_NOBODY, code=3)
            self.assertIn("only root and the group systemcheck may give orders", result.stderr)

    def test_hostile_command_lines_are_made_printable(self):
        daemon = self.watched("web")
        self.spawn(["/bin/sh", "-c", "while :; do /usr/bin/sleep 1000000; done",
                    b"\x1b[2J\nrow \xff\x9b31m".decode(errors="surrogateescape")])
        daemon.wait_cycles(2)
        result = self.ctl("ps", "--filter", "while :", code=0)
        self.assertEqual(len(result.stdout.splitlines()), 2, result.stdout)
        self.assertIn("\\x1b[2J\\x0arow \\xff\\x9b31m", result.stdout)
        self.assertNotIn("\x1b", result.stdout)

    def test_a_cycle_is_made_now_but_not_as_often_as_somebody_likes(self):
        self.watched("web", cycle="60s")
        before = self.document("status", "status", code=None)["cycle"]
        self.assertEqual(self.document("status", "check", code=None)["cycle"], before + 1)
        self.assertIn("within the last", self.ctl("check", code=3).stderr)

    def test_a_reload_tells_what_has_changed_or_every_problem(self):
        daemon = self.watched("web")
        harness.write_config(daemon.config_path, {**daemon.config, "cycle": "2s"})
        self.assertEqual(self.ctl("reload", code=0).stdout, "cycle: changed\nthe new configuration is in force\n")
        harness.write_config(daemon.config_path, {**daemon.config, "cycle": "soon", "mod": "act"})
        text = self.ctl("reload", code=2).stdout
        self.assertRegex(text, r"cycle")
        self.assertRegex(text, r"'?mod'?")
        self.assertIn("the old one stays in force", text)
        self.assertIn("root", self.ctl("history", code=0).stdout)

    def test_errors_are_clear_sentences(self):
        self.socket = self.directory / "none.sock"
        self.assertIn("is systemcheckd running?", self.ctl("status", code=3).stderr)
        stale = self.directory / "stale.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(stale))
        self.socket = stale
        self.assertIn("nobody listens there: is systemcheckd running?", self.ctl("status", code=3).stderr)
        closed = self.directory / "closed"
        closed.mkdir(mode=0o700)
        self.socket = closed / "control.sock"
        self.assertIn("Permission denied; this user may not speak with the daemon",
                      self.ctl("status", before=AS_NOBODY, code=3).stderr)
        said = ((b"HTTP/1.1 400\n", "no JSON document"), (b"", "went away without an answer"),
                (b'{"progress":', "no JSON document"), (b'{"progress":\n', "went away without an answer"))
        for number, (garbage, words) in enumerate(said):
            self.socket = self.directory / f"garbage-{number}.sock"
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(self.socket))
                listener.listen()
                child = harness.popen([CTL, "--socket", str(self.socket), "restart", "web"],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.children.append(child)
                connection, _ = listener.accept()
                connection.recv(1024)
                connection.sendall(garbage)
                connection.close()
                _, errors = child.communicate(timeout=harness.PATIENCE)
            self.assertEqual(child.returncode, 3)
            self.assertIn(words, errors)

    def test_a_word_that_is_no_command_is_named(self):
        self.socket = self.directory / "none.sock"
        for words, said in ((("restrat", "web"), "no command 'restrat'; did you mean restart?"), (("relay", "lsit"), "no command 'lsit'; did you mean list?"),
                            (("frob",), "no command 'frob'; --help lists them")):
            self.assertIn(said, self.ctl(*words, code=3).stderr)

    def test_colours_are_for_terminals(self):
        self.watched("web")
        self.assertNotIn("\x1b", self.ctl("services", code=0).stdout)
        result = harness.run([CTL, "services", "--socket", str(self.socket), "--color", "always"])
        self.assertIn("\x1b[32mup\x1b[0m", result.stdout)
        on_terminal = Terminal(self, [CTL, "--socket", str(self.socket), "services"])
        on_terminal.end()
        self.assertIn("\x1b[32mup\x1b[0m", on_terminal.text)
        unwanted = Terminal(self, [CTL, "--socket", str(self.socket), "services"], environment={"NO_COLOR": "1"})
        unwanted.end()
        self.assertNotIn("\x1b", unwanted.text)

    def test_tables_fit_the_terminal(self):
        self.watched("web", "database")
        for columns in (60, 80, 120, 200):
            for words in (["services"], ["ps"], ["status"]):
                terminal = Terminal(self, [CTL, "--socket", str(self.socket), "--color", "never", *words], 24, columns)
                terminal.end()
                longest = max(terminal.text.splitlines(), key=len)
                if words != ["status"]:
                    self.assertLessEqual(len(longest), columns, longest)

    def top(self, *words, **terminal):
        return Terminal(self, [CTL, "--socket", str(self.socket), "top", "--every", "0.2", *words], **terminal)

    def test_top_appears_sorts_scrolls_and_gives_the_terminal_back(self):
        self.watched("web")
        terminal = self.top(rows=40, columns=120)
        terminal.shows("load: ")
        terminal.shows("%CPU over")
        self.assertIn("\x1b[?1049h", terminal.text)
        for key, words in (("m", "by memory"), ("p", "by pid"), ("c", "by cpu")):
            mark = terminal.mark()
            terminal.type(key)
            terminal.shows(words, mark)
        mark = terminal.mark()
        terminal.type("r")
        terminal.shows("a new picture", mark)
        terminal.type("\x1b[B\x1b[6~\x1b[A\x1b[5~\x1b[9;9z")
        mark = terminal.mark()
        terminal.resize(10, 60)
        os.kill(terminal.process.pid, signal.SIGWINCH)
        terminal.shows("q quit", mark)
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)
        self.assertTrue(terminal.is_as_before(), repr(terminal.text[-200:]))

    def test_top_gives_the_terminal_back_when_it_is_ended_or_stopped(self):
        self.watched("web")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            terminal = self.top()
            terminal.shows("%CPU over")
            os.kill(terminal.process.pid, number)
            terminal.end()
            self.assertTrue(terminal.is_as_before(), number)

    def test_top_can_be_stopped_and_continued_by_a_shell(self):
        self.watched("web")
        script = f"set -m; {CTL} --socket {self.socket} top --every 0.2; echo IT STOPPED; read go; fg >/dev/null; echo IT ENDED"
        terminal = Terminal(self, ["/bin/bash", "--norc", "-c", script])
        terminal.shows("%CPU over")
        terminal.type("\x1a")
        mark = terminal.shows("IT STOPPED")
        self.assertIn("\x1b[?1049l", terminal.text)
        self.assertEqual(termios.tcgetattr(terminal.far), terminal.before)
        terminal.type("go\n")
        terminal.shows("%CPU over", mark)
        terminal.type("q")
        terminal.shows("IT ENDED", mark)
        self.assertEqual(termios.tcgetattr(terminal.far), terminal.before)

    def test_top_survives_a_daemon_that_goes_away(self):
        daemon = self.watched("web")
        terminal = self.top(rows=40, columns=160)
        terminal.shows("%CPU over")
        daemon.stop()
        mark = terminal.shows("the daemon does not answer", terminal.mark())
        self.daemon(daemon.config)
        wait_until(lambda: "the daemon does not answer" not in terminal.read().rpartition("\x1b[H")[2]
                   and "load: " in terminal.text.rpartition("\x1b[H")[2], "top to go on")
        self.assertGreater(terminal.mark(), mark)
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)

    def test_top_prints_once_where_there_is_no_terminal(self):
        self.watched("web")
        result = self.ctl("top")
        self.assertIn(result.returncode, (0, 1, 2))
        self.assertNotIn("\x1b", result.stdout)
        self.assertRegex(result.stdout, r"(?m)^USER +PID")

    def test_explain_is_enough_to_find_out_why(self):
        daemon = self.watched("web")
        web = self.standins["web"]
        start = web.script("start", "echo one; echo 'AH00526: Syntax error on line 7' >&2; exit 3")
        services = {"web": {**web.settings(), "start": [start]}}
        harness.write_config(daemon.config_path, {**daemon.config, "services": services})
        self.ctl("reload", code=0)
        self.kill(web.wait_pid())
        daemon.wait_state("web", "waiting")
        text = wait_until(lambda: (out := self.ctl("explain", "web").stdout) and "AH00526" in out and out, "the output")
        for words in ("because: ", "next (in ", "policy: ", "exit status 3", "command: ",
                      "AH00526: Syntax error on line 7", "systemcheckctl clear web", "systemcheckctl history web"):
            self.assertIn(words, text)


class Completions(CommandLineTest):
    """In real shells; they ask the daemon for the names."""

    needs_programs = ("/usr/bin/setpriv", "bash", "zsh", "fish")

    def setUp(self):
        super().setUp()
        self.scripts = {}
        for shell in ("bash", "zsh", "fish"):
            path = self.directory / f"systemcheckctl.{shell}"
            path.write_text(harness.run([CTL, "completions", shell]).stdout)
            self.scripts[shell] = path
        self.environment = {"PATH": f"{pathlib.Path(CTL).parent}:{os.environ['PATH']}", "HOME": str(self.directory)}

    def bash(self, line):
        words = line.split(" ")
        script = (f"source {self.scripts['bash']}; COMP_WORDS=({' '.join(repr(w) for w in words)}); "
                  f"COMP_CWORD={len(words) - 1}; _systemcheckctl; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        return set(harness.run(["bash", "--norc", "-c", script], environment=self.environment).stdout.split())

    def zsh(self, line):
        # What would be offered: compadd and _describe say it instead.
        words = line.split(" ")
        script = (f"compdef() {{ :; }}; compadd() {{ shift; print -l -- $@; }}; "
                  f"_describe() {{ print -l -- ${{(P)2%%:*}}; }}; source {self.scripts['zsh']}; "
                  f"words=({' '.join(repr(w) for w in words)}); CURRENT={len(words)}; _systemcheckctl")
        result = harness.run(["zsh", "-f", "-c", script], environment=self.environment)
        self.assertEqual(result.stderr, "")
        return {word for word in result.stdout.split() if word.startswith(words[-1])}

    def fish(self, line):
        result = harness.run(["fish", "--no-config", "-c", f"source {self.scripts['fish']}; complete -C'{line}'"],
                             environment=self.environment)
        return {one.split("\t")[0] for one in result.stdout.splitlines()}

    def test_all_shells_complete_the_same(self):
        self.watched("web", "webmail", "database", groups={"wonders": ["web"]})
        ask = f"systemcheckctl --socket {self.socket} "
        cases = {
            "systemcheckctl re": {"release", "restart", "reload", "replay", "relay"},
            "systemcheckctl shed ": {"plan", "status", "restore", "mode"},
            "systemcheckctl shed mode ": {"disabled", "observe", "act"},
            "systemcheckctl ps --sort ": {"cpu", "memory", "pid", "start", "user", "name"},
            "systemcheckctl --color a": {"auto", "always"},
            ask + "restart w": {"web", "webmail", "wonders"},
            ask + "maintenance --for 2h d": {"database"},
            ask + "ps --service web": {"web", "webmail"},
            "systemcheckctl replay --dif": {"--differences"},
        }
        for shell in (self.bash, self.zsh, self.fish):
            for line, expected in cases.items():
                self.assertEqual(shell(line), expected, f"{shell.__name__}: {line}")
        self.assertEqual(self.bash("systemcheckctl maintenance web --for "), set(), "durations are not guessed")

    def test_they_know_all_that_the_help_knows(self):
        def subcommands(*path):
            text = harness.run([CTL, *path, "--help"]).stdout.partition("Subcommands:")[2]
            return set(re.findall(r"(?m)^  ([a-z-]+) ", text))

        def options(*path):
            return set(re.findall(r"(?m)^  (?:-\w,)?(--[a-z-]+)", harness.run([CTL, *path, "--help"]).stdout))

        self.assertGreater(len(subcommands()), 15)
        for path in [(), ("shed",), ("relay",)]:
            line = " ".join(["systemcheckctl", *path, ""])
            self.assertEqual(self.bash(line), subcommands(*path))
        for name in subcommands():
            typed = {word for word in self.bash(f"systemcheckctl {name} --") if word.startswith("--")}
            self.assertEqual(typed, options(name), name)


if __name__ == "__main__":
    harness.main()
