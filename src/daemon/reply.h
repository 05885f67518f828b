#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace systemcheck {

/// Gives the answer, now or later; dropped where nobody waits for it any more. Until then it may tell how
/// things go: nobody needs to listen.
class Reply {
 public:
  using Say = std::function<void(std::string text)>;

  Reply() = default;
  template <typename F>
  requires std::is_invocable_v<F&, std::string> &&(!std::is_same_v<F, Reply>)Reply(F give, Say tell = {})
      : give_(std::move(give)), tell_(std::move(tell)) {}

  explicit operator bool() const { return static_cast<bool>(give_); }
  void operator()(std::string answer) const { give_(std::move(answer)); }
  /// One line, without its end.
  void tell(std::string line) const {
    if (tell_) tell_(std::move(line));
  }

 private:
  Say give_{};
  Say tell_{};
};

}  // namespace systemcheck
