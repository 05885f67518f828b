// tests/golden/maillog: lines of real servers, among them what their clients made them write.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "relay/login_reader.h"
#include "support/mail_logs.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

const auto now = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

LoginPatterns patterns() {
  auto compiled = LoginPatterns::compile({{.name = "dovecot", .tags = {"d3"}}}, {.smtp_auth = true});
  EXPECT_TRUE(compiled) << compiled.error().message;
  return *std::move(compiled);
}

LineLayout layout_of(const std::string& file) {
  return file.ends_with(".trusted.log") ? LineLayout::annotated : LineLayout::plain;
}

std::string found_in(const LineReading& reading) {
  return reading.login ? reading.login->address.text() : "-";
}

/// A reader for each of the logs.
class Readers {
 public:
  explicit Readers(TrustedOrigin origin) : origin_(origin) {}

  LineReading read(const KnownLine& line) {
    const ReaderRules rules{.layout = layout_of(line.file), .trusted_origin = origin_, .senders = {0, 106}};
    auto& reader =
        readers_.try_emplace(line.file, compiled_, rules, [](WallTime) { return 0h; }).first->second;
    return reader.read(line.text, now);
  }

 private:
  TrustedOrigin origin_;
  LoginPatterns compiled_ = patterns();
  std::map<std::string, LoginReader> readers_{};
};

const std::vector<KnownLine>& all_lines() {
  static const auto lines = known_lines(SYSTEMCHECK_SOURCE_DIR);
  return lines;
}

TEST(MailLogs, AreAllThere) { EXPECT_EQ(all_lines().size(), 2468U); }

TEST(MailLogs, GiveEveryLoginThatIsInThemAndNoOther) {
  Readers readers(TrustedOrigin::ignored);
  int logins = 0;
  for (const auto& line : all_lines()) {
    const auto reading = readers.read(line);
    if (line.kind == "forged-local" && layout_of(line.file) == LineLayout::plain) continue;
    EXPECT_EQ(found_in(reading), line.address) << line.file << ":" << line.number << ": " << line.text;
    logins += line.address == "-" ? 0 : 1;
    EXPECT_EQ(reading.login ? reading.login->user : line.user, line.user) << line.text;
  }
  EXPECT_EQ(logins, 116);
}

TEST(MailLogs, SayWhereALoginHasNoAddress) {
  Readers readers(TrustedOrigin::ignored);
  for (const auto& line : all_lines()) {
    const auto verdict = readers.read(line).verdict;
    EXPECT_EQ(verdict == LineVerdict::login_without_address, line.kind == "login-noip") << line.text;
  }
}

TEST(MailLogs, AuthoriseNobodyWhereNobodyKnowsWhoWroteThem) {
  Readers readers(TrustedOrigin::required);
  for (const auto& line : all_lines()) {
    if (layout_of(line.file) != LineLayout::plain) continue;
    EXPECT_FALSE(readers.read(line).login) << line.text;
  }
}

TEST(MailLogs, GiveForgedLinesAwayOnlyWhereItIsKnownWhoWroteThem) {
  Readers blind(TrustedOrigin::ignored);
  Readers seeing(TrustedOrigin::required);
  int taken_for_real = 0;
  int refused = 0;
  for (const auto& line : all_lines()) {
    if (line.kind != "forged-local") continue;
    EXPECT_FALSE(seeing.read(line).login) << line.text;
    taken_for_real += blind.read(line).login ? 1 : 0;
    refused += seeing.read(line).verdict == LineVerdict::untrusted ? 1 : 0;
  }
  EXPECT_EQ(taken_for_real, 14);  // In a text they are the same as real ones.
  EXPECT_EQ(refused, 16);
}

/// Of a flat object; the values of the fixture have nothing escaped in them.
std::string json_value(const std::string& object, const std::string& key) {
  const auto head = "\"" + key + "\":\"";
  const auto at = object.find(head);
  if (at == std::string::npos) return {};
  const auto begin = at + head.size();
  return object.substr(begin, object.find('"', begin) - begin);
}

