#include "relay/log_line.h"

#include <gtest/gtest.h>

#include <string>

namespace systemcheck {
namespace {

LogLine plain(std::string_view text) {
  const auto line = parse_log_line(text, LineLayout::plain);
  EXPECT_TRUE(line) << text;
  return line.value_or(LogLine{});
}

bool is_annotated(std::string_view text) { return parse_log_line(text, LineLayout::annotated).has_value(); }

TEST(PlainLine, OfTheTraditionalFormatHasAStampATagAndAMessage) {
  const auto line = plain("Nov 22 16:32:32 mx1 sendmail[158]: engine=(null), path=(null)");
  EXPECT_EQ(line.time, "Nov 22 16:32:32");
  EXPECT_EQ(line.tag, "sendmail");
  EXPECT_EQ(line.pid, "158");
  EXPECT_EQ(line.message, "engine=(null), path=(null)");
  EXPECT_FALSE(line.writer);
}

TEST(PlainLine, MayHaveNoPid) {
  const auto line = plain("Nov  2 16:29:38 mx1 dovecot: pop3-login: Login: user=<alice>");
  EXPECT_EQ(line.time, "Nov  2 16:29:38");
  EXPECT_EQ(line.tag, "dovecot");
  EXPECT_EQ(line.pid, "");
  EXPECT_EQ(line.message, "pop3-login: Login: user=<alice>");
}

TEST(PlainLine, OfTheIsoFormatKeepsTheWholeTag) {
  const auto line =
      plain("2026-11-22T16:29:38.123456+00:00 mx2 postfix/smtpd[492]: connect from unknown[127.1.2.3]");
  EXPECT_EQ(line.time, "2026-11-22T16:29:38.123456+00:00");
  EXPECT_EQ(line.tag, "postfix/smtpd");
  EXPECT_EQ(line.pid, "492");
  EXPECT_EQ(line.message, "connect from unknown[127.1.2.3]");
}

TEST(PlainLine, OfRfc5424LosesTheBlankThatRsyslogLeaves) {
  const auto line = plain("<22>1 2026-11-22T16:53:40.95+00:00 mx2 mu-pop3d 916 - -  user `alice' logged in");
  EXPECT_EQ(line.time, "2026-11-22T16:53:40.95+00:00");
  EXPECT_EQ(line.tag, "mu-pop3d");
  EXPECT_EQ(line.pid, "916");
  EXPECT_EQ(line.message, "user `alice' logged in");
}

TEST(PlainLine, OfRfc5424HasNoPidWhereItSaysSo) { EXPECT_EQ(plain("<22>1 t h dovecot - - -  x").pid, ""); }

TEST(PlainLine, OfRfc5424SkipsStructuredDataWhateverIsQuotedInIt) {
  const auto line = plain(R"(<22>1 t h app 7 id [a b="x\"] y\\"][c d="]"] LOGIN, user=alice)");
  EXPECT_EQ(line.message, "LOGIN, user=alice");
}

TEST(PlainLine, OfRfc5424WithStructuredDataThatDoesNotEndIsNone) {
  EXPECT_FALSE(parse_log_line(R"(<22>1 t h app 7 id [a b="x] y)", LineLayout::plain));
  EXPECT_FALSE(parse_log_line("<22>1 t h app 7 id x y", LineLayout::plain));
}

TEST(PlainLine, OfRfc5424LosesAByteOrderMark) {
  EXPECT_EQ(plain("<22>1 t h app 7 id - \xEF\xBB\xBFhello").message, "hello");
}

TEST(PlainLine, OfADovecotThatWritesItsOwnLogIsItsMessage) {
  const auto line = plain("Nov 22 16:56:03 pop3-login: Info: Login: user=<alice>");
  EXPECT_EQ(line.tag, "dovecot");
  EXPECT_EQ(line.message, "pop3-login: Info: Login: user=<alice>");
}

TEST(PlainLine, IsNothingElse) {
  for (const auto* text : {"", "x", "Nov 22 16:32:32", "Nov 22 16:32:32 mx1", "Nov 22 16:32:32 mx1 ", "<22>",
                           "Nov 22 16:32:32 mx1 : x", "Nov 22 16:32:32 mx1 a[1 2]: x", "<2x>1 t h a p m - x",
                           "-- Logs begin at --", "2026-11-22T16:29:38 mx2", "<22>2 t h a p m - x"})
    EXPECT_FALSE(parse_log_line(text, LineLayout::plain)) << text;
}

TEST(PlainLine, IsNotReadBeyondItsLimit) {
  const std::string head = "Nov 22 16:32:32 mx1 a: ";
  EXPECT_TRUE(parse_log_line(head + std::string(log_line_bytes_max - head.size(), 'x'), LineLayout::plain));
  EXPECT_FALSE(
      parse_log_line(head + std::string(log_line_bytes_max - head.size() + 1, 'x'), LineLayout::plain));
}

TEST(AnnotatedLine, SaysWhoWroteIt) {
  const auto line = parse_log_line(
      "2026-11-22T16:56:51.57+00:00 mx1 uid=0 pid=21 exe=/usr/lib/dovecot/log dovecot[77]: pop3-login: "
      "Login: x",
      LineLayout::annotated);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->writer, uid_t{0});
  EXPECT_EQ(line->executable, "/usr/lib/dovecot/log");
  EXPECT_EQ(line->tag, "dovecot");
  EXPECT_EQ(line->message, "pop3-login: Login: x");
}

