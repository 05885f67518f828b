#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/ledger.h"

namespace systemcheck::test {

/// Keeps everything in memory, in order; the action begins after `patience`, as behind a disk.
class FakeLedger final : public Ledger {
 public:
  explicit FakeLedger(EventLoop& loop) : loop_(loop) {}

  ActionNumber intend(Intention intention, Callback begin) override {
    intention.number = ++last_;
    records.emplace_back(std::move(intention));
    begun_.push_back(loop_.at(loop_.now() + patience, std::move(begin)));
    return last_;
  }
  void put(Record record) override {
    if (const auto* memo = std::get_if<Memo>(&record)) remembered[memo->key] = memo->text;
    records.push_back(std::move(record));
  }
  void settle(std::function<void(bool is_written)> then) override {
    begun_.push_back(loop_.at(loop_.now() + patience, [this, then = std::move(then)] { then(is_writable); }));
  }
  [[nodiscard]] const Memos& memos() const override { return remembered; }
  [[nodiscard]] RelayState take_relay() override { return std::exchange(relay, {}); }
  [[nodiscard]] std::optional<HistoryStatus> status() const override { return HistoryStatus{.is_ok = true}; }

  template <typename Kind>
  [[nodiscard]] std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const auto& record : records) {
      if (const auto* one = std::get_if<Kind>(&record)) found.push_back(*one);
    }
    return found;
  }

  Duration patience{};
  bool is_writable = true;
  std::vector<Record> records{};
  Memos remembered{};
  RelayState relay{};  ///< of an earlier daemon

 private:
  EventLoop& loop_;
  ActionNumber last_ = 0;
  std::vector<Watch> begun_{};
};

}  // namespace systemcheck::test
