#include "daemon/status_news.h"

#include <gtest/gtest.h>

#include "support/view_builder.h"

namespace systemcheck::test {
namespace {

using Words = std::vector<std::string>;

/// "load ok warning"
Words in_words(const std::vector<Event>& news) {
  Words words;
  for (const auto& event : news)
    words.push_back(event.service + " " + event.from + " " + event.to);
  return words;
}

TEST(StatusNews, TellAtTheFirstViewWhatIsWrong) {
  const auto news = status_news(View{}, make_view());
  EXPECT_EQ(in_words(news), Words{"/var unknown critical"});
  EXPECT_EQ(news.at(0).reason, "95.0% of its space is used, 0.8% of its inodes");
  EXPECT_EQ(news.at(0).kind, EventKind::status);
  EXPECT_EQ(news.at(0).at, view_time);
}

TEST(StatusNews, TellNothingWhereNothingHasChanged) {
  EXPECT_EQ(in_words(status_news(make_view(), make_view())), Words{});
}

TEST(StatusNews, TellWhatIsBetterAndWhatIsWorse) {
  auto builder = ViewBuilder();
  builder.view().load_status = CheckStatus::warning;
  builder.view().memory_status = CheckStatus::critical;
  builder.view().file_systems[1].status = CheckStatus::warning;
  const auto changed = builder.build();
  const auto worse = status_news(make_view(), changed);
  EXPECT_EQ(in_words(worse), (Words{"load ok warning", "memory ok critical", "/var critical warning"}));
  EXPECT_EQ(worse.at(0).reason, "the load is 0.21 on 2 processors");
  EXPECT_EQ(worse.at(1).reason, "6.0 GiB of 8.0 GiB are usable");
  EXPECT_EQ(in_words(status_news(changed, make_view())),
            (Words{"load warning ok", "memory critical ok", "/var warning critical"}));
}

TEST(StatusNews, TellNothingOfWhatIsWellAndCouldNotBeRead) {
  auto builder = ViewBuilder();
  builder.view().load_status = CheckStatus::unknown;
  builder.view().file_systems[0].status = CheckStatus::unknown;
  EXPECT_EQ(in_words(status_news(make_view(), builder.build())), Words{});
  EXPECT_EQ(in_words(status_news(builder.build(), make_view())), Words{});
}

TEST(StatusNews, TellOfADiskThatWasFullAndIsGone) {
  auto builder = ViewBuilder();
  builder.view().file_systems.clear();
  const auto news = status_news(make_view(), builder.build());
  EXPECT_EQ(in_words(news), Words{"/var critical unknown"});
  EXPECT_EQ(news.at(0).reason, "it is not seen any more");
}

}  // namespace
}  // namespace systemcheck::test
