#include "relay/line_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_loop.h"

namespace systemcheck::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Sent {
  std::string text{};
  uid_t sender = 0;
  bool was_cut = false;
};

class FakeDatagrams final : public DatagramSocket {
 public:
  explicit FakeDatagrams(std::deque<Sent>& waiting) : waiting_(waiting) {}
  [[nodiscard]] int descriptor() const override { return 7; }
  [[nodiscard]] const std::string& path() const override { return path_; }
  std::optional<ReceivedDatagram> receive() override {
    if (waiting_.empty()) return std::nullopt;
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    return ReceivedDatagram{.text = current_.text, .was_cut = current_.was_cut, .sender = current_.sender};
  }

 private:
  std::deque<Sent>& waiting_;
  Sent current_{};
  std::string path_ = "/run/systemcheck/lines.sock";
};

class LineSocketTest : public testing::Test {
 protected:
  LineSocketTest() { EXPECT_TRUE(socket.start()); }
  void send(const std::string& text, uid_t sender = 0) {
    waiting.push_back({.text = text, .sender = sender});
  }
  void turn() {
    loop.make_ready(7);
    loop.settle();
  }

  FakeLoop loop{};
  std::deque<Sent> waiting{};
  std::vector<std::string> lines{};
  std::vector<SourceNotice> notices{};
  LineSocket socket{loop, std::make_unique<FakeDatagrams>(waiting),
                    SourceHooks{.on_lines =
                                    [this](const LogBatch& batch) {
                                      EXPECT_THAT(batch.place, IsEmpty());
                                      lines.insert(lines.end(), batch.lines.begin(), batch.lines.end());
                                    },
                                .on_notice = [this](const SourceNotice& it) { notices.push_back(it); }}};
};

TEST_F(LineSocketTest, DeliversADatagramAsALineWithOrWithoutItsEnd) {
  send("one\n");
  send("two");
  turn();
  EXPECT_THAT(lines, ElementsAre("one", "two"));
  EXPECT_EQ(socket.status().lines, 2U);
  EXPECT_EQ(socket.status().state, SourceState::following);
}

TEST_F(LineSocketTest, TakesNothingOfAnybodyButRoot) {
  send("forged", 1000);
  send("one");
  turn();
  EXPECT_THAT(lines, ElementsAre("one"));
  EXPECT_EQ(socket.status().strangers, 1U);
}

TEST_F(LineSocketTest, SaysOnceWhoseLinesAreRefused) {
  send("forged", 1000);
  send("forged", 1000);
  send("forged", 1001);
  turn();
  ASSERT_EQ(notices.size(), 2U);
  EXPECT_THAT(notices[0].words, HasSubstr("lines of user 1000 are refused"));
}

TEST_F(LineSocketTest, TakesNoSecondLineOutOfADatagram) {
  send("one\nforged");
  turn();
  EXPECT_THAT(lines, IsEmpty());
  EXPECT_EQ(socket.status().malformed, 1U);
}

TEST_F(LineSocketTest, SkipsWhatIsTooLongOrWasCut) {
  send(std::string(line_bytes_max, 'x'));
  send(std::string(line_bytes_max + 1, 'x') + "y");
  waiting.push_back({.text = "cut", .was_cut = true});
  turn();
  EXPECT_THAT(lines, ElementsAre(std::string(line_bytes_max, 'x')));
  EXPECT_EQ(socket.status().long_lines, 2U);
}

TEST_F(LineSocketTest, TakesOnlySoManyATurn) {
  for (std::size_t i = 0; i < LineSocket::datagrams_per_turn + 3; ++i)
    send("line");
  turn();
  EXPECT_EQ(lines.size(), LineSocket::datagrams_per_turn);
  turn();
  EXPECT_EQ(lines.size(), LineSocket::datagrams_per_turn + 3);
}

}  // namespace
}  // namespace systemcheck::test
