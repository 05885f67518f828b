#include "publish/view_words.h"

#include <gtest/gtest.h>

#include "support/view_builder.h"

namespace systemcheck {
namespace {

TEST(PublishedText, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(published_text("/srv/www data"), "/srv/www data");
  EXPECT_EQ(published_text("/srv/b\u00fccher"), "/srv/b\u00fccher");
  EXPECT_EQ(published_text(""), "");
}

TEST(PublishedText, LeavesBackslashesAlone) {
  EXPECT_EQ(published_text("a\\b"), "a\\b");
  EXPECT_EQ(published_text("\\\\"), "\\\\");
  EXPECT_EQ(published_text("\xc3\xbc\\\\n"), "\xc3\xbc\\\\n");
}

TEST(PublishedText, SpellsControlCharactersAndBrokenBytes) {
  EXPECT_EQ(published_text("a\nb\x1b[2J"), "a\\x0ab\\x1b[2J");
  EXPECT_EQ(published_text("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(published_text(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(published_text("\\\xff"), "\\\\xff");
}

TEST(PublishedText, DoesNotChangeWhatItMade) {
  const auto once = published_text("a\\b\n\xff");
  EXPECT_EQ(published_text(once), once);
}

TEST(PublishedText, IsCutAtItsLimit) {
  EXPECT_EQ(published_text(std::string(published_text_limit_bytes, 'x')).size(), published_text_limit_bytes);
  const auto cut = published_text(std::string(published_text_limit_bytes + 1, 'x'));
  EXPECT_LE(cut.size(), published_text_limit_bytes + 3);
  EXPECT_TRUE(cut.ends_with("…"));
}

TEST(CountStates, CountsEachProcessOnce) {
  Processes table = test::make_processes();
  table.all.push_back(test::make_process(901, 1, 't', "/usr/bin/traced"));
  table.all.push_back(test::make_process(902, 1, '?', "/usr/bin/odd"));

  const auto counts = count_states(table);

  EXPECT_EQ(counts, (StateCounts{{{"running", 1},
                                  {"sleeping", 4},
                                  {"disk_sleep", 0},
                                  {"stopped", 1},
                                  {"zombie", 1},
                                  {"idle", 0},
                                  {"other", 1}}}));
}

TEST(LoadPerCpu, DividesByTheProcessors) {
  EXPECT_DOUBLE_EQ(*load_per_cpu(test::make_snapshot().facts), 0.105);
}

TEST(LoadPerCpu, IsUnknownWithoutBothReadings) {
  auto snapshot = test::make_snapshot();
  test::set_fact<Cpu>(snapshot, Error{Error::Kind::failed, "no /proc/stat"});
  EXPECT_EQ(load_per_cpu(snapshot.facts), std::nullopt);
}

TEST(RowName, IsAShortPathItself) {
  EXPECT_EQ(row_name("/var"), "/var");
  const std::string longest(row_name_bytes_max, 'x');
  EXPECT_EQ(row_name(longest), longest);
}

TEST(RowName, TellsLongPathsApartByTheirEnds) {
  const std::string beginning(row_name_bytes_max, 'x');
  const auto one = row_name(beginning + "/one");
  EXPECT_EQ(one.size(), row_name_bytes_max);
  EXPECT_EQ(one.substr(0, row_name_bytes_max - 8), beginning.substr(8));
  EXPECT_EQ(one, row_name(beginning + "/one")) << "and stays what it is";
  EXPECT_NE(one, row_name(beginning + "/two"));
}

}  // namespace
}  // namespace systemcheck
