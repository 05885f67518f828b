#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ctl/session.h"

namespace systemcheck {

/// The completions of this program for a shell, made of what the program itself understands, so that they
/// cannot differ; nothing for a shell that is not known. Pure.
std::optional<std::string> completions(const CLI::App& app, std::string_view shell);

}  // namespace systemcheck
