#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "os/log_files.h"

namespace systemcheck::test {

/// The machine's own files, with the faults that a test cannot bring about as root: files that may not be
/// read, disks that fail, a kernel that cannot tell of changes or had too much to tell.
class FaultyLogFiles final : public LogFiles {
 public:
  std::set<std::string> denied{};  ///< paths that may not be opened
  bool fails_to_read = false;      ///< every file that is open
  bool has_inotify = true;         ///< for watches made from now on
  bool loses_changes = false;      ///< the next time they are taken

  /// Of the watch that was made last; -1 without one.
  [[nodiscard]] int descriptor() const { return descriptor_; }

  Result<LogFileStatus> look(const std::string& path) override { return real_->look(path); }
  std::vector<LogName> names(const std::string& path) override { return real_->names(path); }
  Result<OpenedLog> open(const std::string& path) override {
    if (denied.contains(path)) return Error{Error::Kind::denied, path + ": Permission denied"};
    auto opened = real_->open(path);
    if (opened) opened->file = std::make_unique<File>(*this, std::move(opened->file));
    return opened;
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    return real_->list(directory);
  }
  Result<std::unique_ptr<LogWatch>> make_watch() override {
    if (!has_inotify) return Error{Error::Kind::failed, "inotify: Too many open files"};
    auto made = real_->make_watch();
    if (!made) return made;
    descriptor_ = (*made)->descriptor();
    return std::unique_ptr<LogWatch>(std::make_unique<Watch>(*this, *std::move(made)));
  }

 private:
  class File final : public LogFile {
   public:
    File(FaultyLogFiles& owner, std::unique_ptr<LogFile> real) : owner_(owner), real_(std::move(real)) {}
    Result<LogFileStatus> status() override { return real_->status(); }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
      if (owner_.fails_to_read) return Error{Error::Kind::failed, "Input/output error"};
      return real_->read_at(offset, into);
    }

   private:
    FaultyLogFiles& owner_;
    std::unique_ptr<LogFile> real_;
  };
  class Watch final : public LogWatch {
   public:
    Watch(FaultyLogFiles& owner, std::unique_ptr<LogWatch> real) : owner_(owner), real_(std::move(real)) {}
    [[nodiscard]] int descriptor() const override { return real_->descriptor(); }
    Status watch(const std::vector<LogName>& names) override { return real_->watch(names); }
    LogChanges take() override {
      const auto changes = real_->take();
      if (!std::exchange(owner_.loses_changes, false)) return changes;
      return {.were_lost = true};
    }

   private:
    FaultyLogFiles& owner_;
    std::unique_ptr<LogWatch> real_;
  };

  std::unique_ptr<LogFiles> real_ = make_log_files();
  int descriptor_ = -1;
};

}  // namespace systemcheck::test
