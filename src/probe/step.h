#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "probe/verdict.h"

namespace systemcheck {

/// No service is listened to for longer than this, in bytes.
inline constexpr std::size_t answer_max = std::size_t{64} * 1024;
/// RFC 5321, 4.5.3.1.5 has 512 for a line of a reply; others are more generous.
inline constexpr std::size_t line_max = 4096;

/// What a dialogue wants next: something sent, or nothing more, for it has its verdict. What is sent
/// together with a verdict is a farewell, and nobody waits for its answer.
struct Step {
  std::string send{};
  std::optional<Verdict> verdict{};
};

inline Step wait_for_more() { return {}; }
inline Step say(std::string text) { return {.send = std::move(text)}; }
inline Step conclude(ProbeClass result, std::string detail, std::string farewell = {}) {
  return {.send = std::move(farewell), .verdict = Verdict{.result = result, .detail = std::move(detail)}};
}

}  // namespace systemcheck
