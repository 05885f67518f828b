"""Debian's own daemons on private configurations: each in a directory of the test, on a port the kernel picked,
started as an administrator without systemd would, and asked over the network whether it works."""

import contextlib
import http.client
import pathlib
import shutil
import socket
import struct
import subprocess
import textwrap

import harness


class Program:
    """What tests need of one daemon. `start_argv` returns at once and leaves it running."""

    executable = ""
    main_user = "root"

    def __init__(self, test):
        self.test = test
        self.port = harness.free_port()
        self.directory = test.directory / type(self).__name__.lower()
        self.directory.mkdir()
        self.pidfile = self.directory / "pid"
        self.configure()

    def write(self, name, text):
        path = self.directory / name
        path.write_text(textwrap.dedent(text))
        return path

    def settings(self, **more):
        match = {"exe": self.executable, "pidfile": str(self.pidfile), "user": self.main_user}
        return {"mode": "act", "match": match, "start": self.start_argv, **more}

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
            ErrorLog {self.directory}/error.log
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

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        with contextlib.closing(connection):
            connection.request("GET", "/index.html")
            return connection.getresponse().read() == b"it works\n"

    def workers(self):
        return [pid for pid in self.pids() if pid != harness.read_pid(self.pidfile)]


class Proftpd(Program):
    executable = "/usr/sbin/proftpd"
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
            SystemLog {self.directory}/system.log
            TransferLog none
            WtmpLog off
            User nobody
            Group nogroup
        """)
        self.start_argv = [self.executable, "-c", str(conf)]

    def ask(self):
        return self.greeting().startswith(b"220 ")


class Sshd(Program):
    executable = "/usr/sbin/sshd"

    def configure(self):
        # Compiled in: where it locks its unprivileged half up.
        jail = pathlib.Path("/run/sshd")
        if not jail.exists():
            jail.mkdir(mode=0o755)
            self.test.addCleanup(jail.rmdir)
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

    def configure(self):
        self.messages = self.directory / "messages"
        conf = self.write("rsyslog.conf", f"""
            global(workDirectory="{self.directory}")
            module(load="imtcp")
            input(type="imtcp" port="{self.port}" address="127.0.0.1")
            action(type="omfile" file="{self.messages}")
        """)
        self.start_argv = [self.executable, "-i", str(self.pidfile), "-f", str(conf)]
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

    def ask(self):
        """RFC 1035, 4.1: the address of ns.example.test over UDP."""
        question = b"\2ns\7example\4test\0" + struct.pack("!HH", 1, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(1)
            sock.sendto(struct.pack("!6H", 4711, 0, 1, 0, 0, 0) + question, ("127.0.0.1", self.port))
            answer = sock.recv(512)
        return struct.unpack("!H", answer[:2])[0] == 4711 and socket.inet_aton("192.0.2.53") in answer


ALL = (Apache, Proftpd, Sshd, Rsyslogd, Named)
