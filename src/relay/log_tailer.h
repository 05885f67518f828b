#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "os/event_loop.h"
#include "os/log_files.h"
#include "relay/log_bisect.h"
#include "relay/log_chain.h"
#include "relay/log_source.h"

namespace systemcheck {

struct LogTailerSetup {
  std::string path{};   ///< absolute
  std::string place{};  ///< of the last batch whose outcome was kept; empty: none was
  IsOld is_old{};       ///< without a place, or after a long time, no line of which it is true need come
  Duration cycle = std::chrono::seconds{10};  ///< so often the log is looked at though nothing was told
};

/// Follows a log by its name, whatever is done to the files: each complete line comes once, in its order.
///
/// Not, because nobody can: lines that were cut off before they could be read, without a copy (counted, as
/// far as it is known); lines that a rotator loses itself, between its copying and its cutting; a file that
/// was cut and filled with the same 64 bytes before the same place. A file of which only the end was cut off,
/// or one that somebody has edited, comes again. It never writes to, moves or deletes anything. Main thread.
class LogTailer final : public LogSource {
 public:
  LogTailer(EventLoop& loop, LogFiles& files, LogTailerSetup setup, SourceHooks hooks);

  Status start() override;
  [[nodiscard]] const SourceStatus& status() const override { return status_; }

  /// So much is read at a time, before others have their turn: what ends a service must not wait for us.
  static constexpr std::size_t bite_bytes = std::size_t{256} << 10;
  /// While it cannot be told, or something is under way.
  static constexpr Duration short_pause = std::chrono::seconds{1};
  /// Servers write to the old file until they are told to open the new one.
  static constexpr Duration quiet = std::chrono::seconds{5};
  /// Between the old file's going and the new one's coming nothing is said.
  static constexpr Duration grace = std::chrono::seconds{1};

 private:
  void watch();
  void begin_watching();
  void on_changes();
  void turn();
  void look_at_name();
  void open_name();
  void miss(const Error& error);
  void follow(OpenedLog opened);
  void read();
  void read_one(std::size_t index);
  void deliver();
  /// What this turn has found; told at its end.
  void conclude(SourceState state, const std::string& reason);
  void tell_state();
  void plan();
  [[nodiscard]] Duration pause();
  void say(SourceNotice::Weight weight, std::string words);

  EventLoop& loop_;
  LogFiles& files_;
  const LogTailerSetup setup_;
  const SourceHooks hooks_;
  SourceStatus status_{};
  LogChain chain_;
  std::optional<LogPlace> place_{};
  std::vector<char> buffer_;
  std::vector<std::string_view> lines_{};

  std::unique_ptr<LogWatch> watch_{};
  std::vector<LogName> names_{};
  bool is_watching_ = false;
  Instant careful_until_{};  ///< after something may have escaped us
  std::optional<Instant> missing_since_{};
  bool was_missing_ = false;  ///< before it was there for the first time
  SourceState found_ = SourceState::waiting;
  std::string why_{};
  bool is_more_ = false;
  Instant due_{};
  Watch changed_{};
  Watch next_{};
};

}  // namespace systemcheck
