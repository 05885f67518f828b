#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "store/history_clock.h"
#include "store/records.h"

namespace systemcheck {

/// Who writes: one run of the daemon.
struct StoreRun {
  std::int64_t id = 0;  ///< another one each time
  std::string boot_id{};
};

using Memos = std::map<std::string, std::string, std::less<>>;

/// The file, all of SQLite. Every call may block on the disk: it belongs to one thread, which is not the
/// main one while the daemon runs.
class Database {
 public:
  /// Opens or makes it; ":memory:" for one without a file. An error of kind malformed: what is there is no
  /// database, or a damaged one. Of kind timed_out: somebody else has locked it.
  static Result<std::unique_ptr<Database>> open(const std::string& path, StoreRun run,
                                                const StoreLimits& limits);
  virtual ~Database() = default;

  /// All of them or none.
  virtual Status write(std::span<const Record> records, const Moment& now) = 0;
  virtual Result<HistoryPage> read(const HistoryQuery& query) = 0;
  virtual Result<Memos> memos() = 0;
  virtual Result<RelayState> relay() = 0;
  virtual Result<MachineSamples> samples(WallTime now) = 0;
  /// A small step: forgets some of what is too old or too much. False when there is nothing left to forget.
  /// Where it is too much, situations go first, then who could send mail: what was done must stay.
  virtual Result<bool> prune(const Moment& now) = 0;
  virtual Result<std::uint64_t> size_bytes() = 0;
  /// Brings what is in the log into the file and empties it, unless somebody reads.
  virtual Status empty_log() = 0;
  /// At its end the log stays beside the file.
  virtual void leave_log() = 0;
};

}  // namespace systemcheck
