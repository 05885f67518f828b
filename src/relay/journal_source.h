#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "os/event_loop.h"
#include "os/journal_reader.h"
#include "relay/log_source.h"

namespace systemcheck {

struct JournalSetup {
  std::string place{};  ///< of the last batch whose outcome was kept; empty: none was
  std::optional<WallTime>
      since{};  ///< nothing older is wanted; without it and a place: what comes from now on
};

/// The messages of the facility mail in the journal of this machine, which knows who wrote each. Main thread.
class JournalSource final : public LogSource {
 public:
  JournalSource(EventLoop& loop, std::unique_ptr<JournalReader> journal, JournalSetup setup,
                SourceHooks hooks);

  Status start() override;
  [[nodiscard]] const SourceStatus& status() const override { return status_; }

  /// LOG_MAIL, syslog(3).
  static constexpr unsigned facility = 2;
  /// So many are read before others have their turn.
  static constexpr std::size_t entries_per_turn = 256;
  /// It tells of changes late, and of some never: a second is soon enough for a user who fetches his mail
  /// first.
  static constexpr Duration pause = std::chrono::seconds{1};

 private:
  Status seek();
  void turn();
  Result<bool> read_some();
  void take(JournalEntry entry);
  void deliver();
  void conclude(const Error* error);

  EventLoop& loop_;
  std::unique_ptr<JournalReader> journal_;
  const JournalSetup setup_;
  const SourceHooks hooks_;
  SourceStatus status_{};
  std::vector<JournalLine> lines_{};
  Watch changed_{};
  Watch next_{};
};

}  // namespace systemcheck
