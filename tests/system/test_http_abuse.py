#!/usr/bin/python3
"""What strangers can do to the HTTP server, and what must go on nevertheless."""

import os
import pathlib
import random
import resource
import socket
import ssl

import harness
from harness import SystemTest, wait_until

CROWD = 1000
FUZZED = int(os.environ.get("SYSTEMCHECK_FUZZED_REQUESTS", "1000"))
# The server's patience is 30 s with a request, and 90 s with an answer.
SLOW_SECONDS = 120

PIECES = [b"GET", b"POST", b"HEAD", b"PUT", b" ", b"\t", b"\r\n", b"\n", b"\r", b"\0", b"/", b"/metrics", b"/api/v1/session",
          b"/api/v1/services/x/restart", b"//", b"/..", b"%2e%2e", b"%00", b"%", b"?", b"&a=b", b"#", b" HTTP/1.1", b" HTTP/1.0",
          b" HTTP/9.9", b" HTTP/", b"Host: x", b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999",
          b"Transfer-Encoding: chunked", b"Transfer-Encoding: , chunked", b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\n",
          b"Authorization: Basic ", b"YWxpY2U6c2VjcmV0", b"Expect: 100-continue", b"Connection: close", b"Connection: Upgrade",
          b"Accept-Encoding: gzip;q=", b"Range: bytes=0-", b": ", b" : ", b"\x16\x03\x01\x02\x00", b"\xff\xfe", b"a" * 300, b"A: " * 50]


