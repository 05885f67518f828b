#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace systemcheck {

struct StoreOpening {
  std::string path{};  ///< …/state.db
  StoreRun run{};
  StoreLimits limits{};
};

using Batch = std::vector<Record>;

/// What came of a batch.
struct Written {
  Status status = Nothing{};
  std::uint64_t size_bytes = 0;
  std::string notice{};  ///< something that people should know: a damaged file was moved aside
};

/// The file through all its misfortunes. Belongs to the store's thread once the store runs.
///
/// After any failure but a lock the file is closed and opened anew the next time: it may have been
/// replaced, its directory mounted, its disk emptied.
class Backstage {
 public:
  explicit Backstage(StoreOpening opening) : opening_(std::move(opening)) {}

  Written write(const Batch& batch, WallTime now);
  /// What is in the file, with what waits to be written in front of it.
  Result<HistoryPage> read(const HistoryQuery& query, const Batch& waiting, WallTime now);
  Result<Memos> memos(WallTime now);
  [[nodiscard]] std::string take_notice() { return std::exchange(notice_, {}); }

 private:
  Status open(WallTime now);
  Status set_aside(WallTime now);
  Status try_to_write(const Batch& batch, WallTime now);
  Result<HistoryPage> read_file(const HistoryQuery& query, WallTime now);
  void tidy(WallTime now);

  const StoreOpening opening_;
  std::unique_ptr<Database> database_{};
  std::string notice_{};
  std::optional<WallTime> tidied_at_{};
};

/// Damaged files that are kept beside the good one, the newest.
inline constexpr std::size_t damaged_files_max = 3;

}  // namespace systemcheck
