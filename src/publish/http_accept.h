#pragma once

#include <string_view>

namespace systemcheck {

/// Whether a client with this Accept-Encoding header (RFC 9110, 12.5.3) takes gzip, and does not
/// like the plain text better. An empty or broken header asks for plain text. Pure.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace systemcheck