class Abuse(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def setUp(self):
        super().setUp()
        self.socket_path = self.directory / "http.sock"
        self.victim = self.daemon({"http": {"listen": ["127.0.0.1:0", f"unix:{self.socket_path}"]}})
        self.victim.metrics()
        self.ask_file()
        self.before = self.belongings()
        self.open = []
        self.addCleanup(lambda: [one.close() for one in self.open])

    def belongings(self):
        """How many descriptors and threads the daemon has."""
        process = pathlib.Path(f"/proc/{self.victim.process.pid}")
        return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.victim.port), timeout=harness.PATIENCE)
        self.open.append(connection)
        return connection

    def say(self, text, connection=None):
        """Everything that is answered to these bytes, until the end."""
        connection = connection or self.connect()
        try:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # It was refused before all of it was said.
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
        connection.close()
        return answer

    def code(self, text):
        answer = self.say(text)
        return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else None

    def ask_file(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(harness.PATIENCE)
        connection.connect(str(self.socket_path))
        return self.say(b"GET /metrics HTTP/1.0\r\n\r\n", connection)

    def expect_health(self):
        """It answers everywhere, its cycles go on, and nothing is left of what was done to it."""
        self.assertTrue(self.ask_file().startswith(b"HTTP/1.1 200") or self.ask_file().startswith(b"HTTP/1.0 200"))
        self.victim.wait_cycles(2)
        for connection in self.open:
            connection.close()
        wait_until(lambda: self.belongings() == self.before, lambda: f"{self.belongings()} to be {self.before} again")

    def is_ended(self, connection):
        """By the daemon, without waiting for it."""
        connection.setblocking(False)
        try:
            return connection.recv(65536) == b""
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True

    def test_a_thousand_idle_connections_keep_nobody_waiting(self):
        for _ in range(CROWD):
            self.connect()
        for _ in range(20):
            self.victim.metrics()
        self.expect_health()

    def test_more_than_there_is_room_for_end_the_oldest_and_not_the_newest(self):
        for _ in range(2000):
            self.connect().sendall(b"GET /metr")
        self.victim.metrics()
        wait_until(lambda: self.is_ended(self.open[0]), "the oldest to be ended")
        self.assertFalse(self.is_ended(self.open[-1]))
        self.expect_health()

    def test_a_request_that_comes_byte_by_byte_is_ended(self):
        slow = self.connect()

        def trickle():
            self.victim.metrics()  # Whoever is overdue is seen when somebody else comes.
            try:
                slow.setblocking(True)
                slow.sendall(b"X")
            except OSError:
                return True
            return self.is_ended(slow)

        slow.sendall(b"GET /")
        wait_until(trickle, "the slow one to be ended", SLOW_SECONDS)
        self.expect_health()

    def test_an_answer_that_nobody_takes_is_ended(self):
        lazy = socket.socket()
        self.open.append(lazy)
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        lazy.connect(("127.0.0.1", self.victim.port))
        for _ in range(400):  # More than any buffer takes.
            try:
                lazy.settimeout(0.2)
                lazy.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            except OSError:
                break

        def read_a_little():
            self.victim.metrics()
            lazy.setblocking(False)
            try:
                return lazy.recv(1) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True

        wait_until(read_a_little, "the lazy one to be ended", SLOW_SECONDS)
        self.expect_health()

    def test_what_is_too_long_is_refused(self):
        self.assertIn(self.code(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"), (400, 414, 431, None))
        self.assertIn(self.code(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n"), (400, 413, 431, None))
        order = b"POST /api/v1/services/x/restart HTTP/1.1\r\nHost: x\r\n"
        self.assertEqual(self.code(order + b"Content-Length: 5000\r\n\r\n" + b"a" * 5000), 413)
        self.assertEqual(self.code(order + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 411)
        self.expect_health()

    def test_no_path_leads_anywhere_else(self):
        for path in (b"/../etc/passwd", b"/%2e%2e/etc/passwd", b"//etc/passwd", b"/metrics/../../etc/passwd", b"/metrics%00.html",
                     b"/%00", b"/.%00/metrics", b"/metrics/", b"/%ff%fe", b"/" + b"a/" * 2000, b"/%", b"/%zz", b"/%2"):
            self.assertIn(self.code(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), (400, 404), path)
        self.assertIn(self.code(b"GET http://elsewhere/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), (200, 400, 404))
        self.expect_health()

    def test_what_could_be_understood_in_two_ways_is_not_understood_at_all(self):
        for twice in (b"Content-Length: 0\r\nTransfer-Encoding: chunked", b"Content-Length: 0\r\nContent-Length: 5",
                      b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"Host: y",
                      b"Authorization: Basic YTpi\r\nAuthorization: Basic YTpj"):
            request = (b"POST /api/v1/services/x/restart HTTP/1.1\r\nHost: x\r\n" + twice + b"\r\n\r\n"
                       b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = self.say(request)
            self.assertIn(b" 400 ", answer.split(b"\r\n")[0], twice)
            self.assertEqual(answer.count(b"HTTP/1.1 "), 1, twice)  # What was smuggled in is not answered.
        self.expect_health()

    def test_other_protocols_are_nothing(self):
        self.assertIn(self.code(b"GET /metrics\r\n\r\n"), (200, 400, 505, None))
        self.assertIn(self.code(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n"), (400, 405, None))
        self.assertIn(self.code(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), (400, 404, 405, 505, None))
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with self.assertRaises((ssl.SSLError, OSError)):
            context.wrap_socket(self.connect()).close()
        self.expect_health()

    def test_what_comes_in_one_piece_is_answered_one_after_the_other(self):
        answer = self.say(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        self.assertEqual(answer.count(b"HTTP/1.1 200"), 50)
        self.expect_health()

    def test_nobody_acts_where_acting_is_switched_off(self):
        body = b"{}"
        order = (b"POST /api/v1/services/x/restart HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 b"X-CSRF-Token: 99999999999.00\r\nContent-Length: 2\r\nConnection: close\r\n\r\n")
        self.assertEqual(self.code(order + body), 403)
        self.assertEqual(self.code(b"DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), 405)
        self.assertEqual(self.code(b"PUT /api/v1/services/x/restart HTTP/1.1\r\nHost: x\r\n\r\n"), 405)
        self.expect_health()

    def test_garbage_of_all_kinds(self):
        source = random.Random(20)
        for _ in range(FUZZED):
            connection = self.connect()
            words = b"".join(source.choice(PIECES) for _ in range(source.randrange(1, 25)))
            if source.random() < 0.5:
                words = source.choice([b"GET /metrics", b"POST /api/v1/groups/x/stop"]) + b" HTTP/1.1\r\nHost: x\r\n" + words + b"\r\n\r\n"
            try:
                connection.sendall(words)
                if source.random() < 0.3:
                    connection.shutdown(socket.SHUT_WR)
                elif source.random() < 0.3:
                    connection.settimeout(0.01)  # Whoever waits for more to come is not waited for.
                    connection.recv(100)
            except OSError:
                pass
            connection.close()
            self.open.clear()
        self.expect_health()


if __name__ == "__main__":
    harness.main()
