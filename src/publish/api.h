#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "publish/view.h"

namespace systemcheck {

inline constexpr std::string_view api_prefix = "/api/v1/";
inline constexpr std::string_view problem_type = "application/problem+json";
inline constexpr std::size_t api_events_max = recent_events_max;

/// A value of the query by its name; nothing where there is none.
using Argument = std::function<std::optional<std::string_view>(const char* name)>;

struct ApiAnswer {
  int code = 200;
  std::string text{};  ///< JSON; of another code than 200 a problem, as RFC 9457 has it
};

/// What a GET below /api/v1/ is answered with: contrib/doc/openapi.json. `path` is what follows the prefix.
/// Pure. Carries no command lines, no users of the relay and no log lines.
ApiAnswer answer_api(const View& view, std::string_view path, const Argument& argument);

/// By what a path is counted: there are few of those. Empty: there is nothing.
std::string_view api_handler(std::string_view path);

/// `code` is a word for programs, `detail` a sentence for people.
std::string problem_json(int status, std::string_view code, std::string_view detail);

}  // namespace systemcheck
