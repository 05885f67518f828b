#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "menu/key.h"
#include "menu/screen.h"

namespace systemcheck {

/// The terminal as long as the menu has it; its end gives it back as it was. There is one of it at most, as
/// curses keeps it in globals.
class Terminal {
 public:
  /// An error where there is none, or one that cannot place text.
  static Result<std::unique_ptr<Terminal>> open();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  [[nodiscard]] Size size() const;
  /// Only what has changed is written.
  void draw(const Screen& screen);
  /// The next one that was pressed already.
  std::optional<Key> read_key();
  /// Nobody will press anything any more.
  [[nodiscard]] bool is_gone() const;
  /// Its size may have changed.
  void fit();
  /// Gives the terminal back and stops, as SIGTSTP wants it; returns when the shell lets it go on.
  void stop_and_go_on();

 private:
  Terminal() = default;
};

}  // namespace systemcheck
