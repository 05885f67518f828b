#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace systemcheck {

/// The text as one gzip member (RFC 1952). Pure.
Result<std::string> gzip(std::string_view text);

}  // namespace systemcheck
