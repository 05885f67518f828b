#pragma once

#include <string>

namespace systemcheck {

// JSON as it is sent. Bytes that are no UTF-8, RFC 8259 section 8.1, become U+FFFD: they are no reason to
// throw.

/// For people, too: indented, with a newline at its end.
template <typename Json>
std::string json_document(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Without a newline.
template <typename Json>
std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace systemcheck
