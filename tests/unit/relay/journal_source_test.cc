#include "relay/journal_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_loop.h"

namespace systemcheck::test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A journal in memory; the cursor of a message is how many came before it.
struct FakeJournal {
  std::vector<JournalEntry> entries{};
  std::size_t first = 0;  ///< older ones were removed
  std::size_t next = 0;
  bool fails = false;
};

class FakeJournalReader final : public JournalReader {
 public:
  explicit FakeJournalReader(FakeJournal& journal) : journal_(journal) {}
  [[nodiscard]] int descriptor() const override { return 9; }
  Status take_changes() override {
    if (journal_.fails) return Error{Error::Kind::failed, "journal: Input/output error"};
    return Nothing{};
  }
  Result<bool> seek_behind(const std::string& cursor) override {
    if (cursor == "nonsense") return Error{Error::Kind::malformed, "journal: Invalid argument"};
    const auto number = static_cast<std::size_t>(std::stoul(cursor));
    journal_.next = std::max(journal_.first, number + 1);
    return number >= journal_.first;
  }
  Status seek_time(WallTime since) override {
    journal_.next = journal_.first;
    while (journal_.next < journal_.entries.size() && journal_.entries[journal_.next].at < since)
      ++journal_.next;
    return Nothing{};
  }
  Status seek_end() override {
    journal_.next = journal_.entries.size();
    return Nothing{};
  }
  Result<std::optional<JournalEntry>> next() override {
    if (journal_.next == journal_.entries.size()) return std::optional<JournalEntry>{};
    return std::optional(journal_.entries[journal_.next++]);
  }
  Result<std::string> cursor() override { return std::to_string(journal_.next - 1); }

 private:
  FakeJournal& journal_;
};

class JournalSourceTest : public testing::Test {
 protected:
  void write(const std::string& message, std::optional<uid_t> user = 0) {
    journal.entries.push_back({.identifier = "dovecot",
                               .pid = 42,
                               .message = message,
                               .at = loop.wall_now(),
                               .user = user,
                               .executable = "/usr/lib/dovecot/log"});
  }
  void start() {
    source = std::make_unique<JournalSource>(
        loop, std::make_unique<FakeJournalReader>(journal), setup,
        SourceHooks{.on_lines =
                        [this](const LogBatch& batch) {
                          lines.insert(lines.end(), batch.entries.begin(), batch.entries.end());
                          setup.place = batch.place;
                        },
                    .on_notice = [this](const SourceNotice& notice) { notices.push_back(notice); }});
    ASSERT_TRUE(source->start());
    loop.settle();
  }
  void turn() {
    loop.make_ready(9);
    loop.settle();
  }
  std::vector<std::string> take_messages() {
    std::vector<std::string> messages;
    for (const auto& line : std::exchange(lines, {}))
      messages.push_back(line.message);
    return messages;
  }

  FakeLoop loop{};
  FakeJournal journal{};
  JournalSetup setup{};
  std::vector<JournalLine> lines{};
  std::vector<SourceNotice> notices{};
  std::unique_ptr<JournalSource> source{};
};

TEST_F(JournalSourceTest, DeliversWhatComesWithWhoWroteIt) {
  write("old");
  start();
  write("one", 1000);
  turn();
  ASSERT_EQ(lines.size(), 1U);
  const JournalLine expected{.program = "dovecot",
                             .pid = 42,
                             .message = "one",
                             .at = loop.wall_now(),
                             .origin = {.user = 1000, .executable = "/usr/lib/dovecot/log"}};
  EXPECT_EQ(lines.front(), expected);
}

TEST_F(JournalSourceTest, TakesAWriterWhoIsNotKnownForNobody) {
  start();
  write("one", std::nullopt);
  turn();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines.front().origin.user, 65534U);
}

TEST_F(JournalSourceTest, LooksOnceASecondAlsoIfNothingIsTold) {
  start();
  write("one");
  loop.run_for(JournalSource::pause);
  EXPECT_THAT(take_messages(), ElementsAre("one"));
}

TEST_F(JournalSourceTest, GoesOnBehindTheLastMessageThatCame) {
  start();
  write("one");
  turn();
  source.reset();
  write("two");
  start();
  EXPECT_THAT(take_messages(), ElementsAre("one", "two"));
  EXPECT_EQ(source->status().gaps, 0U);
}

TEST_F(JournalSourceTest, SaysThatMessagesMayBeMissingWhereItsPlaceWasRemoved) {
  start();
  write("one");
  turn();
  source.reset();
  write("two");
  write("three");
  journal.first = 2;
  start();
  EXPECT_THAT(take_messages(), ElementsAre("one", "three"));
  EXPECT_EQ(source->status().gaps, 1U);
  EXPECT_THAT(notices.back().words, HasSubstr("is being followed"));
  EXPECT_THAT(notices[notices.size() - 2].words, HasSubstr("messages may be missing"));
}

TEST_F(JournalSourceTest, BeginsAnewWithAPlaceThatCannotBeRead) {
  write("old");
  setup.place = "nonsense";
  start();
  EXPECT_THAT(take_messages(), IsEmpty());
  EXPECT_EQ(source->status().gaps, 1U);
}

TEST_F(JournalSourceTest, ReadsNothingThatIsTooOld) {
  write("old");
  loop.run_for(seconds{100});
  write("young");
  setup.since = loop.wall_now() - seconds{10};
  start();
  EXPECT_THAT(take_messages(), ElementsAre("young"));
}

TEST_F(JournalSourceTest, ReadsNothingThatIsTooOldAlsoBehindItsPlace) {
  start();
  write("one");
  turn();
  source.reset();
  write("old");
  loop.run_for(seconds{100});
  write("young");
  setup.since = loop.wall_now() - seconds{10};
  start();
  EXPECT_THAT(take_messages(), ElementsAre("one", "young"));
}

TEST_F(JournalSourceTest, SkipsAMessageThatIsTooLong) {
  start();
  write(std::string(line_bytes_max + 1, 'x'));
  write("one");
  turn();
  EXPECT_THAT(take_messages(), ElementsAre("one"));
  EXPECT_EQ(source->status().long_lines, 1U);
}

TEST_F(JournalSourceTest, ReadsOnlySoManyATurn) {
  start();
  for (std::size_t i = 0; i < JournalSource::entries_per_turn + 3; ++i)
    write("line");
  loop.make_ready(9);
  loop.step();
  EXPECT_EQ(source->status().lines, JournalSource::entries_per_turn);
  loop.settle();
  EXPECT_EQ(source->status().lines, JournalSource::entries_per_turn + 3);
}

TEST_F(JournalSourceTest, SaysOnceThatItCannotBeReadAndReadsOnAfterwards) {
  start();
  journal.fails = true;
  write("one");
  turn();
  loop.run_for(seconds{10});
  EXPECT_EQ(source->status().state, SourceState::unreadable);
  EXPECT_EQ(notices.size(), 2U) << "that it is followed, and that it is not";
  journal.fails = false;
  loop.run_for(seconds{1});
  EXPECT_THAT(take_messages(), ElementsAre("one"));
  EXPECT_EQ(source->status().state, SourceState::following);
}

}  // namespace
}  // namespace systemcheck::test
