#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace systemcheck {

/// The width of the terminal that standard output is; nothing where it is none.
std::optional<std::size_t> terminal_columns();
bool is_output_terminal();
/// NO_COLOR is set, or the terminal says that it is dumb.
bool are_colours_unwanted();

/// By the machine's name services, which may take their time; empty: it has none.
std::string user_name_of(uid_t user);
std::optional<uid_t> find_user(const std::string& name);

/// The terminal of standard input and output, taken over as a whole. It is given back when this ends, and
/// while the program is stopped (Ctrl-Z). One at a time.
class Screen {
 public:
  struct Size {
    std::size_t rows = 24;
    std::size_t columns = 80;
  };
  enum class Key { none, letter, up, down, page_up, page_down, home, end };
  struct Event {
    Key key = Key::none;  ///< none: time is up, or the terminal has another size
    char letter = 0;
    bool is_end = false;  ///< somebody ends the program
  };

  /// An error where either is no terminal.
  static Result<std::unique_ptr<Screen>> open();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  virtual ~Screen() = default;

  virtual Size size() = 0;
  /// As many of these as there are rows; each must fit its row.
  virtual void draw(const std::vector<std::string>& lines) = 0;
  /// What comes next, within this time.
  virtual Event wait(Duration at_most) = 0;

 protected:
  Screen() = default;
};

}  // namespace systemcheck