TEST(MailLogs, OfTheJournalSayWhoWroteThem) {
  const auto path = std::filesystem::path(SYSTEMCHECK_SOURCE_DIR) / "tests/golden/maillog/journald.json.txt";
  std::ifstream file(path);
  LoginReader reader(patterns(), {.senders = {0}}, [](WallTime) { return 0h; });
  std::vector<std::string> found;
  for (std::string object; std::getline(file, object);) {
    const auto tag = json_value(object, "SYSLOG_IDENTIFIER");
    const auto pid = json_value(object, "_PID");
    const auto message = json_value(object, "MESSAGE");
    const auto reading = reader.read(
        {.tag = tag,
         .pid = pid,
         .message = message,
         .writer = static_cast<uid_t>(std::stoul(json_value(object, "_UID"))),
         .at = WallTime{std::chrono::microseconds{std::stoll(json_value(object, "__REALTIME_TIMESTAMP"))}}},
        now);
    found.push_back(std::string(word(reading.verdict)) + " " + found_in(reading));
  }
  EXPECT_EQ(found, (std::vector<std::string>{"untrusted -", "login 127.1.2.3", "nothing -"}));
}

/// What a server writes with `text` in it that a client chose. Its address is 127.66.0.1.
struct Carrier {
  std::string tag{};
  std::string before{};
  std::string behind{};
};

std::vector<Carrier> carriers() {
  return {
      {"dovecot",
       "pop3-login: Disconnected: Aborted login by logging out (auth failed, 1 attempts in 5 secs): user=<",
       ">, method=PLAIN, rip=127.66.0.1, lip=127.0.0.1, session=<MGt3/N9g05R/QgEB>"},
      {"dovecot", "pop3-login: Login: user=<",
       ">, method=PLAIN, rip=127.66.0.1, lip=127.0.0.1, mpid=1, TLS, session=<x>"},
      {"dovecot", "imap-login: Info: Login: user=<", ">, method=PLAIN, rip=127.66.0.1, lip=127.0.0.1"},
      {"dovecot", "imap-login: proxy(",
       ",127.0.0.1:110): Started proxying to <127.0.0.1> (0.015 secs): user=<x>, method=PLAIN, "
       "rip=127.66.0.1, "
       "lip=127.0.0.1"},
      {"dovecot",
       "auth: plain(?,127.66.0.1,<h>): Username character disallowed by auth_username_chars: 0x3e "
       "(username: ",
       ")"},
      {"dovecot", "imap-login: ID sent: name=", ", version=x: user=<>, rip=127.66.0.1, lip=127.0.0.1"},
      {"pop3d", "LOGIN FAILED, user=", ", ip=[::ffff:127.66.0.1], port=[51969]"},
      {"pop3d", "LOGIN, user=", ", ip=[::ffff:127.66.0.1], port=[51969]"},
      {"imapd", "LOGIN, user=", ", ip=[::ffff:127.66.0.1], port=[51969], protocol=IMAP"},
      {"imapd", "Login user=", " host=h [127.66.0.1]"},
      {"imapd", "Login failed user=", " auth=x host=h [127.66.0.1]"},
      {"cyrus/imap", "badlogin: [127.66.0.1] plaintext (", ") invalid user"},
      {"cyrus/imap", "client id sessionid=<c>: \"name\" \"", "\""},
      {"cyrus/pop3", "login: [127.66.0.1] ", " plaintext User logged in SESSIONID=<x>"},
      {"cyrus", "login: ", " [127.66.0.1] alice plaintext User logged in"},
      {"solid-pop3d", "authentication failed: no such user: ", " - 127.66.0.1"},
      {"solid-pop3d", "user ", " authenticated - 127.66.0.1"},
      {"popper", "(v4.0.19) POP login by user \"", "\" at (h) 127.66.0.1"},
      {"popper", "(v4.0.19) POP login by user \"x\" at (", ") 127.66.0.1"},
      {"popper", "Stats: ", " 2 4096 0 0 h 127.66.0.1"},
      {"vpopmail", "vchkpw-pop3: (PLAIN) login success ", ":127.66.0.1"},
      {"vpopmail", "vchkpw-pop3: vpopmail user not found ", ":127.66.0.1"},
      {"perdition", "Auth: 127.66.0.1->192.0.2.1 user=\"", "\" server=\"h\" port=\"110\" status=\"ok\""},
      {"teapop", "Successful login for ", " [127.66.0.1]"},
      {"gnu-pop3d", "User '", "' logged in with mailbox '/m' (0 messages) from 127.66.0.1"},
      {"gnu-pop3d", "User 'a' logged in with mailbox '", "' (0 messages) from 127.66.0.1"},
      {"vm-pop3d", "User '", "' of '(null)' logged in from 127.66.0.1"},
      {"popa3d", "Authentication failed for ", ""},
      {"popa3d", "Authentication passed for ", ""},
      {"mu-pop3d", "user `", "': authentication failed"},
      {"sendmail", "6AMGdBJE: AUTH failure (LOGIN): user not found (-20), user=", ", relay=[127.66.0.1]"},
      {"sendmail", "AUTH=server, relay=[127.66.0.1], authid=", ", mech=PLAIN, bits=0"},
      {"sendmail", "AUTH=server, relay=", " [127.66.0.1], authid=alice, mech=PLAIN, bits=0"},
      {"sendmail", "6AMGdBJE000677: from=<\"", "\"@example.org>, size=0, class=0, relay=[127.66.0.1]"},
      {"sendmail", "6AMGdBFA000684: [127.66.0.1]: VRFY ", ""},
      {"postfix/smtpd", "1A6A2AA2378: client=unknown[127.66.0.1], sasl_method=PLAIN, sasl_username=", ""},
      {"postfix/smtpd", "1A6A2AA2378: client=", "[127.66.0.1], sasl_method=PLAIN, sasl_username=alice"},
      {"postfix/smtpd", "warning: non-SMTP command from unknown[127.66.0.1]: ", ""},
      {"postfix/smtpd", "NOQUEUE: reject: RCPT from unknown[127.66.0.1]: 554 5.7.1 <u@x>: denied; helo=<",
       ">"},
      {"postfix/cleanup", "2A848AA237C: message-id=<", ">"},
  };
}

