#include "ctl/table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "ctl/status_table.h"

namespace systemcheck {
namespace {

constexpr WallTime later{std::chrono::seconds{1'795'371'660}};  // 2026-11-22T18:21:00Z

const Json status = Json::parse(R"json({"services": [
  {"name": "httpd", "state": "waiting", "status": "critical", "since": "2026-11-22T18:20:30Z", "mode": "act",
   "owner": "systemcheck", "processes": 0, "resident_bytes": 0, "cpu_ratio": 0, "restarts_total": 2,
   "backoff_seconds": 20,
   "reason": "no process of it is running; its start command failed: AH00526: Syntax error on line 7"},
  {"name": "database", "state": "up", "status": "ok", "since": "2026-11-20T18:21:00Z", "mode": "observe",
   "owner": "systemcheck", "processes": 12, "resident_bytes": 734003200, "cpu_ratio": 0.253, "restarts_total": 0,
   "backoff_seconds": 0, "reason": "12 processes"}],
  "groups": [{"name": "shop", "services": ["database", "httpd"]}, {"name": "all web", "services": ["httpd"]}]})json");

std::string at_width(std::size_t width, bool is_coloured = false) {
  return "\n" +
         services_text(array_of(status, "services"), {.width = width, .is_coloured = is_coloured}, later);
}

TEST(Table, ShowsServicesIn200Columns) {
  EXPECT_EQ(at_width(200), R"(
SERVICE   STATE     SINCE  MODE     OWNER          CPU     MEMORY  PROCS  RESTARTS       NEXT  WHY
httpd     waiting  30.0 s  act      systemcheck   0.0%        0 B      0         2  in 20.0 s  no process of it is running; its start command failed: AH00526: Syntax error on line 7
database  up          2 d  observe  systemcheck  25.3%  700.0 MiB     12         0          -  12 processes
)");
}

TEST(Table, ShowsServicesIn120Columns) {
  EXPECT_EQ(at_width(120), R"(
SERVICE   STATE     SINCE  OWNER          CPU     MEMORY  RESTARTS       NEXT  WHY
httpd     waiting  30.0 s  systemcheck   0.0%        0 B         2  in 20.0 s  no process of it is running; its start
                                                                               command failed: AH00526: Syntax error on
                                                                               line 7
database  up          2 d  systemcheck  25.3%  700.0 MiB         0          -  12 processes
)");
}

TEST(Table, ShowsServicesIn80Columns) {
  EXPECT_EQ(at_width(80), R"(
SERVICE   STATE     SINCE  RESTARTS       NEXT  WHY
httpd     waiting  30.0 s         2  in 20.0 s  no process of it is running; its
                                                start command failed: AH00526:
                                                Syntax error on line 7
database  up          2 d         0          -  12 processes
)");
}

TEST(Table, ShowsServicesIn60Columns) {
  EXPECT_EQ(at_width(60), R"(
SERVICE   STATE     SINCE  WHY
httpd     waiting  30.0 s  no process of it is running; its
                           start command failed: AH00526:
                           Syntax error on line 7
database  up          2 d  12 processes
)");
}

TEST(Table, NeverGoesBeyondTheTerminalAndLosesNoWord) {
  for (std::size_t width = 60; width <= 200; ++width) {
    const auto text = at_width(width);
    auto rest = std::string_view(text);
    std::string words;
    while (!rest.empty()) {
      const auto line = take_line(rest);
      EXPECT_LE(shown_width(line), width) << line;
      words += line;
    }
    std::erase(words, ' ');
    EXPECT_NE(words.find("12processes"), std::string::npos);
    EXPECT_NE(text.find("Syntax"), std::string::npos) << width;
    EXPECT_NE(text.find("line"), std::string::npos) << width;
  }
}

TEST(Table, ColoursStatesAlone) {
  auto text = at_width(100, true);
  EXPECT_NE(text.find("\x1b[33mwaiting\x1b[0m"), std::string::npos);
  EXPECT_NE(text.find("\x1b[32mup\x1b[0m"), std::string::npos);
  EXPECT_EQ(std::ranges::count(text, '\x1b'), 4);
  for (const auto* sequence : {"\x1b[33m", "\x1b[32m", "\x1b[0m", "\x1b[0m"})
    text.erase(text.find(sequence), std::string_view(sequence).size());
  EXPECT_EQ(text, at_width(100)) << "columns stay where they are";
}

TEST(Table, CountsLettersRatherThanBytes) {
  Table table({{.title = "NAME"}, {.title = "WHY"}});
  table.add({"größe", "x"});
  table.add({"a", "y"});
  EXPECT_EQ(table.text({.width = 60}), "NAME   WHY\ngröße  x\na      y\n");
}

TEST(Table, BreaksAWordThatIsTooLong) {
  Table table({{.title = "A"}, {.title = "WHY"}});
  table.add({"a", std::string(30, 'x')});
  EXPECT_EQ(table.text({.width = 27}),
            "A  WHY\na  " + std::string(24, 'x') + "\n   " + std::string(6, 'x') + "\n");
}

TEST(ServicesTable, IsAsBadAsTheWorstThatIsMeant) {
  const auto all = services_table(*services_meant(status, ""), {}, later);
  EXPECT_EQ(all->status, CheckStatus::critical);
  const auto one = services_table(*services_meant(status, "database"), {}, later);
  EXPECT_EQ(one->status, CheckStatus::ok);
  EXPECT_EQ(one->text.find("httpd"), std::string::npos);
  EXPECT_EQ(services_meant(status, "all web")->size(), 1U) << "a group";
  EXPECT_FALSE(services_meant(status, "databse"));
}

TEST(ServicesTable, NamesServicesAndGroups) {
  EXPECT_EQ(service_names(status), "all web\ndatabase\nhttpd\nshop\n");
}

}  // namespace
}  // namespace systemcheck
