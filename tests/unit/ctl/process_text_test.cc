#include "ctl/process_text.h"

#include <gtest/gtest.h>

#include "ctl/top_page.h"

namespace systemcheck {
namespace {

constexpr WallTime later{std::chrono::seconds{1'795'371'660}};  // 2026-11-22T18:21:00Z

Json picture() {
  return Json::parse(
      R"json({"schema": 1, "cycle": 3, "collected": "2026-11-22T18:20:50Z", "cpu_over_seconds": null,
  "matching": 2, "processes": [
  {"pid": 1, "parent": 0, "user": "root", "uid": 0, "cpu_ratio": 0.001, "memory_ratio": 0.012,
   "virtual_bytes": 104857600, "resident_bytes": 10485760, "tty": "?", "state": "Ss",
   "start": "2026-11-22T08:05:00Z", "cpu_seconds_total": 62.5, "service": null, "name": "init", "command": "/sbin/init"},
  {"pid": 4711, "parent": 1, "user": "33", "uid": 33, "cpu_ratio": 1.5, "memory_ratio": 0.25,
   "virtual_bytes": 2147483648, "resident_bytes": 1073741824, "tty": "pts/3", "state": "R+",
   "start": "2026-03-02T08:05:00Z", "cpu_seconds_total": 36000, "service": "httpd", "name": "httpd",
   "command": "/usr/sbin/httpd -k start"}]})json");
}

const ProcessWords words{.utc_offset = [](WallTime) { return std::chrono::hours{1}; },
                         .user_name = [](uid_t user) { return user == 33 ? "www-data" : ""; }};

TEST(ProcessText, LooksLikePs) {
  const auto lines = ps_lines(picture(), 0, later, words);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0],
            "USER         PID  %CPU %MEM      VSZ     RSS TTY     STAT START   TIME SERVICE COMMAND");
  EXPECT_EQ(lines[1],
            "root           1   0.1  1.2   102400   10240 ?       Ss   09:05   1:02 -       /sbin/init");
  EXPECT_EQ(lines[2],
            "www-data    4711 150.0 25.0  2097152 1048576 pts/3   R+   Mar02 600:00 httpd   /usr/sbin/httpd "
            "-k start");
}

TEST(ProcessText, CutsTheCommandWhereTheTerminalEnds) {
  for (const auto& line : ps_lines(picture(), 90, later, words))
    EXPECT_LE(shown_width(line), 90U);
  EXPECT_TRUE(ps_lines(picture(), 90, later, words)[2].ends_with("…"));
}

TEST(ProcessText, SaysByWhatTheProcessorIsMeasured) {
  auto json = picture();
  EXPECT_EQ(picture_line(json, later), "picture of 10.0 s ago, %CPU over the life of each");
  json["cpu_over_seconds"] = 60.0;
  EXPECT_EQ(picture_line(json, later), "picture of 10.0 s ago, %CPU over the 1 min before it");
}

TEST(ProcessText, MakesHostileCommandsPrintable) {
  auto json = picture();
  json["processes"][1]["command"] = "\x1b]0;pwned\x07 a\nb\xff";
  json["processes"][1]["user"] = "\x1b[31m";
  const auto line = ps_lines(json, 0, later, words)[2];
  EXPECT_EQ(line.find_first_of("\x1b\n\x07\xff"), std::string::npos) << line;
}

TEST(ProcessText, DoesNotEscapeWhatTheDaemonHasEscaped) {
  auto json = picture();
  json["processes"][1]["command"] = "a\\x1b b";
  EXPECT_TRUE(ps_lines(json, 0, later, words)[2].ends_with("a\\x1b b"));
}

TEST(ProcessText, AsksForWhatIsWanted) {
  EXPECT_EQ(*ps_question({}), "ps --sort pid");
  EXPECT_EQ(*ps_question({.order = "cpu", .user = "33", .service = "web", .filter = "-k start", .limit = 5}),
            "ps --sort cpu --limit 5 --user 33 --service web --filter -k start");
  EXPECT_FALSE(ps_question({.service = "a b"}));
  EXPECT_FALSE(ps_question({.filter = "a\nstop web"}));
}

TopSight sight() {
  TopSight sight;
  sight.processes = picture();
  sight.status =
      Json::parse(R"json({"version": "1", "cycle": 3, "collected": "2026-11-22T18:20:50Z", "mode": "act",
    "status": "critical", "status_text": "critical: web (down)",
    "load": {"1": 1, "5": 2, "15": 3, "per_cpu": 0.5}, "memory": {"total_bytes": 1073741824,
    "available_bytes": 536870912, "usable_ratio": 0.5}, "pressure": null,
    "services": [{"name": "mail", "state": "up", "status": "ok"}, {"name": "web", "state": "down", "status": "critical"}]})json");
  return sight;
}

TEST(TopPage, FitsTheScreenAndShowsTheWorstServiceFirst) {
  for (const std::size_t columns : {60U, 80U, 120U, 200U}) {
    for (const std::size_t rows : {5U, 10U, 24U, 60U}) {
      const auto lines = top_page(sight(), {.rows = rows, .columns = columns}, later, words);
      EXPECT_LE(lines.size(), rows);
      for (const auto& line : lines)
        EXPECT_LE(shown_width(line), columns) << line;
    }
  }
  std::string text;
  for (const auto& line : top_page(sight(), {.rows = 40, .columns = 120}, later, words))
    text += line + "\n";
  EXPECT_LT(text.find("\nweb "), text.find("\nmail ")) << text;
  EXPECT_NE(text.find("load: 1.00 2.00 3.00"), std::string::npos);
  EXPECT_NE(text.find("4711"), std::string::npos);
}

TEST(TopPage, TellsForWhichShareOfTheTimeTasksHaveWaited) {
  auto busy = sight();
  busy.status["pressure"] = {{"cpu", {{"waiting_ratio", 0.5}}}, {"memory", {{"waiting_ratio", 0.001}}}};
  EXPECT_EQ(top_page(busy, {.rows = 40, .columns = 120}, later, words).at(4),
            "waited in the last minute: for cpu 50.0%, for memory 0.1%, for io 0.0%");
}

TEST(TopPage, Scrolls) {
  const auto lines = top_page(sight(), {.rows = 40, .columns = 120, .first = 1}, later, words);
  std::string text;
  for (const auto& line : lines)
    text += line + "\n";
  EXPECT_EQ(text.find("/sbin/init"), std::string::npos);
  EXPECT_NE(text.find("/usr/sbin/httpd"), std::string::npos);
}

TEST(TopPage, SaysWhyThereIsNothingNewer) {
  TopSight empty{.problem = "the daemon does not answer: gone"};
  const auto lines = top_page(empty, {}, later, words);
  EXPECT_EQ(lines.front(), "the daemon does not answer: gone");
}

}  // namespace
}  // namespace systemcheck
