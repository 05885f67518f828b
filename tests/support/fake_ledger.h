#pragma once

#include <cstdint>
#include <map>
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
    if (!keeps_only_memos) records.emplace_back(std::move(intention));
    in_a_moment(std::move(begin));
    return last_;
  }
  void put(Record record) override {
    if (const auto* memo = std::get_if<Memo>(&record)) remembered[memo->key] = memo->text;
    if (keeps_only_memos) return;
    records.push_back(std::move(record));
  }
  void settle(std::function<void(bool is_written)> then) override {
    in_a_moment([this, then = std::move(then)] { then(is_writable); });
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
  bool keeps_only_memos = false;  ///< for weeks of a machine
  std::vector<Record> records{};
  Memos remembered{};
  RelayState relay{};  ///< of an earlier daemon

 private:
  void in_a_moment(Callback callback) {
    const auto id = ++last_begun_;
    begun_.emplace(id, loop_.at(loop_.now() + patience, [this, id, callback = std::move(callback)] {
      const auto own = std::move(begun_.extract(id).mapped());
      callback();
    }));
  }

  EventLoop& loop_;
  ActionNumber last_ = 0;
  std::map<std::uint64_t, Watch> begun_{};
  std::uint64_t last_begun_ = 0;
};

}  // namespace systemcheck::test
