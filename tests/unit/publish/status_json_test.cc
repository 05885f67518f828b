#include "publish/status_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/view_builder.h"

namespace systemcheck {
namespace {

using nlohmann::json;
using test::ViewBuilder;

json parsed(const View& view) { return json::parse(status_json(view)); }

/// The service of that name.
json service(const json& document, const std::string& name) {
  for (const auto& one : document.at("services")) {
    if (one.at("name") == name) return one;
  }
  return nullptr;
}

/// Every key of the document; those of a list stand once.
void add_keys(const json& value, const std::string& prefix, std::set<std::string>& keys) {
  if (value.is_array()) {
    for (const auto& one : value)
      add_keys(one, prefix + "[]", keys);
  }
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.items()) {
    keys.insert(prefix + "." + key);
    add_keys(inner, prefix + "." + key, keys);
  }
}

TEST(StatusJson, SaysWhenAndByWhomItWasMade) {
  const auto document = parsed(test::make_view());

  EXPECT_EQ(document.at("schema"), 1);
  EXPECT_EQ(document.at("version"), "0.1.0");
  EXPECT_EQ(document.at("time"), "2026-11-22T18:20:00Z");
  EXPECT_EQ(document.at("sequence"), 7);
  EXPECT_EQ(document.at("cycle"), 42);
  EXPECT_EQ(document.at("mode"), "act");
  EXPECT_EQ(document.at("status"), "critical");
  EXPECT_EQ(document.at("status_text"), "/var is 95% full");
}

TEST(StatusJson, ShowsTheMachine) {
  const auto document = parsed(test::make_view());

  EXPECT_EQ(document.at("load"),
            json::parse(R"({"status":"ok","error":null,"1":0.21,"5":0.37,"15":1.5,"per_cpu":0.105})"));
  EXPECT_EQ(document.at("memory").at("usable_ratio"), 0.75);
  EXPECT_EQ(document.at("memory").at("available_bytes"), std::uint64_t{6} << 30);
  EXPECT_EQ(document.at("pressure").at("io").at("stalled_seconds_total"), 8);
  EXPECT_EQ(document.at("processes").at("total"), 6);
  EXPECT_EQ(document.at("processes").at("by_state").at("zombie"), 1);
}

TEST(StatusJson, ShowsEachFileSystemAndWhyOneIsUnknown) {
  const auto file_systems = parsed(test::make_view()).at("file_systems");

  ASSERT_EQ(file_systems.size(), 3U);
  EXPECT_EQ(file_systems[1].at("name"), "/var");
  EXPECT_EQ(file_systems[1].at("status"), "critical");
  EXPECT_NEAR(file_systems[1].at("used_ratio"), 0.95, 0.001);
  EXPECT_EQ(file_systems[1].at("error"), nullptr);
  EXPECT_EQ(file_systems[2].at("size_bytes"), nullptr);
  EXPECT_EQ(file_systems[2].at("error"), "statvfs of /home did not answer in time");
}

TEST(StatusJson, ShowsAServiceThatIsUp) {
  const auto web = service(parsed(test::make_view()), "web");

  EXPECT_EQ(web.at("state"), "up");
  EXPECT_EQ(web.at("since"), "2026-11-22T16:20:00Z");
  EXPECT_EQ(web.at("owner"), "systemcheck");
  EXPECT_EQ(web.at("unit"), "web.service");
  EXPECT_EQ(web.at("processes"), 3);
  EXPECT_EQ(web.at("processes_max"), nullptr);
  EXPECT_EQ(web.at("main_pid"), 800);
  EXPECT_EQ(web.at("cpu_ratio"), 0.03);
  EXPECT_EQ(web.at("last_restart"), nullptr);
}

TEST(StatusJson, ShowsWhatWasTriedWithAServiceThatFails) {
  const auto mail = service(parsed(test::make_view()), "mail");

  EXPECT_EQ(mail.at("state"), "flapping");
  EXPECT_EQ(mail.at("main_pid"), nullptr);
  EXPECT_EQ(mail.at("restarts_total"), 3);
  EXPECT_EQ(mail.at("restart_failures_total"), 2);
  EXPECT_EQ(mail.at("backoff_seconds"), 300);
  EXPECT_EQ(mail.at("suppressed_total"), json::parse(R"({"backoff":7})"));
  EXPECT_EQ(
      mail.at("last_restart"),
      json::parse(
          R"({"time":"2026-11-22T18:19:00Z","duration_seconds":1.5,"outcome":"failed","exit_code":1})"));
}

TEST(StatusJson, NamesTheMembersOfAGroupInTheOrderInWhichTheyAreStarted) {
  ViewBuilder builder;
  for (const auto* name : {"front", "store"})
    builder.service(test::make_row(name));
  auto& front = *std::ranges::find(builder.config().services, "front", &Service::name);
  front.after = {"store"};
  builder.config().groups = {{.name = "shop", .services = {"front", "not_here", "store"}}};

  EXPECT_EQ(parsed(builder.build()).at("groups"),
            json::parse(R"([{"name": "shop", "services": ["store", "front"]}])"));
}

TEST(StatusJson, SaysNullForWhatCouldNotBeRead) {
  ViewBuilder builder;
  test::set_fact<Memory>(builder.snapshot(), Error{Error::Kind::malformed, "memory: no MemTotal line"});
  test::set_fact<Pressure>(builder.snapshot(), Pressure{});
  test::set_fact<Processes>(builder.snapshot(), Error{Error::Kind::failed, "no /proc"});
  builder.view().memory_status = CheckStatus::unknown;

  const auto document = parsed(builder.build());

  EXPECT_EQ(document.at("memory").at("status"), "unknown");
  EXPECT_EQ(document.at("memory").at("error"), "memory: no MemTotal line");
  EXPECT_EQ(document.at("memory").at("total_bytes"), nullptr);
  EXPECT_EQ(document.at("pressure"), nullptr);
  EXPECT_EQ(document.at("processes"), nullptr);
}

TEST(StatusJson, IsADocumentBeforeTheFirstCycle) {
  const auto document = parsed(View{});

  EXPECT_EQ(document.at("time"), nullptr);
  EXPECT_EQ(document.at("cycle"), 0);
  EXPECT_EQ(document.at("status"), "unknown");
  EXPECT_EQ(document.at("services"), json::array());
  EXPECT_EQ(document.at("file_systems"), json::array());
  EXPECT_EQ(document.at("load").at("error"), "not collected yet");
}

TEST(StatusJson, MakesHostileStringsValid) {
  auto row = test::make_row("a\"b\\c\n\xff");
  row.reason = "\xc3\x28 \x1b[2J";
  const auto hostile = parsed(ViewBuilder().service(row).build()).at("services").at(0);

  EXPECT_EQ(hostile.at("name"), "a\"b\\c\\x0a\\xff");
  EXPECT_EQ(hostile.at("reason"), "\\xc3( \\x1b[2J");
}

TEST(StatusJson, CarriesNoCommandLines) {
  ViewBuilder builder;
  auto processes = test::make_processes();
  processes.all.front().text = std::make_shared<ProcessText>(ProcessText{
      .comm = "mysql", .cmdline = "mysql --password=hunter2", .executable = "", .control_group = ""});
  test::set_fact<Processes>(builder.snapshot(), processes);

  EXPECT_THAT(status_json(builder.build()), testing::Not(testing::HasSubstr("hunter2")));
}

TEST(StatusJson, DoesNotTrustTheIndexOfAFileSystem) {
  ViewBuilder builder;
  builder.view().file_systems.front().index = 1'000;

  const auto first = parsed(builder.build()).at("file_systems").at(0);

  EXPECT_EQ(first.at("name"), "/");
  EXPECT_EQ(first.at("size_bytes"), nullptr);
  EXPECT_EQ(first.at("error"), "not read");
}

/// Document and page name the same keys: `.services[].name` stands in a table as `name` below the
/// heading "services".
TEST(StatusJson, IsDescribedKeyByKey) {
  std::ifstream file(std::string(SYSTEMCHECK_SOURCE_DIR) + "/contrib/doc/status-json.md");
  std::stringstream page;
  page << file.rdbuf();
  std::set<std::string> keys;
  auto view = test::make_view();
  Config config;
  config.groups = {{.name = "all of it"}};
  view.config = std::make_shared<const Config>(config);
  view.shedding = ShedRow{.services = {ShedServiceRow{}}};
  add_keys(parsed(view), "", keys);

  for (const auto& key : keys) {
    if (key.find(".by_state.") != std::string::npos || key.find(".suppressed_total.") != std::string::npos)
      continue;
    EXPECT_THAT(page.str(), testing::HasSubstr("| `" + key.substr(1) + "` |"))
        << "contrib/doc/status-json.md";
  }
}

}  // namespace
}  // namespace systemcheck
