#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "os/descriptor.h"
#include "relay/log_tailer.h"
#include "support/fake_loop.h"
#include "support/faulty_log_files.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {

/// Somebody who writes a log: into the file that he has opened, whatever it is called by now.
class LogWriter {
 public:
  void open(const std::string& path) {
    const bool is_new = !std::filesystem::exists(path);
    file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
    if (!file_.is_open()) std::abort();
    if (is_new) stamp(file_.number());
  }
  void close() { file_.reset(); }
  [[nodiscard]] bool is_open() const { return file_.is_open(); }
  void write(const std::string& text) {
    if (::write(file_.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
    stamp(file_.number());
  }
  /// Files are dated one after the other: the kernel's own clock for it moves on only every few milliseconds.
  static void stamp(int file) {
    static long last_second = 1'000'000'000;
    const timespec second{.tv_sec = ++last_second, .tv_nsec = 0};
    const timespec times[2]{second, second};
    if (::futimens(file, times) != 0) std::abort();
  }

 private:
  Descriptor file_{};
};

/// A directory with a log in it, and a tailer that follows it: real files, and time that passes when the test
/// says so.
class TailerWorld {
 public:
  static constexpr Duration cycle = std::chrono::seconds{10};

  [[nodiscard]] std::string path(const std::string& name) const { return directory.path(name); }
  void write(const std::string& name, const std::string& text) const {
    LogWriter writer;
    writer.open(path(name));
    writer.write(text);
  }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(path(from), path(to));
  }
  void copy(const std::string& from, const std::string& to) const {
    std::filesystem::copy_file(path(from), path(to), std::filesystem::copy_options::overwrite_existing);
    stamp(to);
  }
  void cut(const std::string& name, std::uintmax_t size = 0) const {
    std::filesystem::resize_file(path(name), size);
    stamp(name);
  }
  void stamp(const std::string& name) const {
    const Descriptor file(::open(path(name).c_str(), O_WRONLY | O_CLOEXEC));
    LogWriter::stamp(file.number());
  }
  void remove(const std::string& name) const { std::filesystem::remove(path(name)); }

  /// Goes on behind the last lines that came.
  void start() {
    tailer = std::make_unique<LogTailer>(
        loop, files, LogTailerSetup{.path = path(log), .place = place, .is_old = is_old, .cycle = cycle},
        SourceHooks{.on_lines = [this](const LogBatch& batch) { take(batch); },
                    .on_notice = [this](const SourceNotice& notice) { notices.push_back(notice); }});
    if (!tailer->start()) std::abort();
    loop.settle();
  }
  /// As after a crash: what was not kept with a line is forgotten.
  void stop() { tailer.reset(); }
  void restart() {
    stop();
    start();
  }
  /// The kernel tells what has happened, and all of it is dealt with.
  void wake() {
    loop.make_ready(files.descriptor());
    loop.settle();
  }
  std::vector<std::string> take_lines() { return std::exchange(lines, {}); }
  [[nodiscard]] const SourceStatus& status() const { return tailer->status(); }
  [[nodiscard]] std::size_t warnings() const {
    std::size_t count = 0;
    for (const auto& notice : notices)
      count += notice.weight == SourceNotice::Weight::warning ? 1U : 0U;
    return count;
  }
  [[nodiscard]] bool was_said(std::string_view words) const {
    for (const auto& notice : notices) {
      if (notice.words.find(words) != std::string::npos) return true;
    }
    return false;
  }

  TemporaryDirectory directory{};
  FakeLoop loop{};
  FaultyLogFiles files{};
  std::string log = "maillog";
  std::string place{};
  IsOld is_old{};
  std::vector<std::string> lines{};
  std::vector<SourceNotice> notices{};
  std::unique_ptr<LogTailer> tailer{};

 private:
  void take(const LogBatch& batch) {
    for (const auto line : batch.lines)
      lines.emplace_back(line);
    place = batch.place;
  }
};

}  // namespace systemcheck::test
