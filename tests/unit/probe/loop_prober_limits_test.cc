#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/fake_loop.h"
#include "support/prober_fixture.h"
#include "support/temporary_directory.h"

// What we lack ourselves says nothing of a service.

namespace systemcheck::test {
namespace {

/// The next descriptor that anybody asks for is refused, until it ends.
class NoDescriptorLeft {
 public:
  NoDescriptorLeft() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const Descriptor next(::dup(STDIN_FILENO));
    EXPECT_TRUE(next.is_open());
    auto limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(next.number());
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  NoDescriptorLeft(const NoDescriptorLeft&) = delete;
  NoDescriptorLeft& operator=(const NoDescriptorLeft&) = delete;
  ~NoDescriptorLeft() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_{};
};

class ProberWithoutDescriptors : public LoopProberTest {
 protected:
  Verdict verdict_without_descriptor(const Probe& probe) {
    run_for(std::chrono::milliseconds{1});  // What the loop itself needs it has from now on.
    const NoDescriptorLeft nothing;
    return verdict_on(probe);
  }
};

TEST_F(ProberWithoutDescriptors, KnowsNothingOfAPortAndAPath) {
  Server server;
  server.listen();
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::tcp, server.address())).result, ProbeClass::ok);
  const auto verdict = verdict_without_descriptor(probe_of(ProbeKind::tcp, server.address()));
  EXPECT_EQ(verdict.result, ProbeClass::unknown);
  EXPECT_EQ(verdict.detail, "connecting: Too many open files");
  EXPECT_EQ(verdict_without_descriptor(probe_of(ProbeKind::unix_socket, "/run/any")).result,
            ProbeClass::unknown);
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::tcp, server.address())).result, ProbeClass::ok);
}
TEST_F(ProberWithoutDescriptors, KnowsNothingOfACommand) {
  auto probe = probe_of(ProbeKind::command, "/bin/true");
  probe.command = {"/bin/true"};
  EXPECT_EQ(verdict_without_descriptor(probe).result, ProbeClass::unknown);
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::ok);
}
TEST_F(ProberWithoutDescriptors, KnowsNothingOfAChecksum) {
  const TemporaryDirectory directory;
  auto probe = probe_of(ProbeKind::file, directory.write_file("file", "abc"));
  probe.sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::ok);
  EXPECT_EQ(verdict_without_descriptor(probe).result, ProbeClass::unknown);
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::ok);
}

TEST(ProberBehindAFullWorker, KnowsNothingOfAFile) {
  FakeLoop loop;
  LoopProber prober(loop);
  Probe probe;
  probe.kind = ProbeKind::file;
  probe.target = "/dev/null";
  loop.hold_aside();
  std::vector<Watch> jobs;
  while (auto job = loop.aside([] { return [] {}; }))
    jobs.push_back(*std::move(job));
  std::optional<Verdict> verdict;
  const auto watch = prober.ask(probe, [&](const Verdict& it) { verdict = it; });
  EXPECT_FALSE(verdict) << "called back inside ask";
  loop.settle();
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->result, ProbeClass::unknown);
  EXPECT_EQ(verdict->detail, "the worker has too much to do");
}

class FileProbe : public LoopProberTest {
 protected:
  ProbeClass judge(const std::string& content, const std::string& sha256) {
    auto probe = probe_of(ProbeKind::file, directory_.write_file("file", content));
    probe.sha256 = sha256;
    return verdict_on(probe).result;
  }

 private:
  TemporaryDirectory directory_{};
};

// The vectors are those of FIPS 180-2, appendix B.
TEST_F(FileProbe, TellsAFileByItsChecksum) {
  const std::string of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(judge("abc", of_abc), ProbeClass::ok);
  EXPECT_EQ(judge("abd", of_abc), ProbeClass::bad_banner);
  EXPECT_EQ(judge("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), ProbeClass::ok);
}
TEST_F(FileProbe, TellsAFileThatIsReadInManyPieces) {
  const std::string of_a_million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  EXPECT_EQ(judge(std::string(1'000'000, 'a'), of_a_million), ProbeClass::ok);
  EXPECT_EQ(judge(std::string(999'999, 'a') + "b", of_a_million), ProbeClass::bad_banner);
}
TEST_F(FileProbe, HasNoChecksumOfWhatIsNoFile) {
  const TemporaryDirectory directory;
  auto probe = probe_of(ProbeKind::file, directory.path());
  probe.sha256 = std::string(64, '0');
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::unknown);
}

}  // namespace
}  // namespace systemcheck::test
