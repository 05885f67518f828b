#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/probe.h"
#include "probe/step.h"

namespace systemcheck {

/// One query for an A record (RFC 1035). Any answer to it will do that says how the name stands:
/// that there is none is an answer, too.
class DnsQuery {
 public:
  DnsQuery(std::string name, DnsTransport transport, std::uint16_t id)
      : name_(std::move(name)), transport_(transport), id_(id) {}

  Step begin();
  /// Over UDP one datagram at a time; one that is not the answer to this query is passed over.
  Step feed(std::string_view bytes);
  [[nodiscard]] Step end() const;

 private:
  [[nodiscard]] std::string question() const;
  Step judge(std::string_view message);

  std::string name_;
  DnsTransport transport_;
  std::uint16_t id_;
  std::size_t seen_ = 0;
  std::string rest_{};
};

}  // namespace systemcheck
