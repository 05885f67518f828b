#include "publish/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <limits>
#include <locale>
#include <set>

#include "support/exposition_reader.h"
#include "support/view_builder.h"

namespace systemcheck {
namespace {

using test::make_row;
using test::make_view;
using test::read_exposition;
using test::ViewBuilder;
using testing::HasSubstr;
using testing::Not;

std::map<std::string, double> series_of(const View& view, const RequestCounts& requests = {}) {
  return read_exposition(exposition(describe_view(view, requests)));
}

/// The names and labels of all series of one service, with its name taken out.
std::set<std::string> shape_of(const std::map<std::string, double>& all, const std::string& service) {
  const std::string label = "service=\"" + service + '"';
  std::set<std::string> shape;
  for (const auto& [series, value] : all) {
    const auto at = series.find(label);
    const bool is_info = series.find("systemcheck_service_info") == 0;
    if (at != std::string::npos && !is_info) shape.insert(std::string(series).erase(at, label.size()));
  }
  return shape;
}

std::string one_gauge(std::string_view help, double value, Labels labels = {}) {
  Metrics metrics;
  metrics.gauge("thing", help, value, std::move(labels));
  return exposition(metrics);
}

TEST(DescribeView, GivesAServiceThatWasNeverSeenTheSeriesOfABusyOne) {
  const auto all = series_of(ViewBuilder().usual_services().service(make_row("new")).build());

  EXPECT_EQ(shape_of(all, "new"), shape_of(all, "web"));
  EXPECT_EQ(shape_of(all, "new"), shape_of(all, "mail"));
  EXPECT_EQ(shape_of(all, "new").size(), 61U);
}

TEST(DescribeView, StartsAllCountersOfAServiceAtZero) {
  const auto all = series_of(ViewBuilder().service(make_row("new")).build());

  std::size_t counters = 0;
  for (const auto& [series, value] : all) {
    if (series.find("_total{service=\"new\"") == std::string::npos) continue;
    EXPECT_EQ(value, 0) << series;
    ++counters;
  }
  EXPECT_EQ(counters, 1U + 2 + 1 + 4 + 4 + 2 + 2 + Words<Suppressed>::all.size());
}

TEST(DescribeView, MarksExactlyOneStateOfEachService) {
  const auto all = series_of(make_view());

  double sum = 0;
  for (const auto state : Words<ServiceState>::all) {
    const auto series = "systemcheck_service_state{service=\"mail\",state=\"" + std::string(state) + "\"}";
    ASSERT_EQ(all.count(series), 1U) << series;
    sum += all.at(series);
  }
  EXPECT_EQ(sum, 1);
  EXPECT_EQ(all.at(R"(systemcheck_service_state{service="mail",state="flapping"})"), 1);
}

TEST(DescribeView, CallsAServiceUpThatRunsButComplains) {
  auto row = make_row("web");
  row.state = ServiceState::degraded;
  EXPECT_EQ(series_of(ViewBuilder().service(row).build()).at(R"(systemcheck_service_up{service="web"})"), 1);
  row.state = ServiceState::suspect;
  EXPECT_EQ(series_of(ViewBuilder().service(row).build()).at(R"(systemcheck_service_up{service="web"})"), 0);
}

TEST(DescribeView, NamesWhoHoldsAService) {
  const auto all = series_of(make_view());

  EXPECT_EQ(all.at(R"(systemcheck_service_held{service="backup",by="admin"})"), 1);
  EXPECT_EQ(all.at(R"(systemcheck_service_held{service="backup",by="upgrade"})"), 0);
  EXPECT_EQ(all.at(R"(systemcheck_service_held{service="web",by="admin"})"), 0);
  EXPECT_EQ(all.count(R"(systemcheck_service_held{service="web",by="systemcheck"})"), 0U);
}

TEST(DescribeView, TellsHowLongAServiceIsHeldOnlyWhileThatHasAnEnd) {
  ViewBuilder builder;
  auto row = make_row("web");
  row.holds = {{.by = Owner::admin},
               {.by = Owner::maintenance, .until = WallTime{}, .remaining = std::chrono::minutes{1}},
               {.by = Owner::maintenance, .until = WallTime{}, .remaining = std::chrono::minutes{2}}};
  const auto all = series_of(builder.service(std::move(row)).service(make_row("mail")).build());
  EXPECT_EQ(all.at(R"(systemcheck_service_hold_remaining_seconds{service="web",by="maintenance"})"), 120);
  std::size_t series = 0;
  for (const auto& [name, value] : all)
    series += name.starts_with("systemcheck_service_hold_remaining_seconds") ? 1U : 0U;
  EXPECT_EQ(series, 1U);
}

TEST(DescribeView, PutsWhatIsConfiguredIntoTheInfoOfAService) {
  const auto all = series_of(make_view());

  EXPECT_EQ(all.at("systemcheck_service_info{service=\"web\",manager=\"systemd\",unit=\"web.service\","
                   "user=\"root\",mode=\"act\"}"),
            1);
}

TEST(DescribeView, SaysInfinityForNoLimitOfProcesses) {
  auto row = make_row("web");
  EXPECT_TRUE(std::isinf(series_of(ViewBuilder().service(row).build())
                             .at(R"(systemcheck_service_processes_max{service="web"})")));
  row.processes_max = 4;
  EXPECT_EQ(
      series_of(ViewBuilder().service(row).build()).at(R"(systemcheck_service_processes_max{service="web"})"),
      4);
}

TEST(DescribeView, CountsDeathsRestartsAndWhatWasSuppressed) {
  const auto all = series_of(make_view());

  EXPECT_EQ(all.at(R"(systemcheck_service_deaths_total{service="mail",cause="signal"})"), 2);
  EXPECT_EQ(all.at(R"(systemcheck_service_restarts_total{service="mail",reason="down"})"), 3);
  EXPECT_EQ(all.at(R"(systemcheck_service_restart_failures_total{service="mail"})"), 2);
  EXPECT_EQ(all.at(R"(systemcheck_restarts_suppressed_total{service="mail",reason="backoff"})"), 7);
  EXPECT_EQ(all.at(R"(systemcheck_service_check_failures_total{service="mail",check="processes"})"), 5);
  EXPECT_EQ(all.at(R"(systemcheck_service_last_restart_duration_seconds{service="mail"})"), 1.5);
  EXPECT_EQ(all.at(R"(systemcheck_service_restart_backoff_seconds{service="mail"})"), 300);
  EXPECT_EQ(all.at(R"(systemcheck_service_at_cap{service="mail"})"), 1);
}

TEST(DescribeView, ExportsTheThresholdsThatAreConfigured) {
  ViewBuilder builder;
  builder.config().load.warn_per_cpu = 3;
  builder.config().disks.warn = 0.7;
  builder.config().memory.below = {0.125};

  const auto all = series_of(builder.build());

  EXPECT_EQ(all.at("systemcheck_load_warn_ratio"), 3);
  EXPECT_EQ(all.at("systemcheck_filesystem_warn_ratio"), 0.7);
  EXPECT_EQ(all.at("systemcheck_filesystem_critical_ratio"), 0.9);
  EXPECT_EQ(all.at(R"(systemcheck_shed_threshold_ratio{level="warn"})"), 0.15);
  EXPECT_EQ(all.at(R"(systemcheck_shed_threshold_ratio{level="low"})"), 0.125);
  EXPECT_EQ(all.at(R"(systemcheck_shed_threshold_ratio{level="critical"})"), 0.05);
}

TEST(DescribeView, TellsOfTheDaemonAndItsCycles) {
  const auto all = series_of(make_view());

  EXPECT_EQ(all.at(R"(systemcheck_mode{mode="act"})"), 1);
  EXPECT_EQ(all.at(R"(systemcheck_mode{mode="observe"})"), 0);
  EXPECT_EQ(all.at("systemcheck_cycles_total"), 42);
  EXPECT_EQ(all.at("systemcheck_cycle_interval_seconds"), 60);
  EXPECT_EQ(all.at("systemcheck_cycle_duration_seconds"), 0.012);
  EXPECT_EQ(all.at("systemcheck_cycle_last_timestamp_seconds"), epoch_seconds(test::view_time));
  EXPECT_EQ(all.at("systemcheck_config_last_reload_successful"), 1);
  EXPECT_EQ(all.at("systemcheck_config_hash"), static_cast<double>(0x1234'5678'9abc));
}

TEST(DescribeView, HasTheDaemonsOwnSeriesBeforeAnythingIsCollected) {
  const auto all = series_of(View{});

  EXPECT_EQ(all.at("systemcheck_cycles_total"), 0);
  EXPECT_EQ(all.at("systemcheck_cycle_last_timestamp_seconds"), 0);
}

TEST(DescribeView, CountsRequestsAndStartsTheUsualAnswersAtZero) {
  const auto all = series_of(View{}, {{{"/metrics", 200}, 3}, {{"other", 404}, 1}});

  EXPECT_EQ(all.at(R"(systemcheck_http_requests_total{handler="/metrics",code="200"})"), 3);
  EXPECT_EQ(all.at(R"(systemcheck_http_requests_total{handler="other",code="404"})"), 1);
  EXPECT_EQ(all.at(R"(systemcheck_http_requests_total{handler="/-/ready",code="503"})"), 0);
}

TEST(DescribeView, IncludesTheFactsOfTheSnapshot) {
  const auto all = series_of(make_view());

  EXPECT_EQ(all.at("systemcheck_load1"), 0.21);
  EXPECT_EQ(all.at(R"(systemcheck_collector_success{collector="memory"})"), 1);
}

TEST(DescribeView, CarriesNoCommandLines) {
  ViewBuilder builder;
  auto processes = test::make_processes();
  processes.all.front().text = std::make_shared<ProcessText>(ProcessText{
      .comm = "mysql", .cmdline = "mysql --password=hunter2", .executable = "", .control_group = ""});
  test::set_fact<Processes>(builder.snapshot(), processes);

  EXPECT_THAT(exposition(describe_view(builder.build(), {})), Not(HasSubstr("hunter2")));
}

TEST(DescribeView, NamesAndExplainsFamiliesAsPrometheusAsks) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  const auto metrics = describe_view(make_view(), {});

