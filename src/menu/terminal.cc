#include "menu/terminal.h"

#include <curses.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string>

// NOLINTBEGIN(concurrency-mt-unsafe): curses is not either; whoever shows the menu has one thread.

namespace systemcheck {
namespace {

/// For what comes after an Escape that is the beginning of an arrow.
constexpr int escape_delay_ms = 50;
constexpr short default_colour = -1;
constexpr short warning_pair = 1;
constexpr short bad_pair = 2;

void prepare_colours() {
  if (std::getenv("NO_COLOR") != nullptr || !has_colors()) return;  // no-color.org
  start_color();
  use_default_colors();
  init_pair(warning_pair, COLOR_YELLOW, default_colour);
  init_pair(bad_pair, COLOR_RED, default_colour);
}

attr_t attributes_of(Accent look) {
  const auto coloured = [](short pair) {
    return COLORS > 0 ? static_cast<attr_t>(COLOR_PAIR(pair)) : A_NORMAL;
  };
  switch (look) {
    case Accent::plain:
      break;
    case Accent::title:
    case Accent::selected:
      return A_REVERSE;
    case Accent::faint:
      return A_DIM;
    case Accent::warning:
      return coloured(warning_pair);
    case Accent::bad:
      return A_BOLD | coloured(bad_pair);
  }
  return A_NORMAL;
}

/// What this terminal's character set has of a text, at most so many columns wide; the rest becomes "?".
std::wstring shown(const std::string& text, int columns) {
  std::wstring wide;
  std::mbstate_t state{};
  for (std::size_t i = 0; i < text.size();) {
    wchar_t character = L'?';
    const auto length = std::mbrtowc(&character, text.data() + i, text.size() - i, &state);
    const bool is_known = length != 0 && length <= text.size() - i;
    const bool is_continuation = (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80;
    i += is_known ? length : 1;
    if (!is_known) state = {};
    if (!is_known && is_continuation) continue;
    int width = ::wcwidth(character);
    if (!is_known || width < 0) {
      character = L'?';
      width = 1;
    }
    if (width > columns) break;
    columns -= width;
    wide += character;
  }
  return wide;
}

/// In UTF-8 whatever the terminal's character set is.
std::string utf8(wint_t character) {
  const auto byte = [](wint_t value) { return static_cast<char>(value); };
  const auto further = [&](int shift) { return byte(0x80U | ((character >> shift) & 0x3FU)); };
  if (character < 0x80) return {byte(character)};
  if (character < 0x800) return {byte(0xC0U | (character >> 6)), further(0)};
  if (character < 0x10000) return {byte(0xE0U | (character >> 12)), further(6), further(0)};
  return {byte(0xF0U | (character >> 18)), further(12), further(6), further(0)};
}

struct Named {
  wint_t code;
  Key::Kind kind;
};
constexpr std::array<Named, 10> function_keys{{{KEY_UP, Key::Kind::up},
                                               {KEY_DOWN, Key::Kind::down},
                                               {KEY_LEFT, Key::Kind::left},
                                               {KEY_RIGHT, Key::Kind::right},
                                               {KEY_PPAGE, Key::Kind::page_up},
                                               {KEY_NPAGE, Key::Kind::page_down},
                                               {KEY_HOME, Key::Kind::home},
                                               {KEY_END, Key::Kind::end},
                                               {KEY_ENTER, Key::Kind::enter},
                                               {KEY_BACKSPACE, Key::Kind::erase}}};
constexpr std::array<Named, 6> control_characters{{{'\r', Key::Kind::enter},
                                                   {'\n', Key::Kind::enter},
                                                   {'\t', Key::Kind::tab},
                                                   {'\b', Key::Kind::erase},
                                                   {0x7F, Key::Kind::erase},
                                                   {0x1B, Key::Kind::escape}}};

template <typename Table>
std::optional<Key> named(const Table& table, wint_t code) {
  for (const auto& one : table) {
    if (one.code == code) return Key{.kind = one.kind};
  }
  return std::nullopt;
}

Key character_key(wint_t character) {
  if (const auto key = named(control_characters, character)) return *key;
  constexpr wint_t redraw = 0x0C;  // Ctrl-L: somebody else has written on the terminal.
  if (character == redraw) ::wrefresh(curscr);
  if (character < 0x20) return {};
  return {.kind = Key::Kind::character, .text = utf8(character)};
}

}  // namespace

Result<std::unique_ptr<Terminal>> Terminal::open() {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
    return Error{Error::Kind::failed, "the menu takes a terminal to read from and to write to"};
  const auto* type = std::getenv("TERM");
  const auto unfit = [type](const char* why) {
    return Error{Error::Kind::failed,
                 "a terminal of type '" + std::string(type == nullptr ? "" : type) + "' " + why + " (TERM)"};
  };
  std::setlocale(LC_CTYPE, "");
  auto* screen = ::newterm(nullptr, stdout, stdin);
  if (screen == nullptr) return unfit("is not known here");
  std::unique_ptr<Terminal> terminal(new Terminal);
  char place[] = "cup";
  if (::tigetstr(place) == nullptr) return unfit("cannot place text");
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, true);
  ::nodelay(stdscr, true);
  ::set_escdelay(escape_delay_ms);
  ::curs_set(0);
  prepare_colours();
  return terminal;
}

Terminal::~Terminal() { ::endwin(); }

Size Terminal::size() const {
  return {.rows = static_cast<std::size_t>(LINES), .columns = static_cast<std::size_t>(COLS)};
}

void Terminal::draw(const Screen& screen) {
  ::erase();
  int row = 0;
  for (const auto& line : screen) {
    const auto text = shown(line.text, COLS);
    ::attrset(static_cast<int>(attributes_of(line.look)));
    mvaddnwstr(row++, 0, text.c_str(), static_cast<int>(text.size()));
  }
  ::attrset(A_NORMAL);
  ::refresh();
}

std::optional<Key> Terminal::read_key() {
  wint_t code = 0;
  const int kind = ::get_wch(&code);
  if (kind == ERR) return std::nullopt;
  if (kind == KEY_CODE_YES) return named(function_keys, code).value_or(Key{});
  return character_key(code);
}

bool Terminal::is_gone() const {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return ::poll(&input, 1, 0) == 1 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

void Terminal::fit() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
    ::resizeterm(size.ws_row, size.ws_col);
}

/// The signal itself is blocked, as the loop is told of it: let through, it finds curses' own handler, which
/// gives the terminal back and takes it again.
void Terminal::stop_and_go_on() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  ::raise(SIGTSTP);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  fit();
}

}  // namespace systemcheck

// NOLINTEND(concurrency-mt-unsafe)
