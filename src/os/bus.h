#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "os/event_loop.h"

struct sd_bus;
struct sd_event;

namespace systemcheck {

/// A value in a message: object paths are strings, an array of bytes is one string of hexadecimal digits;
/// what is none of these is std::monostate.
using BusValue = std::variant<std::monostate, std::string, std::uint64_t, bool, std::vector<std::string>>;

/// A message of the bus as plain data.
struct BusMessage {
  std::string sender{};  ///< the unique name, which nobody can forge
  std::vector<BusValue> values{};
  std::map<std::string, BusValue> properties{};  ///< the last a{sv}
  std::vector<std::vector<BusValue>> rows{};     ///< the last array of structures

  /// Empty, 0 or false if there is none of that kind.
  [[nodiscard]] std::string text(std::size_t index) const;
  [[nodiscard]] bool flag(std::size_t index) const;
};

struct BusCall {
  std::string destination{};
  std::string path{};
  std::string interface {};
  std::string member{};
  std::vector<std::string> arguments{};
  std::optional<std::int32_t> number{};  ///< the last argument, where that is one
};

struct BusSignal {
  std::string sender{};
  std::string path{};
  std::string interface {};
  std::string member{};
  std::string first_argument{};  ///< only with this one; empty: any
};

using OnReply = std::function<void(const Result<BusMessage>&)>;
using OnBusSignal = std::function<void(const BusMessage&)>;

/// One connection to a message bus, all of it asynchronous: the only file that knows sd-bus. Nothing is
/// called back inside a call, and nothing after its destruction. Main thread.
class Bus {
 public:
  static constexpr Duration reply_patience = std::chrono::seconds{25};

  /// `on_lost` is called at most once; after that it is of no more use. Connecting itself does not wait.
  static Result<std::unique_ptr<Bus>> open(const std::string& address, sd_event* event, Callback on_lost);
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;
  ~Bus();

  /// One reply, or an error: timed_out if it is not known whether it was done. An error here means that
  /// nothing was sent, and no reply will come.
  Status call(const BusCall& call, OnReply on_reply);
  /// StartTransientUnit of systemd, the one call of ours whose arguments are not all text.
  Status start_scope(const std::string& scope, pid_t process, OnReply on_reply);
  /// The sender of a signal is checked by the bus, but not for signals sent to us alone: the one who
  /// listens must compare.
  Result<Watch> on_signal(const BusSignal& signal, OnBusSignal callback);

 private:
  struct Release {
    void operator()(sd_bus* bus) const;
  };
  explicit Bus(sd_bus* bus) : bus_(bus) {}

  std::unique_ptr<sd_bus, Release> bus_;
  Watch lost_{};
};

}  // namespace systemcheck
