#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relay/grant.h"

namespace systemcheck {

/// What outlives the daemon of a grant, besides its network and its end.
std::string grant_text(const Grant& grant);
/// Nothing where the text is none of grant_text().
std::optional<Grant> parse_grant(std::string_view network, WallTime until, std::string_view text);

/// For people: "alice and 2 others".
std::string users_words(const Grant& grant);

}  // namespace systemcheck
