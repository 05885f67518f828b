#pragma once

#include <sys/types.h>

#include <string>

#include "base/ip_address.h"
#include "base/units.h"

namespace systemcheck {

/// Who wrote a line, from somebody who knows: the journal, or rsyslog with contrib/rsyslog/.
struct LineOrigin {
  uid_t user = 0;
  std::string executable{};  ///< a path; may be empty

  bool operator==(const LineOrigin&) const = default;
};

/// Somebody has proved to a mail server who he is.
struct Login {
  IpAddress address{};
  std::string user{};
  std::string pattern{};  ///< the name of the one that found it
  WallTime at{};          ///< by the line's own time

  bool operator==(const Login&) const = default;
};

}  // namespace systemcheck