  for (const auto& family : metrics.families()) {
    EXPECT_TRUE(family.name.starts_with("systemcheck_") || family.name.starts_with("process_"))
        << family.name;
    EXPECT_EQ(family.name.find_first_not_of(letters), std::string::npos) << family.name;
    EXPECT_EQ(family.kind == Family::Kind::counter, family.name.ends_with("_total")) << family.name;
    EXPECT_GE(family.help.size(), 10U) << family.name;
    EXPECT_TRUE(family.help.ends_with(".")) << family.name << ": " << family.help;
  }
}

TEST(Exposition, WritesHelpTypeAndSeries) {
  Metrics metrics;
  metrics.counter("things_total", "Things seen.", 2, {{"kind", "good"}});
  metrics.counter("things_total", "Things seen.", 0.5, {{"kind", "bad"}});

  EXPECT_EQ(exposition(metrics),
            "# HELP things_total Things seen.\n# TYPE things_total counter\n"
            "things_total{kind=\"good\"} 2\nthings_total{kind=\"bad\"} 0.5\n");
}

TEST(Exposition, EscapesLineBreaksAndBackslashesInHelp) {
  EXPECT_THAT(one_gauge("one\ntwo \\ three", 1), HasSubstr("# HELP thing one\\ntwo \\\\ three\n# TYPE"));
}

TEST(Exposition, KeepsAHostileMountPointInsideItsQuotes) {
  const auto text = one_gauge("Help.", 1, {{"mountpoint", "/a\"} 1\nevil{x=\"\\"}});

  EXPECT_THAT(text, HasSubstr(R"(thing{mountpoint="/a\"} 1\\x0aevil{x=\"\\"} 1)"));
}

TEST(Exposition, MakesBrokenUtf8Valid) {
  EXPECT_THAT(one_gauge("Help.", 1, {{"mountpoint", "/caf\xe9/\xc3\xa9"}}),
              HasSubstr("{mountpoint=\"/caf\\\\xe9/\xc3\xa9\"}"));
}

TEST(Exposition, CutsALabelThatIsLongerThanAnyPath) {
  const auto text = one_gauge("Help.", 1, {{"mountpoint", std::string(100'000, 'x')}});

  EXPECT_LT(text.size(), 5'000U);
}

TEST(Exposition, WritesASeriesOnlyOnce) {
  Metrics metrics;
  metrics.gauge("thing", "Help.", 1, {{"mountpoint", "/a"}});
  metrics.gauge("thing", "Help.", 2, {{"mountpoint", "/a"}});
  metrics.gauge("thing", "Help.", 3, {{"mountpoint", "/b"}});

  EXPECT_EQ(read_exposition(exposition(metrics)).size(), 2U);
  EXPECT_THAT(exposition(metrics), HasSubstr("{mountpoint=\"/a\"} 1\n"));
}

TEST(Exposition, SpellsWhatIsNotFinite) {
  EXPECT_THAT(one_gauge("Help.", std::numeric_limits<double>::infinity()), HasSubstr("thing +Inf\n"));
  EXPECT_THAT(one_gauge("Help.", -std::numeric_limits<double>::infinity()), HasSubstr("thing -Inf\n"));
  // Prometheus takes any case of it (strconv.ParseFloat).
  EXPECT_THAT(one_gauge("Help.", std::nan("")), HasSubstr("thing Nan\n"));
}

/// German numbers, without a locale that might not be installed.
struct GermanNumbers : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Exposition, WritesNumbersTheSameInAnyCxxLocale) {
  const auto before = std::locale::global(std::locale(std::locale::classic(), new GermanNumbers));
  const auto text = one_gauge("Help.", 1234567.5);
  std::locale::global(before);

  EXPECT_THAT(text, HasSubstr("thing 1234567.5\n"));
}

TEST(Exposition, WritesNumbersTheSameInAnyCLocale) {
  if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) GTEST_SKIP() << "no German locale is installed";
  const auto text = one_gauge("Help.", 1234567.5);
  std::setlocale(LC_ALL, "C");

  EXPECT_THAT(text, HasSubstr("thing 1234567.5\n"));
}

/// Exit status of `promtool check metrics` and what it said.
std::pair<int, std::string> check_with_promtool(const std::string& text) {
  const std::string said = testing::TempDir() + "promtool." + std::to_string(::getpid());
  FILE* promtool = ::popen(("promtool check metrics >" + said + " 2>&1").c_str(), "w");
  std::fwrite(text.data(), 1, text.size(), promtool);
  const int status = ::pclose(promtool);
  std::string output;
  if (FILE* file = std::fopen(said.c_str(), "r"); file != nullptr) {
    std::array<char, 16'384> buffer{};
    output.assign(buffer.data(), std::fread(buffer.data(), 1, buffer.size(), file));
    std::fclose(file);
  }
  std::remove(said.c_str());
  return {status, output};
}

TEST(Exposition, PassesTheCheckOfPromtool) {
  if (std::system("command -v promtool >/dev/null") != 0) GTEST_SKIP() << "promtool is not installed";
  auto hostile = make_row("a\"b\\c\nd\xff\x01");
  hostile.unit = "\xc3\x28";
  const auto view = ViewBuilder().usual_services().service(hostile).build();

  const auto [status, said] = check_with_promtool(exposition(describe_view(view, {})));

  EXPECT_EQ(status, 0) << said;
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace systemcheck
