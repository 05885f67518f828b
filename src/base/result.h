#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace systemcheck {

/// Why something could not be done, in words an operator can act on.
struct Error {
  enum class Kind { not_found, denied, malformed, timed_out, refused, failed };

  Kind kind = Kind::failed;
  std::string message{};

  /// The same error seen one level up: `memory: no MemTotal line`.
  [[nodiscard]] Error within(std::string_view place) && {
    message = std::string(place) + ": " + message;
    return std::move(*this);
  }
};

/// A value, or the reason there is none. Dropping one is a compile error.
///
/// The names follow std::expected, so that on a C++23 compiler this file can shrink to one alias.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  const T& operator*() const& { return std::get<0>(state_); }
  T& operator*() & { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  const T* operator->() const { return &std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }

  [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
  [[nodiscard]] Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Nothing {};
using Status = Result<Nothing>;

}  // namespace systemcheck
