#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"
#include "store/file_identity.h"

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
/// After any failure but a lock the file is closed and opened anew the next time: its directory may have been
/// mounted, its disk emptied. Before each batch it is looked whether it still has its name: what is written
/// to a file that was removed, replaced or unmounted is lost.
class Backstage {
 public:
  explicit Backstage(StoreOpening opening) : opening_(std::move(opening)), log_(opening_.path + "-wal") {}

  Written write(const Batch& batch, const Moment& now);
  /// What is in the file, with what waits to be written in front of it.
  Result<HistoryPage> read(const HistoryQuery& query, const Batch& waiting, const Moment& now);
  Result<Memos> memos(const Moment& now);
  /// Nothing where it cannot be read: who has fetched his mail does so again.
  RelayState relay();
  /// Of the last day; nothing where it cannot be read.
  MachineSamples samples(WallTime now);
  [[nodiscard]] std::string take_notice() { return std::exchange(notice_, {}); }

 private:
  Status open(const Moment& now);
  Status open_file(const Moment& now);
  Status remember_anew(const Moment& now);
  void leave_lost_file();
  Status set_aside(const Moment& now);
  Status try_to_write(const Batch& batch, const Moment& now);
  Status make_log_small();
  void know_memos(const Batch& batch);
  Result<HistoryPage> read_file(const HistoryQuery& query, const Moment& now);
  void tidy(const Moment& now);

  const StoreOpening opening_;
  const std::string log_;  ///< its path
  std::unique_ptr<Database> database_{};
  std::optional<FileIdentity> file_identity_{};
  std::optional<FileIdentity> log_identity_{};
  Memos known_memos_{};  ///< what the next daemon must find, also in a file that is begun anew
  bool is_begun_anew_ = false;
  std::string lost_{};  ///< what became of the last file; told when there is another
  std::string notice_{};
  std::optional<Instant> tidied_at_{};
};

/// Damaged files that are kept beside the good one, the newest.
inline constexpr std::size_t damaged_files_max = 3;

}  // namespace systemcheck
