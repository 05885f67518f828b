#include "relay/map_writer.h"

#include <gtest/gtest.h>

#include "support/fake_loop.h"

namespace systemcheck::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

IpNetwork network(const std::string& text) { return IpNetwork::parse(text).value(); }

/// A file that is a map in memory, and fails when it is told to.
struct Paper {
  MapEntries content{};
  std::string trouble{};
  int replaced = 0;
  int applied = 0;
};
class PaperMap final : public MapFile {
 public:
  explicit PaperMap(Paper& paper) : paper_(paper) {}
  Status replace(const MapEntries& entries) override {
    if (!paper_.trouble.empty()) return Error{Error::Kind::failed, paper_.trouble};
    ++paper_.replaced;
    paper_.content = entries;
    return Nothing{};
  }
  Status apply(const MapEntries& /*entries*/, std::span<const MapChange> changes) override {
    if (!paper_.trouble.empty()) return Error{Error::Kind::failed, paper_.trouble};
    ++paper_.applied;
    for (const auto& it : changes) {
      paper_.content.erase(it.network);
      if (it.expires_on) paper_.content.emplace(it.network, *it.expires_on);
    }
    return Nothing{};
  }
  [[nodiscard]] const std::string& path() const override { return path_; }

 private:
  Paper& paper_;
  const std::string path_ = "/run/relay.db";
};

class Writer : public testing::Test {
 protected:
  void put(const std::string& who) {
    writer.put({{.network = network(who), .expires_on = WallTime{seconds{1}}}});
  }
  void remove(const std::string& who) { writer.put({{.network = network(who)}}); }

  FakeLoop loop{};
  Paper paper{.content = {{network("127.9.9.9"), WallTime{}}}};
  MapWriter writer{loop, [this](Job job) { return loop.aside(std::move(job)); },
                   std::make_unique<PaperMap>(paper)};
};

TEST_F(Writer, BeginsByReplacingWhatTheFileHadBefore) {
  writer.put({});
  loop.settle();
  EXPECT_EQ(paper.content, MapEntries{});
  EXPECT_EQ(paper.replaced, 1);
  EXPECT_EQ(writer.state().updates, 1);
}

TEST_F(Writer, WritesTheFirstChangeAtOnce) {
  put("127.1.2.3");
  loop.settle();
  EXPECT_TRUE(paper.content.contains(network("127.1.2.3")));
  EXPECT_EQ(writer.state().entries, 1);
  EXPECT_EQ(writer.state().waiting_since, std::nullopt);
  EXPECT_EQ(writer.state().last_update, loop.wall_now());
}

TEST_F(Writer, CollectsWhatComesWhileItWrites) {
  put("127.1.2.3");
  loop.settle();
  loop.run_for(seconds{1});
  loop.hold_aside();
  put("127.1.2.4");
  put("127.1.2.5");
  put("127.1.2.6");
  remove("127.1.2.5");
  EXPECT_EQ(writer.state().waiting, 2);
  EXPECT_EQ(writer.state().waiting_since, loop.now());
  loop.release_aside();
  loop.run_for(seconds{1});
  EXPECT_EQ(paper.applied, 2) << "the first at once, the others together";
  EXPECT_EQ(paper.content.size(), 3);
  EXPECT_EQ(writer.state().waiting_since, std::nullopt);
}

TEST_F(Writer, IsNotBehindWhenNothingMoreCameWhileItWroteForTheFirstTime) {
  loop.hold_aside();
  put("127.1.2.3");
  writer.put({});
  loop.release_aside();
  loop.run_for(seconds{1});
  EXPECT_EQ(writer.state().updates, 1);
  EXPECT_EQ(writer.state().waiting_since, std::nullopt);
}

TEST_F(Writer, WaitsALittleBetweenTwoBatches) {
  put("127.1.2.3");
  loop.settle();
  put("127.1.2.4");
  loop.settle();
  EXPECT_EQ(paper.content.size(), 1);
  loop.run_for(MapWriter::pause_min);
  EXPECT_EQ(paper.content.size(), 2);
}

TEST_F(Writer, TriesAgainLaterEachTimeAndLosesNothing) {
  put("127.1.2.3");
  loop.settle();
  loop.run_for(seconds{1});
  paper.trouble = "disk full";
  const auto since = loop.now();
  put("127.1.2.4");
  loop.settle();
  EXPECT_EQ(writer.state().error, "/run/relay.db: disk full");
  loop.run_for(minutes{10});
  put("127.1.2.5");
  loop.settle();
  EXPECT_EQ(writer.state().waiting_since, since) << "so long is it out of date";
  EXPECT_LT(writer.state().failures, 20);
  paper.trouble.clear();
  loop.run_for(MapWriter::retry_max);
  EXPECT_EQ(paper.replaced, 2) << "nobody knows what the failure has left";
  EXPECT_EQ(paper.content.size(), 3);
  EXPECT_EQ(writer.state().error, "");
  EXPECT_EQ(writer.state().waiting_since, std::nullopt);
}

TEST_F(Writer, TriesAgainWhereTheWorkerHasTooMuchToDo) {
  loop.hold_aside();
  std::vector<Watch> others;
  for (std::size_t count = 0; count < FakeLoop::aside_limit; ++count)
    others.push_back(*loop.aside([] { return Callback{}; }));
  put("127.1.2.3");
  EXPECT_EQ(writer.state().failures, 1);
  loop.release_aside();
  loop.run_for(MapWriter::retry_min);
  EXPECT_EQ(paper.content.size(), 1);
}

TEST_F(Writer, LeavesNetworksToTheSocketmap) {
  writer.put({{.network = network("2001:db8::/64"), .expires_on = WallTime{seconds{1}}}});
  loop.settle();
  EXPECT_EQ(paper.content, MapEntries{});
}

TEST_F(Writer, MayEndWhileItWrites) {
  Paper other;
  loop.hold_aside();
  {
    MapWriter short_lived(
        loop, [this](Job job) { return loop.aside(std::move(job)); }, std::make_unique<PaperMap>(other));
    short_lived.put({{.network = network("127.1.2.3"), .expires_on = WallTime{seconds{1}}}});
  }
  loop.release_aside();
  loop.run_for(seconds{1});
  EXPECT_EQ(other.content.size(), 1);
}

}  // namespace
}  // namespace systemcheck::test
