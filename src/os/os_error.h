#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "base/result.h"

namespace systemcheck {

/// errno(3) in our own kinds.
inline Error::Kind kind_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ESRCH:
    case EOPNOTSUPP:  // /proc/pressure of a kernel that was told psi=0
      return Error::Kind::not_found;
    case EACCES:
    case EPERM:
      return Error::Kind::denied;
    case ETIMEDOUT:
      return Error::Kind::timed_out;
    default:
      return Error::Kind::failed;
  }
}

/// "/etc/shadow: Permission denied"
inline Error os_error(std::string_view what, int error_number = errno) {
  return {kind_of(error_number), std::string(what) + ": " + std::generic_category().message(error_number)};
}

}  // namespace systemcheck
