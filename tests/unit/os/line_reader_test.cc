#include "os/line_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

class LineReading : public testing::Test {
 protected:
  std::vector<std::string> read(const std::string& text, std::size_t line_bytes_max = 100) {
    auto reader = LineReader::open(directory.write_file("file", text), line_bytes_max);
    EXPECT_TRUE(reader);
    std::vector<std::string> lines;
    while (const auto line = reader->next())
      lines.push_back(std::to_string(reader->number()) + ":" + std::string(*line));
    skipped = reader->skipped();
    EXPECT_FALSE(reader->error());
    return lines;
  }

  TemporaryDirectory directory{};
  std::uint64_t skipped = 0;
};

using Lines = std::vector<std::string>;

TEST_F(LineReading, GivesEachLineAndItsNumber) {
  EXPECT_EQ(read("a\n\nb\n"), (Lines{"1:a", "2:", "3:b"}));
  EXPECT_EQ(read("a\nb"), (Lines{"1:a", "2:b"}));
  EXPECT_EQ(read("\n"), (Lines{"1:"}));
  EXPECT_EQ(read(""), Lines{});
}

TEST_F(LineReading, SkipsWhatIsLongerThanALineMayBe) {
  const std::string full(100, 'x');
  EXPECT_EQ(read(full + "\n" + full + "x\nb\n"), (Lines{"1:" + full, "3:b"}));
  EXPECT_EQ(skipped, 1U);
  EXPECT_EQ(read("a\n" + full + "x"), (Lines{"1:a"}));
  EXPECT_EQ(skipped, 1U);
}

TEST_F(LineReading, SkipsALineThatIsLongerThanItsBuffer) {
  EXPECT_EQ(read("a\n" + std::string(1'000'000, 'x') + "\nb\n" + std::string(1'000'000, 'x')),
            (Lines{"1:a", "3:b"}));
  EXPECT_EQ(skipped, 2U);
}

TEST_F(LineReading, GivesLinesWholeWhereverItsBufferEnds) {
  std::string text;
  Lines expected;
  for (int i = 1; i <= 50'000; ++i) {
    const std::string line(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26));
    text += line + "\n";
    expected.push_back(std::to_string(i) + ":" + line);
  }
  EXPECT_EQ(read(text), expected);
}

TEST_F(LineReading, FailsWhereThereIsNoFileAndSaysWhereItCannotReadOn) {
  EXPECT_FALSE(LineReader::open(directory.path("nothing"), 100));
  auto reader = LineReader::open(directory.path(), 100);
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->next());
  EXPECT_TRUE(reader->error());
}

}  // namespace
}  // namespace systemcheck::test
