#include "collect/pattern.h"

#include <re2/re2.h>

#include <cstdint>

namespace systemcheck {
namespace {

constexpr std::int64_t memory_max = std::int64_t{1} << 20;  // each; the library's own default is 8 MiB

std::unique_ptr<const re2::RE2> compiled(const std::string& expression) {
  if (expression.empty()) return nullptr;
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(memory_max);
  return std::make_unique<const re2::RE2>(expression, options);
}

}  // namespace

Pattern::Pattern(const std::string& expression) : expression_(compiled(expression)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

bool Pattern::fits(std::string_view text) const {
  if (!expression_) return true;
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

}  // namespace systemcheck
