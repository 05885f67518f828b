#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

// What is read of the daemon's answers. Whoever else answers there may say anything.

namespace systemcheck {

using Json = nlohmann::json;

/// An object that is not {"error": …}, which is the error.
Result<Json> parse_answer(std::string_view document);

/// Printable; empty where there is no such text.
std::string text_of(const Json& json, const char* key);
/// 0 where there is no such number.
double number_of(const Json& json, const char* key);
/// Empty where there is no such list.
const Json& list_of(const Json& json, const char* key);
/// One of the holds of a service: "maintenance until 2026-11-22T18:20:00Z (2 h), asked for by root: new
/// disks".
std::string hold_words(const Json& hold);
/// "1.2 s".
std::string seconds_words(double seconds);

}  // namespace systemcheck
