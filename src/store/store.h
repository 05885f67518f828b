#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/history_status.h"
#include "os/event_loop.h"
#include "os/worker.h"
#include "store/backstage.h"

namespace systemcheck {

/// The history, written by a thread of its own. Belongs to the main thread, which it never keeps waiting.
///
/// What cannot be written – full disk, locked or damaged file – waits in memory, the newest `waiting_max`
/// records of it, and is written when that is possible again. Said once each time, and counted.
class Store {
 public:
  struct Hooks {
    std::function<void(const std::string&)> say{};  ///< a line for the journal
    std::function<void()> status_changed{};
  };
  using OnPage = std::function<void(Result<HistoryPage>)>;

  /// Opens the file here and now; without one it runs all the same.
  Store(EventLoop& loop, StoreOpening opening, Hooks hooks);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  /// Writes what still waits, if that takes no longer than a moment.
  ~Store();

  /// As they were when it was opened.
  [[nodiscard]] const Memos& memos() const { return memos_; }
  [[nodiscard]] RelayState take_relay() { return std::exchange(relay_, {}); }
  [[nodiscard]] MachineSamples take_samples() { return std::exchange(samples_, {}); }

  /// `then` runs once, never within this call: when it is on disk, or after `at_most`, and then the record
  /// says so. Returns the number of the action.
  ActionNumber intend(Intention intention, Duration at_most, Callback then);
  /// A sample waits until there is something else to write, a minute at most.
  void put(Record record);
  /// `then` runs once, never within this call: when all that was put so far is on disk, or after `at_most`.
  void settle(Duration at_most, std::function<void(bool is_written)> then);
  /// Answers later, once.
  void read(HistoryQuery query, const OnPage& on_page);
  [[nodiscard]] const HistoryStatus& status() const { return status_; }

  static constexpr std::size_t waiting_max = 4096;
  static constexpr std::size_t reads_max = 16;

 private:
  struct Shared;
  struct Waiting {
    std::function<void(bool is_late)> then{};
    Watch timer{};
  };

  void listen();
  void take_answers();
  void make_room();
  void begin_batch_soon();
  void begin_batch();
  void end_batch(const std::shared_ptr<const Batch>& batch, const Written& written);
  void note_success(const Batch& batch, const Written& written);
  void note_failure(const Batch& batch, const Error& error);
  void count(const Record& record);
  void wait(ActionNumber number, Duration at_most, std::function<void(bool is_late)> then);
  void release(ActionNumber number, bool is_late);
  void plan_tick();

  EventLoop& loop_;
  Hooks hooks_;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Worker> worker_{};
  Memos memos_{};
  RelayState relay_{};
  MachineSamples samples_{};
  HistoryStatus status_{};
  std::deque<Record> waiting_{};
  std::map<std::string, std::string, std::less<>> waiting_memos_{};
  std::shared_ptr<const Batch> batch_{};  ///< being written
  std::map<ActionNumber, Waiting> intentions_{};
  ActionNumber last_number_ = 0;
  std::size_t reads_ = 0;
  Duration retry_after_{};
  bool has_complained_ = false;
  Watch answers_{};
  Watch soon_{};
  Watch retry_{};
  Watch tick_{};
};

}  // namespace systemcheck
