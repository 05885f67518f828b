"""Debian's own daemons on private configurations: each in a directory of the test, on a port the kernel picked,
started as an administrator without systemd would, and asked over the network whether it works."""

import contextlib
import http.client
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import textwrap

import harness


class Program:
    """What tests need of one daemon. `start_argv` returns at once and leaves it running; `check_argv` says by its
    exit status whether the configuration is good; without a `stop_argv` it is stopped by SIGTERM."""

    executable = ""
    main_user = "root"
    preset = ""
    stop_argv = None

    def __init__(self, test):
        self.test = test
        self.port = harness.free_port()
        self.directory = test.directory / type(self).__name__.lower()
        self.directory.mkdir()
        self.pidfile = self.directory / "pid"
        self.log_directory = getattr(test, "log_directory", self.directory)
        self.configure()

    def write(self, name, text):
        path = self.directory / name
        path.write_text(textwrap.dedent(text))
        return path

    def settings(self, **more):
        match = {"exe": self.executable, "pidfile": str(self.pidfile), "user": self.main_user}
        return {"mode": "act", "match": match, "start": self.start_argv, **more}

    def preset_settings(self, **more):
        """As one would write who has its preset: told by that and its pid file."""
        settings = {"preset": self.preset, "mode": "act", "match": {"pidfile": str(self.pidfile)},
                    "start": self.start_argv, "pre_check": self.check_argv}
        if self.stop_argv:
            settings["stop"] = self.stop_argv
        return {**settings, **more}

    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        """As an administrator would, by its own command. Returns when it is gone."""
        main = self.main()
        if self.stop_argv:
            self.test.run_ok(self.stop_argv)
        else:
            os.kill(main, signal.SIGTERM)
        harness.wait_until(lambda: not harness.is_alive(main), f"{self.executable} to end")

    def start(self):
        # Not run_ok(): some of them keep their output open.
        self.test.assertEqual(self.test.spawn(self.start_argv).wait(timeout=harness.PATIENCE), 0)
        harness.wait_until(self.answers, f"{self.executable} to answer")
        return harness.wait_until(self.main, f"{self.executable} to write its pid file")

    def main(self, other_than=None):
        pid = harness.read_pid(self.pidfile)
        return pid if pid and pid != other_than and harness.is_alive(pid) else None

    def pids(self):
        return harness.running(self.executable)

    def tree(self):
        """The main process and all that came of it, with start times."""
        main = self.main()
        found = [harness.identity(pid) for pid in [main, *harness.descendants(main)]]
        return [one for one in found if one]

    def answers(self):
        """Whether it does what it is for, over the network."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask()
        return False

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=2)

    def greeting(self):
        with self.connect() as connection:
            return connection.recv(200)


class Apache(Program):
    executable = "/usr/sbin/apache2"
    preset = "httpd"

    def configure(self):
        (self.directory / "www").mkdir()
        self.write("www/index.html", "it works\n")
        self.directory.chmod(0o755)
        conf = self.write("apache2.conf", f"""
            ServerRoot {self.directory}
            DefaultRuntimeDir {self.directory}
            ServerName localhost
            Listen 127.0.0.1:{self.port}
            PidFile {self.pidfile}
            ErrorLog {self.log_directory}/error.log
            User www-data
            Group www-data
            LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
            LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
            StartServers 2
            ThreadsPerChild 4
            MaxRequestWorkers 16
            MinSpareThreads 1
            MaxSpareThreads 8
            DocumentRoot {self.directory}/www
        """)
        self.start_argv = [self.executable, "-f", str(conf), "-k", "start"]
        self.stop_argv = [self.executable, "-f", str(conf), "-k", "stop"]
        self.check_argv = [self.executable, "-t", "-f", str(conf)]
        self.questions = [{"http": f"http://{self.address()}/index.html", "contains": "it works"}]

    def spoil(self):
        """It starts, and its own check finds nothing wrong: when no worker could begin, it ends."""
        with open(self.start_argv[2], "a") as conf:
            conf.write("ThreadStackSize 1000000000000000\n")

    def mend(self):
        conf = pathlib.Path(self.start_argv[2])
        conf.write_text(conf.read_text().replace("ThreadStackSize", "# ThreadStackSize"))

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        with contextlib.closing(connection):
            connection.request("GET", "/index.html")
            return connection.getresponse().read() == b"it works\n"

    def workers(self):
        return [pid for pid in self.pids() if pid != harness.read_pid(self.pidfile)]


class Proftpd(Program):
    executable = "/usr/sbin/proftpd"
    preset = "proftpd"
    in_foreground = "-n"
    main_user = "nobody"

    def configure(self):
        conf = self.write("proftpd.conf", f"""
            ServerName standin
            ServerType standalone
            DefaultAddress 127.0.0.1
            SocketBindTight on
            UseIPv6 off
            UseReverseDNS off
            Port {self.port}
            PidFile {self.pidfile}
            ScoreboardFile {self.directory}/scoreboard
            SystemLog {self.log_directory}/system.log
            TransferLog none
            WtmpLog off
            User nobody
            Group nogroup
        """)
        self.start_argv = [self.executable, "-c", str(conf)]
        self.check_argv = [self.executable, "-t", "-c", str(conf)]
        self.questions = [{"ftp": self.address()}]

    def ask(self):
        return self.greeting().startswith(b"220 ")


class Sshd(Program):
    executable = "/usr/sbin/sshd"
    preset = "sshd"
    in_foreground = "-D"

    def configure(self):
        # Compiled in: where it locks its unprivileged half up. It stays: another test may be using it by now.
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        for key in ("host_key", "client_key"):
            self.test.run_ok(["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.directory / key])
        shutil.copy(self.directory / "client_key.pub", self.directory / "authorized_keys")
        conf = self.write("sshd_config", f"""
            ListenAddress 127.0.0.1
            Port {self.port}
            PidFile {self.pidfile}
            HostKey {self.directory}/host_key
            AuthorizedKeysFile {self.directory}/authorized_keys
            PermitRootLogin prohibit-password
            StrictModes no
            UsePAM no
        """)
        self.start_argv = [self.executable, "-f", str(conf), "-E", str(self.directory / "log")]
        self.check_argv = [self.executable, "-t", "-f", str(conf)]
        self.questions = [{"ssh": self.address()}]

    def ask(self):
        return self.greeting().startswith(b"SSH-2.0-")

    def log_in(self):
        """A person who stays: cat(1) at the other end. Returns the client, with pipes to talk through."""
        client = self.test.spawn(
            ["/usr/bin/ssh", "-F", "none", "-q", "-i", self.directory / "client_key", "-p", str(self.port),
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
             "-o", "IdentitiesOnly=yes", "root@127.0.0.1", "/usr/bin/cat"],
            subprocess.PIPE, stdin=subprocess.PIPE)
        if not self.is_logged_in(client):
            raise AssertionError(f"ssh: {client.stdout.read()}")
        return client

    @staticmethod
    def is_logged_in(client):
        """Whether the session still carries what is said."""
        try:
            client.stdin.write(b"still there?\n")
            client.stdin.flush()
        except OSError:
            return False
        return client.stdout.readline() == b"still there?\n"

    def sessions(self):
        return [pid for pid in self.pids() if pid != harness.read_pid(self.pidfile)]


class Rsyslogd(Program):
    executable = "/usr/sbin/rsyslogd"
    preset = "syslog"
    in_foreground = "-n"

    def configure(self):
        self.messages = self.log_directory / "messages"
        # It writes numbers about itself each second: its log grows for as long as it works.
        conf = self.write("rsyslog.conf", f"""
            global(workDirectory="{self.directory}")
            module(load="impstats" interval="1")
            module(load="imtcp")
            input(type="imtcp" port="{self.port}" address="127.0.0.1")
            action(type="omfile" file="{self.messages}")
        """)
        self.start_argv = [self.executable, "-i", str(self.pidfile), "-f", str(conf)]
        self.check_argv = [self.executable, "-N1", "-f", str(conf)]
        self.questions = [{"file": str(self.messages), "max_age": "3s"}]
        self.said = 0

    def ask(self):
        self.said += 1
        mark = f"mark-{self.said}-"
        with self.connect() as connection:
            connection.sendall(f"<14>Nov 22 18:00:00 host test: {mark}\n".encode())
        harness.wait_until(
            lambda: self.messages.exists() and mark in self.messages.read_text(errors="replace"), f"{mark} in the log", 5)
        return True


class Named(Program):
    executable = "/usr/sbin/named"
    preset = "bind"
    in_foreground = "-f"
    main_user = "bind"

    def configure(self):
        self.write("zone", """\
            $TTL 60
            @ IN SOA ns.example.test. root.example.test. 1 60 60 60 60
              IN NS ns
            ns IN A 192.0.2.53
        """)
        conf = self.write("named.conf", f"""
            options {{
              directory "{self.directory}";
              pid-file "{self.pidfile}";
              session-keyfile "{self.directory}/session.key";
              managed-keys-directory "{self.directory}";
              listen-on port {self.port} {{ 127.0.0.1; }};
              listen-on-v6 {{ none; }};
              recursion no;
              dnssec-validation no;
            }};
            controls {{ }};
            zone "example.test" {{ type primary; file "zone"; }};
        """)
        shutil.chown(self.directory, "bind", "bind")
        self.start_argv = [self.executable, "-u", "bind", "-c", str(conf)]
        self.check_argv = ["/usr/bin/named-checkconf", str(conf)]
        self.questions = [{"dns": self.address(), "query": "ns.example.test"}]

    def ask(self):
        """RFC 1035, 4.1: the address of ns.example.test over UDP."""
        question = b"\2ns\7example\4test\0" + struct.pack("!HH", 1, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(1)
            sock.sendto(struct.pack("!6H", 4711, 0, 1, 0, 0, 0) + question, ("127.0.0.1", self.port))
            answer = sock.recv(512)
        return struct.unpack("!H", answer[:2])[0] == 4711 and socket.inet_aton("192.0.2.53") in answer


class Dovecot(Program):
    executable = "/usr/sbin/dovecot"
    preset = "dovecot"
    in_foreground = "-F"

    def configure(self):
        self.imap_port = harness.free_port()
        # Its sockets are in there, and their paths have at most 107 bytes.
        base = self.directory / "run"
        self.pidfile = base / "master.pid"
        conf = self.write("dovecot.conf", f"""
            protocols = pop3 imap
            listen = 127.0.0.1
            base_dir = {base}
            state_dir = {self.directory}/state
            log_path = {self.log_directory}/dovecot.log
            ssl = no
            disable_plaintext_auth = no
            mail_location = maildir:{self.directory}/mail/%u
            first_valid_uid = 1
            passdb {{
              driver = static
              args = password=secret
            }}
            userdb {{
              driver = static
              args = uid=nobody gid=nogroup home={self.directory}/mail/%u
            }}
            service pop3-login {{
              inet_listener pop3 {{
                port = {self.port}
              }}
              inet_listener pop3s {{
                port = 0
              }}
            }}
            service imap-login {{
              inet_listener imap {{
                port = {self.imap_port}
              }}
              inet_listener imaps {{
                port = 0
              }}
            }}
        """)
        self.start_argv = [self.executable, "-c", str(conf)]
        self.stop_argv = ["/usr/bin/doveadm", "-c", str(conf), "stop"]
        self.check_argv = ["/usr/bin/doveconf", "-n", "-c", str(conf)]
        self.questions = [{"pop3": self.address()}, {"imap": f"127.0.0.1:{self.imap_port}"}]

    def ask(self):
        with socket.create_connection(("127.0.0.1", self.imap_port), timeout=2) as connection:
            return self.greeting().startswith(b"+OK ") and connection.recv(200).startswith(b"* OK ")


class Sendmail(Program):
    executable = "/usr/libexec/sendmail/sendmail"
    preset = "sendmail"
    in_foreground = "-bD"
    HOST = "mail.example.test"

    def configure(self):
        self.name_the_host()
        (self.directory / "queue").mkdir(mode=0o700)
        macros = self.write("sendmail.mc", f"""
            divert(0)dnl
            include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
            OSTYPE(`linux')dnl
            FEATURE(`no_default_msa')dnl
            FEATURE(`nocanonify')dnl
            undefine(`ALIAS_FILE')dnl
            define(`confPID_FILE', `{self.pidfile}')dnl
            define(`QUEUE_DIR', `{self.directory}/queue')dnl
            define(`STATUS_FILE', `{self.directory}/statistics')dnl
            define(`confDONT_PROBE_INTERFACES', `True')dnl
            define(`confREFUSE_LA', `1000')dnl
            define(`confQUEUE_LA', `1000')dnl
            define(`confTO_IDENT', `0')dnl
            DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port={self.port}')dnl
        """)
        conf = self.write("sendmail.cf", self.test.run_ok(["m4", macros]))
        self.start_argv = [self.executable, "-bd", "-C", str(conf)]
        self.check_argv = [self.executable, "-bt", "-C", str(conf)]
        self.questions = [{"smtp": self.address()}]

    def name_the_host(self):
        """It waits for a minute where the name of the host has no domain. Only in a corner of our own."""
        if harness.OWN_TABLE not in os.environ:
            raise AssertionError("the name of this machine is not ours to change")
        hosts = self.write("hosts", f"127.0.0.1 {self.HOST} localhost\n")
        before = socket.gethostname()
        socket.sethostname(self.HOST)
        self.test.addCleanup(socket.sethostname, before)
        self.test.run_ok(["mount", "--bind", hosts, "/etc/hosts"])
        self.test.addCleanup(self.test.run_ok, ["umount", "/etc/hosts"])

    def main(self, other_than=None):
        # "4711\n/usr/sbin/sendmail -bd …\n"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(self.pidfile.read_text().splitlines()[0])
            return pid if pid != other_than and harness.is_alive(pid) else None
        return None

    def ask(self):
        return self.greeting().startswith(b"220 ")


ALL = (Apache, Proftpd, Sshd, Rsyslogd, Named, Sendmail, Dovecot)
EXECUTABLES = tuple(kind.executable for kind in ALL)
