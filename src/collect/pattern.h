#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace systemcheck {

/// A regular expression that a user may write and a stranger's command line is searched with: linear
/// time whatever both of them hold. An empty one fits everything, a broken one nothing.
class Pattern {
 public:
  explicit Pattern(const std::string& expression);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern();

  [[nodiscard]] bool is_empty() const { return expression_ == nullptr; }
  [[nodiscard]] bool fits(std::string_view text) const;

 private:
  std::unique_ptr<const re2::RE2> expression_;
};

}  // namespace systemcheck
