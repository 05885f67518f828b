#include "os/terminal.h"

#include <poll.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "os/descriptor.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

// ECMA-48 and xterm's private modes: the other screen, without a cursor.
constexpr std::string_view take_over = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr std::string_view give_back = "\x1b[0m\x1b[?25h\x1b[?1049l";
/// Name, directory and shell of a user are no longer.
constexpr std::size_t user_texts_bytes = 65536;
constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

constexpr std::pair<std::string_view, Screen::Key> sequences[] = {
    {"\x1b[A", Screen::Key::up},   {"\x1bOA", Screen::Key::up},       {"\x1b[B", Screen::Key::down},
    {"\x1bOB", Screen::Key::down}, {"\x1b[5~", Screen::Key::page_up}, {"\x1b[6~", Screen::Key::page_down},
    {"\x1b[H", Screen::Key::home}, {"\x1b[1~", Screen::Key::home},    {"\x1b[F", Screen::Key::end},
    {"\x1b[4~", Screen::Key::end},
};

void write_all(std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;  // The terminal is gone: what reads it says so.
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

sigset_t watched_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int number : ending_signals)
    ::sigaddset(&signals, number);
  ::sigaddset(&signals, SIGTSTP);
  ::sigaddset(&signals, SIGWINCH);
  return signals;
}

class AnsiScreen : public Screen {
 public:
  AnsiScreen(Descriptor signals, const termios& usual) : signals_(std::move(signals)), usual_(usual) {
    enter();
  }
  AnsiScreen(const AnsiScreen&) = delete;
  AnsiScreen& operator=(const AnsiScreen&) = delete;
  ~AnsiScreen() override { leave(); }

  Size size() override {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
    return {.rows = size.ws_row, .columns = size.ws_col};
  }

  void draw(const std::vector<std::string>& lines) override {
    std::string text = "\x1b[H";
    const auto rows = size().rows;
    for (std::size_t i = 0; i < lines.size() && i < rows; ++i)
      text += (i == 0 ? "" : "\r\n") + lines[i] + "\x1b[0m\x1b[K";
    write_all(text + "\x1b[J");
  }

  Event wait(Duration at_most) override {
    if (const auto event = take_key()) return *event;
    pollfd events[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                       {.fd = signals_.number(), .events = POLLIN, .revents = 0}};
    const auto patience = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
    if (::poll(events, 2, static_cast<int>(patience)) <= 0) return {};
    if (events[1].revents != 0) return take_signal();
    char typed[64];
    const auto count = ::read(STDIN_FILENO, typed, sizeof typed);
    if (count <= 0) return {.is_end = true};
    typed_.append(typed, static_cast<std::size_t>(count));
    return take_key().value_or(Event{});
  }

 private:
  void enter() {
    auto raw = usual_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    write_all(take_over);
  }

  void leave() {
    write_all(give_back);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &usual_);
  }

  Event take_signal() {
    signalfd_siginfo signal{};
    if (::read(signals_.number(), &signal, sizeof signal) != sizeof signal) return {};
    if (signal.ssi_signo == SIGWINCH) return {};
    if (signal.ssi_signo != SIGTSTP) return {.is_end = true};
    leave();
    stop_here();
    enter();
    return {};
  }

  /// Returns when somebody lets the program go on.
  static void stop_here() {
    sigset_t stop;
    ::sigemptyset(&stop);
    ::sigaddset(&stop, SIGTSTP);
    ::raise(SIGTSTP);
    ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
    ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  }

  std::optional<Event> take_key() {
    if (typed_.empty()) return std::nullopt;
    for (const auto& [sequence, key] : sequences) {
      if (!typed_.starts_with(sequence)) continue;
      typed_.erase(0, sequence.size());
      return Event{.key = key};
    }
    const char letter = typed_.front();
    // Of a sequence that is none of these nothing is left that could be taken for letters.
    typed_.erase(0, letter == '\x1b' ? typed_.size() : 1);
    return Event{.key = Key::letter, .letter = letter};
  }

  Descriptor signals_;
  termios usual_;
  std::string typed_{};
};

}  // namespace

std::optional<std::size_t> terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

bool is_output_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

bool are_colours_unwanted() {
  // NOLINTBEGIN(concurrency-mt-unsafe): who asks for this has one thread.
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  // NOLINTEND(concurrency-mt-unsafe)
  return (no_color != nullptr && *no_color != '\0') ||
         (terminal != nullptr && std::string_view(terminal) == "dumb");
}

std::string user_name_of(uid_t user) {
  std::string texts(user_texts_bytes, '\0');
  passwd entry{};
  passwd* found = nullptr;
  const bool is_known =
      ::getpwuid_r(user, &entry, texts.data(), texts.size(), &found) == 0 && found != nullptr;
  return is_known ? std::string(entry.pw_name) : std::string();
}

std::optional<uid_t> find_user(const std::string& name) {
  std::string texts(user_texts_bytes, '\0');
  passwd entry{};
  passwd* found = nullptr;
  const bool is_known =
      ::getpwnam_r(name.c_str(), &entry, texts.data(), texts.size(), &found) == 0 && found != nullptr;
  return is_known ? std::optional(entry.pw_uid) : std::nullopt;
}

Result<std::unique_ptr<Screen>> Screen::open() {
  termios usual{};
  if (::isatty(STDOUT_FILENO) != 1 || ::tcgetattr(STDIN_FILENO, &usual) != 0)
    return Error{Error::Kind::refused, "there is no terminal"};
  const auto signals = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Descriptor descriptor(::signalfd(-1, &signals, SFD_CLOEXEC));
  if (!descriptor.is_open()) return os_error("signalfd");
  return std::unique_ptr<Screen>(std::make_unique<AnsiScreen>(std::move(descriptor), usual));
}

}  // namespace systemcheck
