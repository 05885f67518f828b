#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "config/probe.h"
#include "probe/dns.h"
#include "probe/exchange.h"
#include "probe/http.h"
#include "probe/line_dialogue.h"

namespace systemcheck {

/// One conversation with a service, as bytes in and bytes out: pure, so that it is tried with strings.
class Dialogue {
 public:
  /// Of a kind that talks over a socket. `id` is what a stranger should not guess (DNS).
  Dialogue(const Probe& probe, std::uint16_t id);

  /// The connection stands.
  Step begin() {
    return std::visit([](auto& it) { return it.begin(); }, state_);
  }
  Step feed(std::string_view bytes) {
    return std::visit([bytes](auto& it) { return it.feed(bytes); }, state_);
  }
  /// The other side has closed it.
  Step end() {
    return std::visit([](auto& it) { return it.end(); }, state_);
  }

 private:
  using State = std::variant<Exchange, LineDialogue, HttpGet, DnsQuery>;
  static State state_for(const Probe& probe, std::uint16_t id);

  State state_;
};

}  // namespace systemcheck
