#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/ledger.h"
#include "publish/event_row.h"

namespace systemcheck {

/// The last things that were written down, for who looks at the machine and not into the history. Main
/// thread.
class EventRing {
 public:
  /// Actions whose end is waited for; of the oldest of more than these the end is not told.
  static constexpr std::size_t open_actions_max = 256;

  void note(const Event& event);
  void note(const Intention& intention);
  /// Under this number its end comes later.
  void await_end(ActionNumber number, const Intention& intention);
  void note(const ActionEnd& end);
  void note(const ActionVerdict& verdict);

  /// The same as the last time where nothing has been noted since.
  [[nodiscard]] std::shared_ptr<const RecentEvents> rows();

 private:
  void add(EventRow row);
  std::optional<EventRow> take_open(ActionNumber number);

  std::shared_ptr<const RecentEvents> rows_ = std::make_shared<const RecentEvents>();
  RecentEvents newest_{};
  bool is_changed_ = false;
  std::uint64_t last_ = 0;
  std::map<ActionNumber, EventRow> open_{};
};

/// Everything that is written down passes here: what people want to see goes into a ring, too.
class WitnessedLedger final : public Ledger {
 public:
  /// `ring` outlives it.
  WitnessedLedger(std::shared_ptr<Ledger> ledger, EventRing& ring)
      : ledger_(std::move(ledger)), ring_(ring) {}

  ActionNumber intend(Intention intention, Callback begin) override;
  void put(Record record) override;
  void settle(std::function<void(bool is_written)> then) override { ledger_->settle(std::move(then)); }
  [[nodiscard]] const Memos& memos() const override { return ledger_->memos(); }
  [[nodiscard]] RelayState take_relay() override { return ledger_->take_relay(); }
  [[nodiscard]] MachineSamples take_samples() override { return ledger_->take_samples(); }
  [[nodiscard]] std::optional<HistoryStatus> status() const override { return ledger_->status(); }

 private:
  std::shared_ptr<Ledger> ledger_;
  EventRing& ring_;
};

}  // namespace systemcheck
