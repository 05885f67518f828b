#pragma once

#include <string>

namespace systemcheck {

/// What somebody has pressed.
struct Key {
  enum class Kind {
    character,
    enter,
    escape,
    up,
    down,
    left,
    right,
    page_up,
    page_down,
    home,
    end,
    erase,
    tab,
    other,
  };
  Kind kind = Kind::other;
  std::string text{};  ///< of a character, in UTF-8
};

}  // namespace systemcheck
