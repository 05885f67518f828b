#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/history_status.h"
#include "os/event_loop.h"
#include "store/store.h"

namespace systemcheck {

/// Where it is written down what is done, and what must outlive the daemon. A seam: fake in tests, and
/// without memory where nothing is kept. Main thread; waits for nothing.
class Ledger {
 public:
  virtual ~Ledger() = default;
  /// Writes the intention down, then calls `begin`, once: after a moment at most, whether or not it could be
  /// written.
  virtual ActionNumber intend(Intention intention, Callback begin) = 0;
  virtual void put(Record record) = 0;
  /// Calls `then`, once: when all that was put so far is on disk, or after a moment, and then it is not.
  virtual void settle(std::function<void(bool is_written)> then) = 0;
  /// What an earlier daemon left, as it was when this one began.
  [[nodiscard]] virtual const Memos& memos() const = 0;
  /// Of the relay, too; once.
  [[nodiscard]] virtual RelayState take_relay() { return {}; }
  /// How the machine was in the day before; once.
  [[nodiscard]] virtual MachineSamples take_samples() { return {}; }
  /// Without a value: nothing is kept.
  [[nodiscard]] virtual std::optional<HistoryStatus> status() const = 0;
};

/// Keeps nothing.
class NoLedger final : public Ledger {
 public:
  ActionNumber intend(Intention, Callback begin) override {
    begin();
    return ++last_;
  }
  void put(Record) override {}
  void settle(std::function<void(bool is_written)> then) override { then(true); }
  [[nodiscard]] const Memos& memos() const override { return nothing_; }
  [[nodiscard]] std::optional<HistoryStatus> status() const override { return std::nullopt; }

 private:
  ActionNumber last_ = 0;
  Memos nothing_{};
};

/// In the state directory.
class StoreLedger final : public Ledger {
 public:
  /// How long an action waits for its intention to be on disk.
  static constexpr Duration intention_patience = std::chrono::milliseconds{20};
  /// How long somebody waits to hear that it is on disk; nothing else does.
  static constexpr Duration settle_patience = std::chrono::seconds{2};

  StoreLedger(EventLoop& loop, StoreOpening opening, Store::Hooks hooks)
      : store_(loop, std::move(opening), std::move(hooks)) {}

  ActionNumber intend(Intention intention, Callback begin) override {
    return store_.intend(std::move(intention), intention_patience, std::move(begin));
  }
  void put(Record record) override { store_.put(std::move(record)); }
  void settle(std::function<void(bool is_written)> then) override {
    store_.settle(settle_patience, std::move(then));
  }
  [[nodiscard]] const Memos& memos() const override { return store_.memos(); }
  [[nodiscard]] RelayState take_relay() override { return store_.take_relay(); }
  [[nodiscard]] MachineSamples take_samples() override { return store_.take_samples(); }
  [[nodiscard]] std::optional<HistoryStatus> status() const override { return store_.status(); }
  void read(HistoryQuery query, const Store::OnPage& on_page) { store_.read(std::move(query), on_page); }

 private:
  Store store_;
};

}  // namespace systemcheck
