#include "probe/verdict.h"

#include <cerrno>
#include <system_error>

namespace systemcheck {
namespace {

ProbeClass class_of(int error_number) {
  switch (error_number) {
    case ECONNREFUSED:
    case ENOENT:  // connect(2) to a socket in the file system that is not there
    case ENOTSOCK:
      return ProbeClass::refused;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return ProbeClass::reset;
    case ETIMEDOUT:
    case EAGAIN:  // unix(7): the backlog is full, which for TCP is seen as silence
      return ProbeClass::timeout;
    default:
      return ProbeClass::unknown;  // no descriptors, no memory, no route: ours, not the service's
  }
}

}  // namespace

Verdict verdict_of_errno(int error_number, const std::string& tried) {
  return {.result = class_of(error_number),
          .detail = tried + ": " + std::generic_category().message(error_number)};
}

}  // namespace systemcheck
