#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "config/relay_rules.h"
#include "config/section.h"

namespace systemcheck {

/// A file of its own for patterns of logins: a list of them, or a map whose only key is `patterns`.
struct LoginPatternFile {
  std::vector<LoginPattern> patterns{};
  std::vector<Problem> problems{};  ///< all of them
};

LoginPatternFile load_login_patterns(const ConfigText& text);

/// The list at `key`. What the expressions mean, and whether the examples fit, is seen when they are
/// compiled.
void read_login_patterns(Section& section, std::string_view key, std::vector<LoginPattern>& into);

/// As it is written, in one line.
std::string login_pattern_yaml(const LoginPattern& pattern);

}  // namespace systemcheck
