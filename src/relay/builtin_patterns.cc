#include "relay/builtin_patterns.h"

#include <string>

// What servers write when somebody has logged in, each with lines that fit and lines that must not: failures,
// and what a client made a server write. All that a client can choose before he has logged in (names, his
// host's name, an IMAP ID) ends at the first byte that it cannot contain, see expression.h.

namespace systemcheck {
namespace {

/// Dovecot's services; "Info: " stands there in a log of its own.
std::vector<std::string> dovecot_prefixes(const std::string& what) {
  std::vector<std::string> prefixes;
  for (const auto* service : {"pop3", "imap", "submission", "managesieve"}) {
    for (const auto* level : {"-login: ", "-login: Info: "})
      prefixes.push_back(service + (level + what));
  }
  return prefixes;
}

const std::string dovecot_service = "(?:pop3|imap|submission|managesieve)-login: (?:Info: )?";
const std::string address = "(?P<ip>[0-9A-Fa-f.:]+)";
/// What stands behind the local address depends on login_log_format_elements. That nothing there begins with
/// an r is what keeps a second "rip=" out.
const std::string dovecot_client = "user=<(?P<user>[^<>\\s,]+)>, method=[A-Za-z0-9-]+, rip=" + address +
                                   ", lip=[0-9A-Fa-f.:]+(?:, [A-Za-qs-z0-9][A-Za-z0-9 =/+._<>():-]*)*";

LoginPattern dovecot() {
  return {
      .name = "dovecot",
      .tags = {"dovecot"},
      .prefixes = dovecot_prefixes("Login: user=<"),
      .expression = dovecot_service + "Login: " + dovecot_client,
      .matches =
          {
              "Nov 22 16:29:38 mx1 dovecot: pop3-login: Login: user=<alice>, method=PLAIN, rip=192.0.2.3, "
              "lip=192.0.2.1, mpid=29, session=<k3LE+99g89F/AQID>",
              "Nov 22 16:56:05 imap-login: Info: Login: user=<bob@example.org>, method=PLAIN, "
              "rip=2001:db8::5, "
              "lip=2001:db8::25, mpid=735, TLS, session=<ApBaWuBg5wN/AQMG>",
          },
      .mismatches = {
          "Nov 22 16:29:54 mx1 dovecot: pop3-login: Disconnected: Aborted login by logging out (auth failed, "
          "1 "
          "attempts in 5 secs): user=<x> Login: user=<alice>, method=PLAIN, rip=198.51.100.2, lip=192.0.2.1, "
          "mpid=1, ...>, method=PLAIN, rip=203.0.113.1, lip=192.0.2.1, session=<MGt3/N9g05R/QgEB>",
          "Nov 22 16:29:54 mx1 dovecot: pop3-login: Login: user=<alice>, method=PLAIN, rip=198.51.100.2, "
          "lip=192.0.2.1, mpid=1, rip=203.0.113.1, lip=192.0.2.1, session=<MGt3/N9g05R/QgEB>",
      }};
}

LoginPattern dovecot_proxy() {
  return {
      .name = "dovecot-proxy",
      .tags = {"dovecot"},
      .prefixes = dovecot_prefixes("proxy("),
      .expression =
          dovecot_service +
          "proxy\\([^(),\\s]*,[0-9A-Za-z.:-]+\\): Started proxying to <[^<>\\s]*> \\([0-9.]+ secs\\): " +
          dovecot_client,
      .matches = {"Nov 22 16:56:11 mx1 dovecot: pop3-login: proxy(alice,192.0.2.9:110): Started proxying to "
                  "<192.0.2.9> (0.015 secs): user=<alice>, method=PLAIN, rip=192.0.2.3, lip=192.0.2.1, "
                  "session=<YmW5WuBg8bN/AQMF>"},
      .mismatches = {
          "Nov 22 16:56:11 mx1 dovecot: pop3-login: proxy(alice,192.0.2.9:110): Disconnected by server "
          "(0s idle, in=37, out=77): user=<alice>, method=PLAIN, rip=192.0.2.3, lip=192.0.2.1, "
          "session=<YmW5WuBg8bN/AQMF>"}};
}

/// As Dovecot 2.2 wrote it.
LoginPattern dovecot_proxy_old() {
  return {
      .name = "dovecot-proxy-2.2",
      .tags = {"dovecot"},
      .prefixes = dovecot_prefixes("proxy("),
      .expression = dovecot_service +
                    "proxy\\([^(),\\s]*\\): started proxying to [0-9A-Za-z.-]+:[0-9]+: " + dovecot_client,
      .matches = {"Nov 22 16:56:11 mx1 dovecot: imap-login: proxy(alice): started proxying to 192.0.2.9:143: "
                  "user=<alice>, method=PLAIN, rip=192.0.2.3, lip=192.0.2.1, session=<YmW5WuBg8bN/AQMF>"},
      .mismatches = {"Nov 22 16:56:11 mx1 dovecot: imap-login: proxy(alice): Login failed to 192.0.2.9:143: "
                     "user=<alice>, method=PLAIN, rip=192.0.2.3, lip=192.0.2.1, session=<YmW5WuBg8bN/AQMF>"}};
}

LoginPattern courier() {
  return {.name = "courier",
          .tags = {"pop3d", "imapd", "pop3d-ssl", "imapd-ssl"},
          .prefixes = {"LOGIN, user="},
          .expression = "LOGIN, user=(?P<user>[^,\\s]+), ip=\\[" + address +
                        "\\](?:, p(?:ort=\\[[0-9]+\\](?:, protocol=[A-Z0-9]+)?|rotocol=[A-Z0-9]+))?",
          .matches =
              {"Nov 22 16:49:41 mx2 pop3d: LOGIN, user=alice, ip=[::ffff:192.0.2.3], port=[60339]",
               "Nov 22 16:49:41 mx2 imapd: LOGIN, user=alice, ip=[2001:db8::5], port=[59521], protocol=IMAP",
               "Nov 22 16:49:41 mx2 imapd-ssl: LOGIN, user=bob, ip=[::ffff:192.0.2.4], protocol=IMAP"},
          .mismatches = {
              "Nov 22 16:50:54 mx2 pop3d: LOGIN FAILED, user=alice, ip=[::ffff:198.51.100.1], port=[1], "
              "ip=[::ffff:203.0.113.20], port=[51969]",
              "Nov 22 16:50:54 mx2 pop3d: LOGIN, user=alice, ip=[::ffff:198.51.100.1], port=[1], "
              "ip=[::ffff:203.0.113.20], port=[51969]"}};
}

LoginPattern cyrus() {
  return {
      .name = "cyrus",
      .tags = {"cyrus/pop3", "cyrus/imap", "cyrus/pop3s", "cyrus/imaps", "cyrus", "pop3", "imap", "pop3s",
               "imaps"},
      .prefixes = {"login: "},
      .expression =
          "login: (?:[A-Za-z0-9._-]+ )?\\[" + address +
          "\\] (?P<user>[^\\s\\[\\]]+) [A-Za-z0-9+-]+ User logged in(?: SESSIONID=<[A-Za-z0-9-]*>)?",
      .matches =
          {"Nov 22 16:54:21 mx2 cyrus/pop3[1041]: login: [192.0.2.3] alice plaintext User logged in "
           "SESSIONID=<cyrus-1795366458-1041-1-1>",
           "Nov 22 16:54:21 mx2 cyrus/imaps[88]: login: host.example.net [2001:db8::5] alice plaintext+TLS "
           "User logged in"},
      .mismatches = {
          "Nov 22 16:54:36 mx2 cyrus/pop3[1042]: badlogin: [203.0.113.20] plaintext (alice [198.51.100.1] "
          "plaintext User logged in) invalid user"}};
}

LoginPattern solid_pop3d() {
  return {.name = "solid-pop3d",
          .tags = {"solid-pop3d", "spop3d"},
          .prefixes = {"user "},
          .expression = "user (?P<user>\\S+) authenticated - " + address,
          .matches = {"Nov 22 16:52:48 mx2 solid-pop3d[770]: user alice authenticated - 192.0.2.3"},
          .mismatches = {
              "Nov 22 16:52:48 mx2 solid-pop3d[770]: authentication failed: no such user: x user alice "
              "authenticated - 198.51.100.3 - 203.0.113.22",
              "Nov 22 16:52:48 mx2 solid-pop3d[770]: user x authenticated - 198.51.100.3 - 203.0.113.22"}};
}

/// It says where somebody comes from before it knows who he is. Run by inetd it does not say it at all.
LoginPattern popa3d() {
  return {.name = "popa3d",
          .tags = {"popa3d"},
          .prefixes = {"Authentication passed for "},
          .expression = "Authentication passed for (?P<user>\\S+)",
          .open = "Session from " + address,
          .close = "(?:Authentication failed for .*|Didn't attempt authentication)",
          .matches = {"Nov 22 16:53:06 mx2 popa3d[798]: Session from 192.0.2.3",
                      "Nov 22 16:53:06 mx2 popa3d[798]: Authentication passed for alice"},
          .mismatches = {"Nov 22 16:53:06 mx2 popa3d[798]: 0 messages (0 bytes) loaded"}};
}

LoginPattern uw() {
  return {
      .name = "uw",
      .tags = {"ipop3d", "ipop3sd", "ipop2d", "imapd", "imapsd"},
      .prefixes = {"Login user=", "Authenticated user=", "Auth user=", "APOP user="},
      .expression = "(?:Login|A(?:uth(?:enticated)?|POP)) user=(?P<user>\\S+) host=(?:[A-Za-z0-9._-]+ )?\\[" +
                    address + "\\](?: (?:nmsgs=[0-9/]+|mech=[A-Z0-9-]+))?",
      .matches =
          {"Nov 22 10:00:05 mx1 ipop3d[2001]: Login user=alice host=client.example.net [192.0.2.7] nmsgs=0/0",
           "Nov 22 10:00:07 mx1 imapd[2003]: Authenticated user=bob host=[192.0.2.8] mech=PLAIN"},
      .mismatches = {
          "Nov 22 10:00:06 mx1 ipop3d[2002]: Login failed user=alice auth=alice host=client.example.net "
          "[203.0.113.66]",
          "Nov 22 10:00:08 mx1 imapd[2003]: Logout user=bob host=[192.0.2.8]"}};
}

LoginPattern qpopper() {
  return {
      .name = "qpopper",
      .tags = {"popper", "qpopper", "in.qpopper"},
      .prefixes = {"(v"},
      .expression =
          "\\(v[0-9a-z.]+\\) POP login by user \"(?P<user>[^\"\\s]+)\" at \\([A-Za-z0-9.:_-]*\\) " + address,
      .matches =
          {"Nov 22 10:00:00 mx1 popper[1234]: (v4.0.19) POP login by user \"alice\" at (client.example.net) "
           "192.0.2.5"},
      .mismatches = {"Nov 22 10:00:03 mx1 popper[1237]: [AUTH] Failed attempted login to alice from host "
                     "(client.example.net) 203.0.113.66"}};
}

LoginPattern qpopper_stats() {
  return {
      .name = "qpopper-stats",
      .tags = {"popper", "qpopper", "in.qpopper"},
      .prefixes = {"Stats: "},
      .expression = "Stats: (?P<user>\\S+) [0-9]+ [0-9]+ [0-9]+ [0-9]+ [A-Za-z0-9.:_-]+ " + address,
      .matches = {"Nov 22 10:00:02 mx1 popper[1236]: Stats: alice 2 4096 0 0 client.example.net 192.0.2.5"},
      .mismatches = {"Nov 22 10:00:02 mx1 popper[1236]: Stats: x 2 4096 0 0 h 198.51.100.5 0 0 0 0 "
                     "client.example.net 192.0.2.5"}};
}

/// It logs the logins of SMTP servers as well: only those to fetch mail are meant. It knows IPv4 only, and a
/// colon is what ends the name.
LoginPattern vpopmail() {
  return {.name = "vpopmail",
          .tags = {"vpopmail"},
          .prefixes = {"vchkpw-"},
          .expression =
              "vchkpw-(?:pop3s?|imaps?|1(?:10|43)|99(?:3|5)): (?:\\([A-Z0-9-]+\\) )?login success "
              "(?P<user>[^\\s:]+):(?P<ip>[0-9.]+)",
          .matches = {"Nov 22 10:00:10 mx1 vpopmail[3001]: vchkpw-pop3: (PLAIN) login success "
                      "alice@example.org:192.0.2.10"},
          .mismatches = {"Nov 22 10:00:12 mx1 vpopmail[3003]: vchkpw-pop3: password fail (pass: 'x') "
                         "alice@example.org:203.0.113.66",
                         "Nov 22 10:00:12 mx1 vpopmail[3003]: vchkpw-smtp: (PLAIN) login success "
                         "alice@example.org:203.0.113.66"}};
}

LoginPattern perdition() {
  return {
      .name = "perdition",
      .tags = {"perdition"},
      .prefixes = {"Auth: "},
      .expression =
          "Auth: " + address +
          "->[0-9A-Fa-f.:]+ user=\"(?P<user>[^\"\\s]+)\" server=\"[^\"]*\" port=\"[^\"]*\" status=\"ok\"",
      .matches = {"Nov 22 10:00:13 mx1 perdition[4001]: Auth: 192.0.2.11->192.0.2.1 user=\"alice\" "
                  "server=\"pop.example.org\" port=\"110\" status=\"ok\""},
      .mismatches = {"Nov 22 10:00:14 mx1 perdition[4002]: Auth: 203.0.113.66->192.0.2.1 user=\"alice\" "
                     "server=\"pop.example.org\" port=\"110\" status=\"failed: Re-Authentication Failure\""}};
}

LoginPattern teapop() {
  return {.name = "teapop",
          .tags = {"teapop"},
          .prefixes = {"Successful login for "},
          .expression = "Successful login for (?P<user>\\S+) \\[" + address + "\\]",
          .matches = {"Nov 22 10:00:15 mx1 teapop[5001]: Successful login for alice [192.0.2.12]"},
          .mismatches = {"Nov 22 10:00:15 mx1 teapop[5001]: Failed login for alice [203.0.113.66]"}};
}

LoginPattern gnu_pop3d() {
  return {
      .name = "gnu-pop3d",
      .tags = {"gnu-pop3d"},
      .prefixes = {"User '"},
      .expression =
          "User '(?P<user>[^'\\s]+)' logged in with mailbox '[^']*' \\([0-9]+ messages\\) from " + address,
      .matches =
          {"Nov 22 10:00:16 mx1 gnu-pop3d[6001]: User 'alice' logged in with mailbox '/var/mail/alice' (0 "
           "messages) from 192.0.2.13"},
      .mismatches = {
          "Nov 22 10:00:16 mx1 gnu-pop3d[6001]: User 'alice': authentication failed from 203.0.113.66"}};
}

LoginPattern vm_pop3d() {
  return {
      .name = "vm-pop3d",
      .tags = {"vm-pop3d"},
      .prefixes = {"User '"},
      .expression = "User '(?P<user>[^'\\s]+)' of '[^']*' logged in from " + address,
      .matches = {"Nov 22 10:00:17 mx1 vm-pop3d[6002]: User 'alice' of '(null)' logged in from 192.0.2.14"},
      .mismatches = {
          "Nov 22 10:00:17 mx1 vm-pop3d[6002]: User 'alice' of '(null)' failed auth, from 203.0.113.66"}};
}

/// It does not say from where.
LoginPattern mailutils() {
  return {.name = "mailutils",
          .tags = {"mu-pop3d", "gnu-pop3d", "mu-imap4d"},
          .prefixes = {"user `"},
          .expression = "user `(?P<user>[^'\\s]+)' logged in with mailbox `[^']*' \\([0-9]+ messages\\)",
          .matches =
              {"Nov 22 16:53:40 mx2 mu-pop3d[916]: user `alice' logged in with mailbox `/var/mail/alice' (0 "
               "messages)"},
          .mismatches = {"Nov 22 16:53:42 mx2 mu-pop3d[918]: user `alice': authentication failed"}};
}

LoginPattern sendmail_auth() {
  return {
      .name = "sendmail-auth",
      .tags = {"sendmail", "sm-mta", "sm-msp"},
      .prefixes = {"AUTH=server, relay="},
      .expression =
          "AUTH=server, relay=(?:[A-Za-z0-9._-]+ )?\\[(?:IPv6:)?" + address +
          "\\](?: \\(may be forged\\))?, authid=(?P<user>[^,\\s\\[\\]]+), mech=[A-Z0-9-]+, bits=[0-9]+",
      .is_smtp_auth = true,
      .matches =
          {"Nov 22 16:39:11 mx1 sendmail[668]: AUTH=server, relay=[192.0.2.3], authid=alice@mx1, mech=PLAIN, "
           "bits=0",
           "Nov 22 10:00:20 mx1 sm-mta[9]: AUTH=server, relay=[IPv6:2001:db8:0:0:0:0:0:5], authid=alice, "
           "mech=PLAIN, bits=0"},
      .mismatches = {
          "Nov 22 16:39:11 mx1 sendmail[673]: 6AMGdBJE000673: AUTH failure (LOGIN): user not found (-20), "
          "user=x, relay=[198.51.100.1], authid=alice, mech=PLAIN, bits=0, relay=[203.0.113.3]"}};
}

/// The message begins with the number of the mail: a hexadecimal one, or a long one, whose first digit stays
/// one until 2090.
LoginPattern postfix_sasl() {
  std::vector<std::string> digits;
  for (const char digit : std::string("0123456789ABCDEF"))
    digits.emplace_back(1, digit);
  return {.name = "postfix-sasl",
          .tags = {"postfix/smtpd", "postfix/submission/smtpd", "postfix/smtps/smtpd",
                   "postfix/submissions/smtpd", "postfix"},
          .prefixes = digits,
          .expression = "[0-9A-Za-z]+: client=[A-Za-z0-9._-]+\\[" + address +
                        "\\](?::[0-9]+)?, sasl_method=[A-Za-z0-9-]+, sasl_username=(?P<user>[^,\\s\\[\\]]+)"
                        "(?:, sasl_sender=[^,\\s\\[\\]]+)?",
          .is_smtp_auth = true,
          .matches = {"Nov 22 16:48:04 mx2 postfix/smtpd[492]: 1A6A2AA2378: client=unknown[192.0.2.3], "
                      "sasl_method=PLAIN, sasl_username=alice@mx2"},
          .mismatches = {
              "Nov 22 16:48:04 mx2 postfix/smtpd[492]: NOQUEUE: reject: RCPT from unknown[203.0.113.4]: 554 "
              "5.7.1 <u@remote.example>: Recipient address rejected: Access denied; from=<a@b.example> "
              "to=<u@remote.example> proto=ESMTP helo=<x, client=h[198.51.100.1], sasl_method=PLAIN, "
              "sasl_username=alice>"}};
}

}  // namespace

const std::vector<LoginPattern>& builtin_patterns() {
  static const std::vector<LoginPattern> all{
      dovecot(),
      dovecot_proxy(),
      dovecot_proxy_old(),
      courier(),
      cyrus(),
      solid_pop3d(),
      popa3d(),
      uw(),
      qpopper(),
      qpopper_stats(),
      vpopmail(),
      perdition(),
      teapop(),
      gnu_pop3d(),
      vm_pop3d(),
      mailutils(),
      sendmail_auth(),
      postfix_sasl(),
  };
  return all;
}

}  // namespace systemcheck
