#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "os/log_files.h"
#include "relay/followed_file.h"
#include "relay/log_bisect.h"
#include "relay/log_family.h"
#include "relay/log_place.h"
#include "relay/log_source.h"

namespace systemcheck {

/// The files that are one log: the one that has the name now at the end, and before it those from which lines
/// are still to come. A rotation adds one; a server writes on to the old one until it is told.
class LogChain {
 public:
  using Say = std::function<void(SourceNotice::Weight, std::string)>;
  LogChain(LogFiles& files, SourceStatus& status, Say say)
      : machine_(files), status_(status), say_(std::move(say)) {}

  /// Which lines are wanted of a log that is followed for the first time.
  struct Start {
    std::optional<LogPlace> place{};  ///< those behind it
    bool is_new_file = false;         ///< all: we have waited for it
    IsOld is_old{};                   ///< those that are not; without it only what comes from now on
  };
  void begin(const LogName& name, FoundFile current, const Start& start, Instant now);
  /// The name leads to another file now.
  void take_over(const LogName& name, FoundFile current, Instant now);

  [[nodiscard]] bool is_empty() const { return files_.empty(); }
  [[nodiscard]] std::size_t size() const { return files_.size(); }
  FollowedFile& file(std::size_t index) { return files_[index]; }
  FollowedFile& current() { return files_.back(); }
  [[nodiscard]] bool is_current(const LogFileStatus& status) const {
    return !files_.empty() && files_.back().place().is_of(status);
  }

  /// All files before this one have been read: now it can be said what has become of the one before it.
  void settle(std::size_t index);
  /// The file was cut short or written anew. What we had not read may be in a copy; files are put before it.
  void recover(std::size_t index, Instant now);
  void forget(std::size_t index);
  /// Those that have lost the name and to which nobody has written for so long.
  void forget_quiet(Instant now, Duration quiet);
  /// Looks at all of them; how much is unread.
  std::uint64_t look();
  /// The file that had the name is gone, and there is no other yet. Whether it was moved or deleted is to be
  /// seen only now: who rotates a log may delete it later.
  void see_missing();
  /// The same for good: there has been none for a while.
  void note_missing(const std::string& path);

  [[nodiscard]] std::string place_text() const;

 private:
  void resume(FoundFile current, const LogPlace& place);
  struct Resumption {
    const std::vector<Relative>& family;
    FoundFile& current;
    std::optional<FilePlace> place{};  ///< in `current`
    bool is_last = false;              ///< the place that is being sought: of what had the name
  };
  void add_unproven(const std::vector<Relative>& family, const LogPlace& place);
  bool resume_one(Resumption& resumption, const FilePlace& place);
  void begin_young(FoundFile current, const IsOld& is_old);
  void skip_old(const IsOld& is_old);
  void warn_of_compressed(const std::vector<Relative>& family, WallTime since);
  void note_loss_of_name(FollowedFile& file);
  void add(FoundFile found, FilePlace place);
  void add_later(std::vector<FoundFile> later, Instant now);
  [[nodiscard]] IsExcluded known_or(const LogFileStatus& other) const;
  [[nodiscard]] const FilePlace* find_finished(FoundFile& found) const;
  void drop_surplus();

  LogFiles& machine_;
  SourceStatus& status_;
  Say say_;
  LogName name_{};
  std::vector<FollowedFile> files_{};
  /// Read to the end: a link may lead back to one, and it is not to be taken for one that was missed.
  std::deque<FilePlace> finished_{};
  bool was_moved_ = false;     ///< the current one, since it lost its name
  bool is_loss_told_ = false;  ///< of the current one's name
};

}  // namespace systemcheck
