"""A mail server that keeps what it is given, and a page that counts its visitors: where alerts end in tests."""

import dataclasses
import email
import email.policy
import http.server
import socketserver
import threading


@dataclasses.dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str
    parts: tuple  # the types of all that it consists of


def read_mail(to, content):
    message = email.message_from_bytes(content, policy=email.policy.default)
    text = message.get_body(preferencelist=("plain",))
    return Mail(to, str(message["Subject"]), text.get_content().replace("\r\n", "\n") if text else "",
                tuple(part.get_content_type() for part in message.walk() if not part.is_multipart()))


class _Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as a client needs that is given everything it asks for."""

    timeout = 30

    def reply(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        recipients = []
        self.reply("220 sink.example ESMTP")
        while line := self.rfile.readline(2000):
            verb = line[:4].upper().strip()
            if verb == b"RCPT":
                recipients.append(line.split(b"<")[1].split(b">")[0].decode())
            if verb == b"DATA":
                self.reply("354 go on")
                content = self.content()
                self.server.mails.extend(read_mail(to, content) for to in recipients)
                recipients = []
            self.reply("221 bye" if verb == b"QUIT" else "250 sink.example")
            if verb == b"QUIT":
                return

    def content(self):
        lines = []
        while (line := self.rfile.readline(2000)) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


class _Visit(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.visits.append(self.path)
        self.send_response(200)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


def _serve(test, server):
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()

    def end():
        server.shutdown()
        server.server_close()
        thread.join()

    test.addCleanup(end)
    return server


def mail_sink(test):
    """A server with .mails, the oldest first, on .server_address."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation)
    server.mails = []
    return _serve(test, server)


def page(test):
    """A server with .visits."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Visit)
    server.visits = []
    server.handle_error = lambda *_: None  # Who asks need not wait for the answer.
    return _serve(test, server)
