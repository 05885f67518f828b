#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "base/vocabulary.h"

// What is read of the daemon's answers. Whoever else answers there may say anything.

namespace systemcheck {

using Json = nlohmann::json;

/// An object that is not {"error": …}, which is the error.
Result<Json> parse_answer(std::string_view document);

/// Printable. The daemon has made it so, and escaping what it escaped would hide what is there; whoever else
/// answers has not.
std::string shown(std::string_view text, std::size_t limit);
/// The same; empty where there is no such text.
std::string text_of(const Json& json, const char* key);
bool has_number(const Json& json, const char* key);
/// 0 where there is no such number.
double number_of(const Json& json, const char* key);
/// Empty where there is no such list.
const Json& list_of(const Json& json, const char* key);
/// The same, for algorithms.
const std::vector<Json>& array_of(const Json& json, const char* key);
/// One of the holds of a service: "maintenance until 2026-11-22T18:20:00Z (2 h), asked for by root: new
/// disks".
std::string hold_words(const Json& hold);
/// "1.2 s".
std::string seconds_words(double seconds);
/// "512.0 MiB".
std::string bytes_words_of(const Json& json, const char* key);
/// RFC 3339 as the daemon writes it.
std::optional<WallTime> time_of(const Json& json, const char* key);
/// "1 min": since then; "-" where it is not known.
std::string age_of(const Json& json, const char* key, WallTime now);
CheckStatus status_of(const Json& json, const char* key);

}  // namespace systemcheck
