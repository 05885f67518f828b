#include "probe/dialogue.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace systemcheck {
namespace {

constexpr std::uint16_t id = 0x1234;

Probe probe_of(ProbeKind kind, std::string target = "127.0.0.1:1") {
  Probe probe;
  probe.kind = kind;
  probe.target = std::move(target);
  return probe;
}

/// Byte by byte, as the slowest network would bring it.
Step feed_bytes(Dialogue& dialogue, std::string_view bytes) {
  Step all;
  for (const char byte : bytes) {
    auto step = dialogue.feed({&byte, 1});
    all.send += step.send;
    all.verdict = step.verdict;
    if (all.verdict) break;
  }
  return all;
}

Step answer(const Probe& probe, std::string_view bytes) {
  Dialogue dialogue(probe, id);
  (void)dialogue.begin();  // What it asks is not looked at here.
  auto step = feed_bytes(dialogue, bytes);
  return step.verdict ? step : dialogue.end();
}

ProbeClass verdict_on(const Probe& probe, std::string_view bytes) {
  return answer(probe, bytes).verdict->result;
}

TEST(Smtp, GreetsAndPartsPolitely) {
  Dialogue dialogue(probe_of(ProbeKind::smtp), id);
  EXPECT_EQ(feed_bytes(dialogue, "220-mail\r\n220 ready\r\n").send, "EHLO localhost\r\n");
  const auto step = feed_bytes(dialogue, "250-mail\r\n250 HELP\r\n");
  EXPECT_EQ(step.send, "QUIT\r\n");
  EXPECT_EQ(step.verdict->result, ProbeClass::ok);
}
TEST(Smtp, IsBusyWhenItSaysSo) {
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::smtp), "421 load too high\r\n"), ProbeClass::busy);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::smtp), "220 a\r\n452 later\r\n"), ProbeClass::busy);
}
TEST(Smtp, TakesNoOtherProtocolForIt) {
  for (const auto* text : {"SSH-2.0-x\r\n", "554 no\r\n", "\r\n", "22\r\n", "220\tready\r\n"})
    EXPECT_EQ(verdict_on(probe_of(ProbeKind::smtp), text), ProbeClass::bad_banner) << text;
}
TEST(Pop3, TellsItsGreetingFromErrors) {
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::pop3), "+OK ready\r\n"), ProbeClass::ok);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::pop3), "-ERR [SYS/TEMP] later\r\n"), ProbeClass::busy);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::pop3), "-ERR broken\r\n"), ProbeClass::bad_banner);
}
TEST(Imap, TellsItsGreetingFromGoodbye) {
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::imap), "* OK ready\r\n"), ProbeClass::ok);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::imap), "* BYE full\r\n"), ProbeClass::busy);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::imap), "+OK pop\r\n"), ProbeClass::bad_banner);
}
TEST(Ftp, ReadsAGreetingOfSeveralLines) {
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::ftp), "220-hello\r\n 421 just text\r\n220 go\r\n"),
            ProbeClass::ok);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::ftp), "421 too many users\r\n"), ProbeClass::busy);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::ftp), "530 no\r\n"), ProbeClass::bad_banner);
}
TEST(Ssh, ReadsOnUntilTheBanner) {
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::ssh), "hello\r\nSSH-2.0-OpenSSH\r\n"), ProbeClass::ok);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::ssh), "SSH-1.5-old\r\n"), ProbeClass::bad_banner);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::ssh), "Exceeded MaxStartups\r\n"), ProbeClass::busy);
}
TEST(Lines, AreNeverReadWithoutAnEnd) {
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::smtp), std::string(line_max + 1, '2')), ProbeClass::bad_banner);
  std::string chatter;
  while (chatter.size() <= answer_max)
    chatter += "still here\r\n";
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::ssh), chatter), ProbeClass::bad_banner);
}
TEST(Lines, EndingEarlyIsAReset) {
  for (const auto kind :
       {ProbeKind::smtp, ProbeKind::pop3, ProbeKind::imap, ProbeKind::ftp, ProbeKind::ssh}) {
    EXPECT_EQ(verdict_on(probe_of(kind), ""), ProbeClass::reset);
    EXPECT_EQ(verdict_on(probe_of(kind), "2"), ProbeClass::reset);
  }
}
TEST(Lines, AreShownWithoutControlCharacters) {
  const auto detail = answer(probe_of(ProbeKind::pop3), "-ERR \x1b[2J\r\n").verdict->detail;
  EXPECT_EQ(detail.find('\x1b'), std::string::npos);
}

Probe web(std::string contains = {}) {
  auto probe = probe_of(ProbeKind::http, "http://127.0.0.1:8080/health");
  probe.contains = std::move(contains);
  return probe;
}

