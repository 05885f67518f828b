#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "os/process_ends.h"

namespace systemcheck::test {

/// A kernel that tells how those end that are followed, as the test says; or that tells nothing.
class FakeProcessEnds final : public ProcessEnds {
 public:
  explicit FakeProcessEnds(EventLoop& loop) : loop_(loop) { status_.is_alive = true; }

  Watch follow(ProcessIdentity process, Callback on_hint) override {
    (*followed_)[process] = std::move(on_hint);
    return Watch(std::make_unique<Registered>(followed_, process));
  }
  std::optional<ProcessEnd> take_end(ProcessIdentity process) override {
    const auto found = ends_.find(process);
    if (!status_.is_alive || found == ends_.end() || !followed_->contains(process)) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] const ProcessEndsStatus& status() const override { return status_; }

  /// As the real one: heard only of what is followed, and before the death itself can be seen.
  void tell(ProcessIdentity process, ProcessEnd end) {
    if (!is_following(process)) return;
    ends_[process] = end;
    ++status_.ends_total;
    hint_later(process);
  }
  void lose() {
    ++status_.losses_total;
    for (const auto& [process, hint] : *followed_)
      hint_later(process);
  }
  void fall_silent() { status_.is_alive = false; }
  [[nodiscard]] bool is_following(ProcessIdentity process) const { return followed_->contains(process); }

 private:
  using Hints = std::map<ProcessIdentity, Callback>;
  struct Registered final : Watch::Registration {
    Registered(std::weak_ptr<Hints> hints, ProcessIdentity it) : all(std::move(hints)), process(it) {}
    ~Registered() override {
      if (const auto alive = all.lock()) alive->erase(process);
    }
    std::weak_ptr<Hints> all;
    ProcessIdentity process;
  };

  void hint_later(ProcessIdentity process) {
    later_[process] = loop_.at(loop_.now(), [this, process] {
      const auto found = followed_->find(process);
      if (found == followed_->end()) return;
      const auto hint = found->second;
      hint();
    });
  }

  EventLoop& loop_;
  ProcessEndsStatus status_{};
  std::shared_ptr<Hints> followed_ = std::make_shared<Hints>();
  std::map<ProcessIdentity, ProcessEnd> ends_{};
  std::map<ProcessIdentity, Watch> later_{};
};

}  // namespace systemcheck::test