TEST(AnnotatedLine, HasThePidThatRsyslogSawNotTheOneThatWasWritten) {
  const auto line = parse_log_line(
      "2026-11-22T16:56:51+00:00 mx1 uid=0 pid=21 exe= popa3d[77]: Session from x", LineLayout::annotated);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->pid, "21");
  EXPECT_EQ(line->executable, "");
}

TEST(AnnotatedLine, TakesNothingThatTheWriterChoseForHisNumber) {
  const auto line = parse_log_line(
      "2026-11-22T16:56:51+00:00 mx1 uid=1000 pid=9 exe=/tmp/x uid=0 pid=1 exe=/usr/sbin/y dovecot: z",
      LineLayout::annotated);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->writer, uid_t{1000});
  EXPECT_EQ(line->tag, "uid=0");
}

TEST(AnnotatedLine, IsRefusedWhereAnythingIsMissing) {
  EXPECT_FALSE(is_annotated("Nov 22 16:56:51 mx1 uid=0 pid=21 exe=/x dovecot: z"));
  EXPECT_FALSE(is_annotated("2026-11-22T16:56:51+00:00 mx1 dovecot[21]: uid=0 pid=21 exe=/x dovecot: z"));
  EXPECT_FALSE(is_annotated("2026-11-22T16:56:51+00:00 mx1 uid= pid= exe= dovecot: z"));
  EXPECT_FALSE(is_annotated("2026-11-22T16:56:51+00:00 mx1 uid=root pid=21 exe=/x dovecot: z"));
  EXPECT_FALSE(is_annotated("2026-11-22T16:56:51+00:00 mx1 uid=-1 pid=21 exe=/x dovecot: z"));
  EXPECT_FALSE(is_annotated("2026-11-22T16:56:51+00:00 mx1 uid=4294967296 pid=21 exe=/x dovecot: z"));
  EXPECT_FALSE(is_annotated("2026-11-22T16:56:51+00:00 mx1 uid=0 exe=/x pid=21 dovecot: z"));
  EXPECT_FALSE(is_annotated("2026-11-22T16:56:51+00:00  uid=0 pid=21 exe=/x dovecot: z"));
  EXPECT_FALSE(is_annotated("<22>1 2026-11-22T16:56:51+00:00 mx1 dovecot 21 - - z"));
}

TEST(DovecotLine, HasAStampOrADate) {
  const auto stamped = parse_log_line("Nov 22 16:56:03 imap(a b)<1>: Info: x", LineLayout::dovecot);
  const auto dated = parse_log_line("2026-11-22 16:56:03 imap(a b)<1>: Info: x", LineLayout::dovecot);
  ASSERT_TRUE(stamped && dated);
  EXPECT_EQ(stamped->message, "imap(a b)<1>: Info: x");
  EXPECT_EQ(dated->message, stamped->message);
  EXPECT_EQ(dated->time, "2026-11-22 16:56:03");
  EXPECT_FALSE(parse_log_line("16:56:03 imap-login: Info: x", LineLayout::dovecot));
}

}  // namespace
}  // namespace systemcheck
