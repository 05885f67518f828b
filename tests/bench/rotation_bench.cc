// A log that is rotated in every way while somebody writes 20,000 lines a second to it, and how many of them
// come not at all or twice: none may. Then how soon a line is there after it was written; times are reported,
// and nothing is asserted of them.
//
// Where a log is copied and cut, what is written between the one and the other is lost by whoever does that.
// Here nobody writes meanwhile, so that what is missing would be our own loss. A log that has come and gone
// while a busy machine let nobody look is lost by whoever deleted it: it is deleted only when somebody
// follows it.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "os/descriptor.h"
#include "os/sd_event_loop.h"
#include "relay/log_tailer.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t lines_per_second = 20'000;
constexpr std::size_t burst = 20;
constexpr std::size_t rotations = 20;
constexpr std::size_t lines_between = 2'000;
constexpr std::size_t lines_until_reopened = 200;
constexpr std::size_t samples = 1'000;
constexpr seconds patience{60};

enum class Rotation { rename, rename_late, copy_and_cut, erase, rename_and_erase };
constexpr std::array<std::pair<Rotation, const char*>, 5> kinds{
    {{Rotation::rename, "rename"},
     {Rotation::rename_late, "rename, reopened late"},
     {Rotation::copy_and_cut, "copy and cut"},
     {Rotation::erase, "delete"},
     {Rotation::rename_and_erase, "rename and delete"}}};

std::string line_of(std::size_t number) {
  return "Nov 27 15:00:00 mx dovecot: line " + std::to_string(number) + " of somebody who writes\n";
}

/// The server that writes, and whoever rotates its log, in turns.
class Writer {
 public:
  Writer(std::string path, Rotation rotation) : path_(std::move(path)), rotation_(rotation) { reopen(); }

