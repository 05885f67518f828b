#include "publish/http_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/view_builder.h"

namespace systemcheck {
namespace {

using test::ViewBuilder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::size_t occurrences(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

TEST(HtmlPage, ShowsTheMachineAtAGlance) {
  const auto page = html_page(test::make_view(), Freshness::fresh);

  EXPECT_THAT(page, HasSubstr("6.0 GiB of 8.0 GiB usable (75%)"));
  EXPECT_THAT(page, HasSubstr("0.21, 0.37, 1.50 over 1, 5 and 15 minutes; 0.10 for each processor"));
  EXPECT_THAT(page, HasSubstr("/var is 95% full"));
  EXPECT_THAT(page, HasSubstr("5.0 GiB of 100.0 GiB available"));
  EXPECT_THAT(page, HasSubstr("statvfs of /home did not answer in time"));
  EXPECT_THAT(page, HasSubstr("href=\"/metrics\""));
}

TEST(HtmlPage, ShowsEachServiceWithItsStateAndReason) {
  const auto page = html_page(test::make_view(), Freshness::fresh);

  EXPECT_THAT(page, HasSubstr("<td>mail</td><td><span class=\"critical\">flapping</span></td>"
                              "<td>no process; next attempt in 5 min</td>"));
  EXPECT_THAT(page, HasSubstr("<td>web</td><td><span class=\"ok\">up</span></td><td>3 processes</td>"));
  EXPECT_THAT(page, HasSubstr("stopped by admin"));
}

TEST(HtmlPage, EscapesWhatTheMachineCallsItself) {
  auto row = test::make_row("<script>alert('1')</script>");
  row.reason = "a & \"b\" \xff\x1b";
  ViewBuilder builder;
  builder.service(row).view().status_text = "</p><b>";
  builder.view().file_systems.front().name = "/<img src=x>";

  const auto page = html_page(builder.build(), Freshness::fresh);

  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<img")), Not(HasSubstr("</p><b>"))));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
  EXPECT_THAT(page, HasSubstr("a &amp; &quot;b&quot; \\xff\\x1b"));
}

TEST(HtmlPage, NeedsNothingFromElsewhere) {
  const auto page = html_page(test::make_view(), Freshness::fresh);

  EXPECT_THAT(page, AllOf(Not(HasSubstr("://")), Not(HasSubstr("src=")), Not(HasSubstr("@import")),
                          Not(HasSubstr("url(")), Not(HasSubstr("<link")), Not(HasSubstr("<script"))));
}

TEST(HtmlPage, SaysSoBeforeTheFirstCycle) {
  const auto page = html_page(View{}, Freshness::fresh);

  EXPECT_THAT(page, HasSubstr("Nothing has been collected yet."));
  EXPECT_THAT(page, HasSubstr("None is configured, and none was discovered."));
  EXPECT_THAT(page, HasSubstr("not collected yet"));
}

TEST(HtmlPage, WarnsOfOldFacts) {
  EXPECT_THAT(html_page(test::make_view(), Freshness::stale),
              HasSubstr("These facts are old: the last cycle was at 2026-11-22T18:20:00Z."));
  EXPECT_THAT(html_page(test::make_view(), Freshness::fresh), Not(HasSubstr("These facts are old")));
}

TEST(HtmlPage, DoesNotTrustTheIndexOfAFileSystem) {
  ViewBuilder builder;
  builder.view().file_systems.front().index = 1'000;

  EXPECT_THAT(html_page(builder.build(), Freshness::fresh), HasSubstr("<td>not read</td>"));
}

TEST(HtmlPage, ShowsAtMostFiveHundredRowsOfEachKind) {
  ViewBuilder builder;
  for (int i = 0; i < 501; ++i)
    builder.service(test::make_row("s" + std::to_string(i)));
  builder.view().file_systems.resize(600);

  const auto page = html_page(builder.build(), Freshness::fresh);

  EXPECT_EQ(occurrences(page, "not looked at yet"), 500U);
  EXPECT_THAT(page, AllOf(HasSubstr("… and 1 more."), HasSubstr("… and 100 more.")));
}

}  // namespace
}  // namespace systemcheck