TEST(Http, AsksForThePathOfThatHost) {
  auto probe = web();
  probe.host = "www.example.org";
  const auto asked = Dialogue(probe, id).begin().send;
  EXPECT_EQ(asked.rfind("GET /health HTTP/1.1\r\nHost: www.example.org\r\n", 0), 0U);
}
TEST(Http, JudgesTheStatus) {
  EXPECT_EQ(verdict_on(web(), "HTTP/1.1 204 No\r\n\r\n"), ProbeClass::ok);
  EXPECT_EQ(verdict_on(web(), "HTTP/1.0 500 Oh\n\n"), ProbeClass::bad_banner);
  EXPECT_EQ(verdict_on(web(), "HTTP/1.1 429 Later\r\n\r\n"), ProbeClass::busy);
  auto probe = web();
  probe.status = {404};
  EXPECT_EQ(verdict_on(probe, "HTTP/1.1 404 Not\r\n\r\n"), ProbeClass::ok);
  EXPECT_EQ(verdict_on(probe, "HTTP/1.1 200 OK\r\n\r\n"), ProbeClass::bad_banner);
}
TEST(Http, PassesOverAnInterimResponse) {
  EXPECT_EQ(verdict_on(web(), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), ProbeClass::ok);
}
TEST(Http, FindsTextAcrossChunks) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(verdict_on(web("well done"), head + "4\r\nwell\r\n5\r\n done\r\n0\r\n\r\n"), ProbeClass::ok);
  EXPECT_EQ(verdict_on(web("missing"), head + "4\r\nwell\r\n0\r\n\r\n"), ProbeClass::bad_banner);
  EXPECT_EQ(verdict_on(web("x"), head + "ffffffffffffffffff\r\n"), ProbeClass::bad_banner);
  EXPECT_EQ(verdict_on(web("x"), head + "1\r\nabc\r\n"), ProbeClass::bad_banner);
}
TEST(Http, StopsAtTheLengthOfTheBody) {
  Dialogue dialogue(web("missing"), id);
  const auto step = feed_bytes(dialogue, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell");
  EXPECT_EQ(step.verdict->result, ProbeClass::bad_banner);
}
TEST(Http, NeverReadsWithoutAnEnd) {
  Dialogue headers(web(), id);
  EXPECT_EQ(headers.feed("HTTP/1.1 200 OK\r\n" + std::string(2 * answer_max, 'a')).verdict->result,
            ProbeClass::bad_banner);
  Dialogue body(web("missing"), id);
  EXPECT_EQ(body.feed("HTTP/1.1 200 OK\r\n\r\n" + std::string(2 * answer_max, 'a')).verdict->result,
            ProbeClass::bad_banner);
}
TEST(Http, TakesNoOtherProtocolForIt) {
  for (const auto* text :
       {"220 mail\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 xyz a\r\n\r\n", "HTTP/1.1 2000\r\n\r\n"})
    EXPECT_EQ(verdict_on(web(), text), ProbeClass::bad_banner) << text;
  EXPECT_EQ(verdict_on(web(), "HTTP/1.1 200 OK\r\n"), ProbeClass::reset);
  EXPECT_EQ(verdict_on(web(), ""), ProbeClass::reset);
}

/// The query, sent back as an answer.
std::string dns_answer(const std::string& query, char rcode) {
  auto message = query;
  message[2] = '\x81';
  message[3] = rcode;
  return message;
}

TEST(Dns, TakesNameErrorForAnAnswerAndServfailForNone) {
  for (const auto& [rcode, expected] :
       std::array<std::pair<char, ProbeClass>, 4>{{{'\0', ProbeClass::ok},
                                                   {'\3', ProbeClass::ok},
                                                   {'\2', ProbeClass::bad_banner},
                                                   {'\5', ProbeClass::bad_banner}}}) {
    Dialogue dialogue(probe_of(ProbeKind::dns), id);
    const auto query = dialogue.begin().send;
    EXPECT_EQ(dialogue.feed(dns_answer(query, rcode)).verdict->result, expected);
  }
}
TEST(Dns, PassesOverWhatIsNotItsAnswer) {
  Dialogue dialogue(probe_of(ProbeKind::dns), id);
  const auto query = dialogue.begin().send;
  auto forged = dns_answer(query, 0);
  forged[1] = '\x77';
  EXPECT_FALSE(dialogue.feed(forged).verdict);
  EXPECT_FALSE(dialogue.feed(query).verdict);
  EXPECT_FALSE(dialogue.feed("\x12\x34").verdict);
  EXPECT_TRUE(dialogue.feed(dns_answer(query, 0)).verdict);
}
TEST(Dns, ReadsAnAnswerOverTcpByteByByte) {
  auto probe = probe_of(ProbeKind::dns);
  probe.transport = DnsTransport::tcp;
  Dialogue dialogue(probe, id);
  const auto query = dialogue.begin().send;
  const auto message = query.substr(0, 2) + dns_answer(query.substr(2), 0);
  EXPECT_EQ(feed_bytes(dialogue, message).verdict->result, ProbeClass::ok);
  Dialogue cut(probe, id);
  EXPECT_FALSE(feed_bytes(cut, message.substr(0, 9)).verdict);
  EXPECT_EQ(cut.end().verdict->result, ProbeClass::reset);
}
TEST(Exchange, SearchesWhatComesBack) {
  auto probe = probe_of(ProbeKind::tcp);
  probe.send = "PING\r\n";
  probe.expect = "^\\+PONG";
  EXPECT_EQ(Dialogue(probe, id).begin().send, "PING\r\n");
  EXPECT_EQ(verdict_on(probe, "+PONG\r\n"), ProbeClass::ok);
  EXPECT_EQ(verdict_on(probe, "-ERR\r\n"), ProbeClass::bad_banner);
  EXPECT_EQ(verdict_on(probe, ""), ProbeClass::reset);
  Dialogue endless(probe, id);
  EXPECT_EQ(endless.feed(std::string(2 * answer_max, 'x')).verdict->result, ProbeClass::bad_banner);
}
TEST(Exchange, IsContentWithAConnectionWhenNothingIsExpected) {
  EXPECT_EQ(Dialogue(probe_of(ProbeKind::tcp), id).begin().verdict->result, ProbeClass::ok);
}

}  // namespace
}  // namespace systemcheck
