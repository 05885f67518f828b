"""A daemon that has all that there is to have: for tests of what is told of it elsewhere."""

import ssl
import time

from harness import SystemTest
from mail_sink import page
from standin import StandIn

LOGIN = "{when} mx dovecot: pop3-login: Login: user=<{user}>, method=PLAIN, rip={address}, lip=192.0.2.2, mpid=7, session=<aaaaaaaaaaaaaaaa>\n"


class Everything(SystemTest):
    needs_programs = ("openssl",)

    def tls_port(self):
        """Where a certificate is shown to whoever asks."""
        key, certificate = self.directory / "key", self.directory / "certificate"
        self.run_ok(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                     "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"])
        server = page(self)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        return server.server_address[1]

    def log_in(self, user, address):
        """He fetches his mail: a line in the log that the relay reads."""
        with open(self.directory / "maillog", "a", encoding="ascii") as log:
            log.write(LOGIN.format(when=time.strftime("%b %e %T"), user=user, address=address))

    def everything(self, **services):
        """The daemon, with `services` beside one that is probed and may be turned off, and the relay with a login."""
        self.standin = StandIn(self)
        self.standin.start()
        log = self.directory / "maillog"
        self.log_in("anna", "192.0.2.1")
        settings = self.standin.settings(stop=["/bin/true"], shed={"priority": 10}, probes=[
            {"http": f"https://127.0.0.1:{self.tls_port()}/", "every": "1s"}])
        daemon = self.daemon({"services": {"standin": settings, **services}, "relay": {
            "enabled": True, "logs": [str(log)], "trusted_origin": "ignored", "publish": [
                {"socketmap": {"listen": [f"unix:{self.directory}/relay.sock"]}},
                {"plain_file": {"path": str(self.directory / "relay.txt")}}]}})
        daemon.wait_metrics(
            lambda m: m.family("systemcheck_probe_certificate_expiry_timestamp_seconds"), "the certificate to be seen")
        return daemon
