#include "ctl/relay_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace systemcheck::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* grant = R"({"network": "198.51.100.7", "until": "2026-11-22T18:35:00Z",
  "first": "2026-11-22T18:00:00Z", "last": "2026-11-22T18:20:00Z", "logins": 3, "users": ["alice", "bob"],
  "pattern": "dovecot", "source": "/var/log/maillog", "offset": 144, "by_hand": null})";
constexpr const char* changes =
    R"([{"time": "2026-11-22T18:00:00Z", "network": "198.51.100.7", "to": "granted",
  "user": "alice", "reason": "dovecot, /var/log/maillog:144: the line"}])";

TEST(RelayText, ListsWhoMaySendUntilWhenAndWhy) {
  const auto text = relay_list(std::string(R"({"schema": 1, "grants": [)") + grant + "]}");
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, HasSubstr("198.51.100.7             2026-11-22T18:35:00Z       3  alice,bob"));
  EXPECT_THAT(*text, HasSubstr("dovecot, /var/log/maillog\n"));
  EXPECT_EQ(*relay_list(R"({"grants": []})"), "nobody may send\n");
}

TEST(RelayText, SaysWhyAnAddressMaySendAndWhyNot) {
  const auto may = relay_reason(
      std::string(R"({"address": "198.51.100.7", "may_send": true, "grant": )") + grant +
      R"(, "always": {"network": "198.51.100.0/24", "comment": "the office"}, "changes": )" + changes + "}");
  EXPECT_EQ(may->status, CheckStatus::ok);
  EXPECT_THAT(may->text, HasSubstr("198.51.100.7 may send\n"));
  EXPECT_THAT(may->text, HasSubstr("it is in 198.51.100.0/24 (the office) of relay.always"));
  EXPECT_THAT(may->text, HasSubstr("until 2026-11-22T18:35:00Z: 3 logins of alice,bob"));
  EXPECT_THAT(may->text, HasSubstr("/var/log/maillog:144: the line"));
  const auto not_he = relay_reason(
      R"({"address": "203.0.113.9", "may_send": false, "grant": null, "always": null, "changes": []})");
  EXPECT_EQ(not_he->status, CheckStatus::warning);
  EXPECT_EQ(not_he->text, "203.0.113.9 may not send\n");
}

TEST(RelayText, SaysWhatCameOfAnOrder) {
  EXPECT_EQ(
      *relay_result(R"({"result": "granted", "network": "203.0.113.9", "until": "2026-11-22T18:35:00Z"})"),
      "granted: 203.0.113.9 until 2026-11-22T18:35:00Z\n");
  EXPECT_EQ(*relay_result(R"({"result": "removed", "count": 12})"), "removed: 12 addresses\n");
  EXPECT_EQ(relay_result(R"({"error": "no"})").error().message, "no");
}

TEST(RelayText, TellsTheHistory) {
  EXPECT_THAT(*relay_history(std::string(R"({"changes": )") + changes + "}"),
              HasSubstr("2026-11-22T18:00:00Z  198.51.100.7     granted   alice: dovecot"));
  EXPECT_EQ(*relay_history(R"({"changes": []})"), "nothing has changed yet\n");
}

TEST(RelayText, SumsUpWhatIsReadAndWhereItIsTold) {
  const auto stats = relay_stats(R"({"relay": {"status": "warning", "text": "something", "ready": false,
    "addresses": 2, "addresses_max": 100, "users": 1, "shared_addresses": 0, "granted_total": 5,
    "refused_total": {"never": 7, "multicast": 0},
    "logs": [{"name": "/var/log/maillog", "state": "following", "reason": "", "trusted": false, "lines_total": 9,
              "verdicts": {"login": 4, "login_without_address": 1}}],
    "sockets": [{"place": "127.0.0.1:10061", "error": "in use"}, {"place": "unix:/x", "asked_total": 3, "found_total": 1}],
    "maps": [{"path": "/run/relay.db", "entries": 2, "updates_total": 8, "error": "no room"}]}})");
  ASSERT_TRUE(stats) << stats.error().message;
  EXPECT_EQ(stats->status, CheckStatus::warning);
  for (const auto* part :
       {"2 of at most 100 addresses of 1 users", "still being caught up with", "granted 5",
        "refused: 7 never\n", "9 lines, 4 logins, 1 login without address", "they authorise nobody",
        "socket 127.0.0.1:10061: in use", "asked 3 times, 1 could send",
        "map /run/relay.db: 2 entries, 8 updates, 0 waiting: no room"})
    EXPECT_THAT(stats->text, HasSubstr(part));
  EXPECT_THAT(relay_stats(R"({"relay": null})").error().message, HasSubstr("the relay is off"));
}

TEST(RelayText, BelievesNoHostileAnswer) {
  for (const auto* document :
       {"", "[]", "7", R"({"grants": {"a": 1}})",
        R"({"grants": [7, {"users": [7, null], "logins": -1e300}]})",
        R"({"grants": [{"network": "\u001b[2J", "users": ["\u001b[2J"], "by_hand": 7}], "changes": [7, []],
            "relay": {"logs": [7], "sockets": [[]], "maps": [{}], "refused_total": {"\u001b": 1e300, "x": "y"}}})"}) {
    for (const auto& text : {relay_list(document), relay_history(document), relay_result(document)})
      EXPECT_THAT(text ? *text : "", Not(HasSubstr("\x1b"))) << document;
    for (const auto& said : {relay_reason(document), relay_stats(document)})
      EXPECT_THAT(said ? said->text : "", Not(HasSubstr("\x1b"))) << document;
  }
}

}  // namespace
}  // namespace systemcheck::test