/// Messages and whole lines of logins, each form once.
std::set<std::string> genuine_texts() {
  std::set<std::string> texts;
  std::map<std::string, int> times;
  for (const auto& line : all_lines()) {
    const auto parsed = parse_log_line(line.text, LineLayout::plain);
    if (line.address == "-" || !parsed || ++times[line.file] > 3) continue;
    texts.insert(line.text);
    texts.emplace(parsed->message);
  }
  for (const auto& line : all_lines()) {
    if (line.file.starts_with("legacy") && line.address != "-")
      texts.emplace(parse_log_line(line.text, LineLayout::plain)->message);
  }
  return texts;
}

TEST(HostileClients, HaveNoOtherAddressWrittenWithWholeLoginsOrPartsOfThemAsTheirNames) {
  const auto compiled = patterns();
  std::size_t tried = 0;
  for (const auto& carrier : carriers()) {
    const auto expect_harmless = [&](std::string_view chosen) {
      const auto message = carrier.before + std::string(chosen) + carrier.behind;
      const auto fit = compiled.fit(carrier.tag, message);
      ++tried;
      if (!fit || fit->address.empty()) return;
      const auto address = IpAddress::parse(fit->address);
      if (!address) return;
      EXPECT_EQ(address->text(), "127.66.0.1") << carrier.tag << ": " << message;
    };
    for (const auto& text : genuine_texts()) {
      for (std::size_t cut = 0; cut < text.size(); ++cut) {
        expect_harmless(std::string_view(text).substr(cut));
        expect_harmless(std::string_view(text).substr(0, cut));
      }
    }
  }
  EXPECT_GT(tried, 100'000U);
}

}  // namespace
}  // namespace systemcheck::test
