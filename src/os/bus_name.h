#pragma once

#include <functional>
#include <string>

#include "os/bus.h"

namespace systemcheck {

/// Who has a name on the bus, "org.freedesktop.systemd1"? Needed to see it come and go, and to compare:
/// anybody may send us a signal that looks like systemd's, but only its owner has its unique name.
class BusName {
 public:
  /// The owner's unique name; empty when there is none. Called once soon, and at each change.
  using OnOwner = std::function<void(const std::string& owner)>;

  BusName(Bus& bus, std::string name, OnOwner on_owner);
  BusName(const BusName&) = delete;
  BusName& operator=(const BusName&) = delete;
  ~BusName() = default;

  /// Whether the message comes from the owner of the name.
  [[nodiscard]] bool has_sent(const BusMessage& message) const {
    return !owner_.empty() && message.sender == owner_;
  }
  [[nodiscard]] bool is_known() const { return is_known_; }

 private:
  void note_owner(const std::string& owner);

  OnOwner on_owner_;
  std::string owner_{};
  bool is_known_ = false;
  Watch changed_{};
};

}  // namespace systemcheck
