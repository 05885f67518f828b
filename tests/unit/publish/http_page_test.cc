#include "publish/http_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "publish/html.h"
#include "publish/page_files.h"
#include "support/view_builder.h"

namespace systemcheck {
namespace {

using test::ViewBuilder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t page_limit_bytes = 100'000;

std::size_t occurrences(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

std::string page_of(const View& view) { return html_page(view, Freshness::fresh); }

/// As a person reads it, without what stands between < and >.
std::string text_of(const std::string& page) {
  std::string text;
  bool is_tag = false;
  for (const char letter : page) {
    if (letter == '<') is_tag = true;
    if (!is_tag) text += letter;
    if (letter == '>') is_tag = false;
  }
  return text;
}

/// Samples of a whole day that go up and down as steeply as they can.
MachineSamples rugged_day() {
  MachineSamples samples;
  for (int minute = 0; minute < 1440; ++minute) {
    const bool is_high = minute / 5 % 2 == 0;
    samples.push_back({.at = test::view_time - std::chrono::hours{24} + std::chrono::minutes{minute},
                       .load = is_high ? 100.0F : 0.0F,
                       .load_per_cpu = is_high ? 50.0F : 0.0F,
                       .usable_ratio = is_high ? 1.0F : 0.0F,
                       .relay_clients = is_high ? 1'000.0F : 0.0F,
                       .is_shedding = minute % 10 == 0});
  }
  return samples;
}

TEST(HtmlPage, ShowsTheMachineAtAGlance) {
  const auto text = text_of(page_of(test::make_view()));

  EXPECT_THAT(text, HasSubstr("75% usable6.0 GiB of 8.0 GiB"));
  EXPECT_THAT(text, HasSubstr("0.10 per processor0.21, 0.37, 1.50 over 1, 5 and 15 minutes on 2 processors"));
  EXPECT_THAT(text, HasSubstr("/var95% full, 5.0 GiB free"));
  EXPECT_THAT(text, HasSubstr("statvfs of /home did not answer in time"));
}

TEST(HtmlPage, BeginsWithTheVerdictInWords) {
  EXPECT_THAT(text_of(page_of(test::make_view())), HasSubstr("2 things are wrong"));

  ViewBuilder well;
  well.view().status = CheckStatus::ok;
  well.view().file_systems.clear();
  EXPECT_THAT(text_of(page_of(well.build())), HasSubstr("All is well"));

  well.view().load_status = CheckStatus::warning;
  EXPECT_THAT(text_of(page_of(well.build())), HasSubstr("1 thing needs a look"));
}

TEST(HtmlPage, ShowsFirstTheServicesThatAreNotFine) {
  const auto page = page_of(test::make_view());
  const auto place = [&](const std::string& name) { return page.find("<li id=\"s-" + name + "\""); };

  EXPECT_LT(place("mail"), place("backup"));
  EXPECT_LT(place("backup"), place("web"));
  EXPECT_LT(place("web"), place("other"));
  EXPECT_NE(place("other"), std::string::npos);
}

TEST(HtmlPage, SaysOfEachServiceWhyItIsSoAndWhatHappensNext) {
  auto view = test::make_whole_view();
  ProbeRow probe;
  probe.state = {.name = "smtp 127.0.0.1:25", .last = ProbeClass::refused, .detail = "nobody listens"};
  view.services[1].probes.push_back(probe);
  const auto text = text_of(page_of(view));

  EXPECT_THAT(text, HasSubstr("no process; next attempt in 5 min"));
  EXPECT_THAT(text, HasSubstr("It is tried to be started again at 18:25:00, in 5 min."));
  EXPECT_THAT(text, HasSubstr("smtp 127.0.0.1:25: refused in 0 s, nobody listens"));
  EXPECT_THAT(text, HasSubstr("60 s ago, took 1.5 s: failed, exit status 1"));
  EXPECT_THAT(text, HasSubstr("7× backoff"));
  EXPECT_THAT(text, HasSubstr("restart: not up no process"));
  EXPECT_THAT(text, HasSubstr("systemcheckctl explain mail"));
  EXPECT_THAT(text, HasSubstr("admin for 0 s, for another 2 h: new disks"));
}

TEST(HtmlPage, EscapesWhatTheMachineCallsItself) {
  const std::string hostile = "<script>alert('1')</script>\"><img src=x>";
  auto row = test::make_row(hostile);
  row.reason = "a & \"b\" \xff\x1b";
  row.status = CheckStatus::critical;
  row.holds.push_back({.reason = hostile, .asked_by = hostile});
  ProbeRow probe;
  probe.state = {.name = hostile, .detail = hostile};
  row.probes.push_back(probe);
  ViewBuilder builder;
  builder.service(row).view().status_text = hostile;
  builder.view().file_systems.front().name = hostile;
  builder.view().events = test::with_event(
      builder.view().events, {.subject = hostile, .what = hostile, .actor = hostile, .text = hostile});

  const auto page = page_of(builder.build());

  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script>")), Not(HasSubstr("<img"))));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
  EXPECT_THAT(page, HasSubstr("a &amp; &quot;b&quot; \\xff\\x1b"));
}

TEST(HtmlPage, NeedsNothingFromElsewhereAndNothingInline) {
  auto page = page_of(test::make_whole_view());

  EXPECT_THAT(page, AllOf(Not(HasSubstr("://")), Not(HasSubstr("@import")), Not(HasSubstr("url(")),
                          Not(HasSubstr("<style")), Not(HasSubstr("style=")), Not(HasSubstr("onclick"))));
  EXPECT_EQ(occurrences(page, "<script"), 1U);
  EXPECT_EQ(occurrences(std::string(style_css) + std::string(script_js), "://"), 0U);
}

TEST(HtmlPage, RefreshesItselfOnlyWhereNoScriptRuns) {
  EXPECT_THAT(page_of(test::make_view()), HasSubstr("<noscript><meta http-equiv=\"refresh\""));
  EXPECT_EQ(occurrences(page_of(test::make_view()), "http-equiv"), 1U);
}

TEST(HtmlPage, NamesNobodyWhoRelays) {
  const auto page = page_of(test::make_whole_view());
  EXPECT_THAT(page, AllOf(Not(HasSubstr("alice")), Not(HasSubstr("198.51.100.7")), HasSubstr("chart-relay")));
}

TEST(HtmlPage, SaysSoBeforeTheFirstCycle) {
  const auto page = page_of(View{});

  EXPECT_THAT(page, HasSubstr("Nothing has been collected yet."));
  EXPECT_THAT(page, HasSubstr("None is configured, and none was discovered."));
  EXPECT_THAT(page, HasSubstr("not collected yet"));
}

TEST(HtmlPage, WarnsOfOldFacts) {
  EXPECT_THAT(html_page(test::make_view(), Freshness::stale),
              HasSubstr("These facts are old: the last cycle was at 2026-11-22T18:20:00Z."));
  EXPECT_THAT(page_of(test::make_view()), Not(HasSubstr("These facts are old")));
}

TEST(HtmlPage, DoesNotTrustTheIndexOfAFileSystem) {
  ViewBuilder builder;
  builder.view().file_systems.front().index = 1'000;

  EXPECT_THAT(page_of(builder.build()), HasSubstr("not read"));
}

TEST(HtmlPage, WithThirtyServicesAndAllThatTheyWriteIsSmall) {
  ViewBuilder builder;
  for (int i = 0; i < 30; ++i) {
    auto row = i % 5 == 0 ? test::make_row_that_flaps("service-number-" + std::to_string(i))
                          : test::make_row_that_is_up("service-number-" + std::to_string(i), 1'000 + i, 8);
    row.probes.resize(2);
    row.probes[0].state = {.name = "http 127.0.0.1:80/health", .last = ProbeClass::ok, .detail = "200 OK"};
    row.probes[1].state = {.name = "tcp 127.0.0.1:8080", .last = ProbeClass::ok};
    builder.service(std::move(row));
  }
  auto view = builder.build();
  view.shedding = test::make_shedding();
  view.relay = test::make_relay();
  view.samples = std::make_shared<const MachineSamples>(rugged_day());
  for (int i = 0; i < 64; ++i)
    view.events =
        test::with_event(view.events, {.at = test::view_time,
                                       .subject = "service-number-" + std::to_string(i % 30),
                                       .what = "waiting",
                                       .text = "no process of it is running; the next attempt is in 5 min"});

  const auto page = page_of(view);

  EXPECT_LT(page.size() + style_css.size() + script_js.size(), page_limit_bytes);
  RecordProperty("page_bytes", static_cast<int>(page.size()));
}

TEST(HtmlPage, IsBoundedWhateverIsMountedOrConfigured) {
  ViewBuilder builder;
  for (int i = 0; i < 1'000; ++i) {
    auto row = test::make_row("s" + std::to_string(i));
    row.reason = std::string(4'000, 'r');
    row.probes.resize(100);
    row.holds.resize(100);
    builder.service(std::move(row));
  }
  builder.view().file_systems.resize(1'000);

  const auto page = page_of(builder.build());

  EXPECT_EQ(occurrences(page, "<li id=\"s-"), 200U);
  EXPECT_THAT(page, AllOf(HasSubstr("… and 800 more"), HasSubstr("… and 900 more.")));
  EXPECT_LT(page.size(), 1'000'000U);
}

TEST(HtmlAnchor, IsTheNameWhereThatCanBeAnId) {
  EXPECT_EQ(html_anchor("apache2"), "s-apache2");
  EXPECT_THAT(html_anchor("a b"), testing::StartsWith("s~"));
  EXPECT_NE(html_anchor("a b"), html_anchor("a c"));
}

}  // namespace
}  // namespace systemcheck