  /// `seen` says how many lines the other side has.
  void write_all(std::size_t count, const std::function<std::size_t()>& seen) {
    const auto begin = Clock::now();
    for (std::size_t number = 0; number < count; number += burst) {
      for (std::size_t i = number; i < std::min(count, number + burst); ++i)
        write(line_of(i));
      if (number > 0 && number % lines_between == 0) {
        while (deletes() && seen() <= reopened_at_ && Clock::now() - begin < patience)
          std::this_thread::sleep_for(milliseconds{1});
        rotate();
      }
      if (number % lines_between == lines_until_reopened) {
        finish_rotation();
        reopened_at_ = number + burst;
      }
      std::this_thread::sleep_until(begin + microseconds{number * 1'000'000 / lines_per_second});
    }
  }
  void write(const std::string& line) const {
    if (::write(file_.number(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
  }

 private:
  [[nodiscard]] bool deletes() const {
    return rotation_ == Rotation::erase || rotation_ == Rotation::rename_and_erase;
  }
  void reopen() {
    file_ = Descriptor(::open(path_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644));
    if (!file_.is_open()) std::abort();
  }
  void rotate() {
    old_ = path_ + "." + std::to_string(++count_);
    switch (rotation_) {
      case Rotation::rename:
        std::filesystem::rename(path_, old_);
        return reopen();
      case Rotation::rename_late:
        std::filesystem::rename(path_, old_);
        return Descriptor(::open(path_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644)).reset();
      case Rotation::copy_and_cut:
        std::filesystem::copy_file(path_, old_);
        return std::filesystem::resize_file(path_, 0);
      case Rotation::erase:
        std::filesystem::remove(path_);
        return;
      case Rotation::rename_and_erase:
        std::filesystem::rename(path_, old_);
        return;
    }
  }
  void finish_rotation() {
    if (rotation_ == Rotation::rename || rotation_ == Rotation::copy_and_cut || old_.empty()) return;
    reopen();
    if (rotation_ == Rotation::rename_and_erase) std::filesystem::remove(old_);
  }

  std::string path_;
  Rotation rotation_;
  std::string old_{};
  std::size_t count_ = 0;
  std::size_t reopened_at_ = 0;  ///< so many lines were written to those before
  Descriptor file_{};
};

/// Ends when all is there, or nothing has come for a while.
class Follower {
 public:
  Follower(const std::string& path, std::size_t expected) : counts_(expected) {
    tailer_ =
        std::make_unique<LogTailer>(*loop_, *files_, LogTailerSetup{.path = path},
                                    SourceHooks{.on_lines = [this](const LogBatch& batch) { take(batch); }});
  }
  void run() {
    if (!tailer_->start()) std::abort();
    is_ready_ = true;
    const Watch end = loop_->at(loop_->now() + patience, [this] { loop_->stop(); });
    if (!loop_->run()) std::abort();
  }
  void wait_until_ready() const {
    while (!is_ready_)
      std::this_thread::yield();
  }
  [[nodiscard]] std::size_t seen() const { return seen_; }
  [[nodiscard]] std::size_t lost() const {
    return static_cast<std::size_t>(std::count(counts_.begin(), counts_.end(), 0));
  }
  [[nodiscard]] std::size_t doubled() const {
    return static_cast<std::size_t>(
        std::count_if(counts_.begin(), counts_.end(), [](int it) { return it > 1; }));
  }
  [[nodiscard]] std::size_t disordered() const { return disordered_; }
  [[nodiscard]] const SourceStatus& status() const { return tailer_->status(); }

 private:
  void take(const LogBatch& batch) {
    for (auto line : batch.lines) {
      for (int words = 0; words < 6; ++words)
        take_word(line);
      const auto number = parse_number<std::size_t>(take_word(line));
      if (!number || *number >= counts_.size()) std::abort();
      disordered_ += *number < last_ ? 1U : 0U;
      last_ = *number;
      ++counts_[*number];
      ++seen_;
    }
    if (last_ + 1 == counts_.size()) loop_->stop();
  }

  std::unique_ptr<SdEventLoop> loop_ = *SdEventLoop::make();
  std::unique_ptr<LogFiles> files_ = make_log_files();
  std::vector<int> counts_;
  std::size_t last_ = 0;
  std::size_t disordered_ = 0;
  std::atomic<std::size_t> seen_ = 0;
  std::atomic<bool> is_ready_ = false;
  std::unique_ptr<LogTailer> tailer_{};
};

bool rotate_all(Rotation kind, const char* name) {
  const TemporaryDirectory directory;
  const auto path = directory.path("maillog");
  constexpr std::size_t lines = lines_between * (rotations + 1);
  Writer writer(path, kind);
  Follower follower(path, lines);
  std::jthread writes([&] {
    follower.wait_until_ready();
    writer.write_all(lines, [&] { return follower.seen(); });
  });
  follower.run();
  const auto& status = follower.status();
  std::printf(
      "%-22s %6zu lines  %2zu rotations  lost %zu  doubled %zu  out of order %zu  (renamed %lu, copied %lu, "
      "deleted %lu, gaps %lu)\n",
      name, lines, rotations, follower.lost(), follower.doubled(), follower.disordered(), status.renamed,
      status.copied, status.deleted, status.gaps);
  return follower.lost() == 0 && follower.doubled() == 0 && follower.disordered() == 0;
}

void measure_latency() {
  const TemporaryDirectory directory;
  const auto path = directory.path("maillog");
  const Writer writer(path, Rotation::rename);
  Follower follower(path, samples);
  std::vector<double> waits;
  std::jthread writes([&] {
    follower.wait_until_ready();
    for (std::size_t number = 0; number < samples; ++number) {
      std::this_thread::sleep_for(milliseconds{1});
      const auto begin = Clock::now();
      writer.write(line_of(number));
      while (follower.seen() <= number)
        std::this_thread::yield();
      waits.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    }
  });
  follower.run();
  writes.join();
  std::sort(waits.begin(), waits.end());
  std::printf("written to delivered, %zu lines: median %.0f us, p99 %.0f us, worst %.0f us\n", waits.size(),
              waits[waits.size() / 2], waits[waits.size() * 99 / 100], waits.back());
}

/// A log that has grown while nobody followed it.
void measure_catching_up() {
  constexpr std::size_t lines = 2'000'000;
  const TemporaryDirectory directory;
  const auto path = directory.path("maillog");
  std::string text;
  for (std::size_t number = 0; number < lines; ++number)
    text += line_of(number);
  directory.write_file("written", text);
  Follower follower(path, lines);
  Clock::time_point begin;
  std::jthread appears([&] {
    follower.wait_until_ready();
    begin = Clock::now();
    std::filesystem::rename(directory.path("written"), path);
  });
  follower.run();
  const auto seconds_taken = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("catching up, %zu lines of %.0f MB: %.1f M lines/s, %.0f MB/s\n", lines,
              static_cast<double>(text.size()) / 1e6, static_cast<double>(lines) / seconds_taken / 1e6,
              static_cast<double>(text.size()) / seconds_taken / 1e6);
}

int run() {
  bool is_whole = true;
  for (const auto& [kind, name] : kinds)
    is_whole = rotate_all(kind, name) && is_whole;
  measure_latency();
  measure_catching_up();
  return is_whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace systemcheck::test

int main() { return systemcheck::test::run(); }
