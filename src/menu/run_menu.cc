#include "menu/run_menu.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.h"
#include "ctl/client.h"
#include "menu/menu.h"
#include "menu/terminal.h"
#include "os/sd_event_loop.h"

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

constexpr Duration refresh_every = 2s;
/// While something is under way: its states change with it.
constexpr Duration refresh_when_busy = 500ms;

std::string host_name() {
  std::array<char, 256> name{};
  const bool is_known = ::gethostname(name.data(), name.size() - 1) == 0;
  return is_known ? printable(name.data(), 64) : std::string("this machine");
}

/// Keys to the menu, its questions to the daemon, and what comes of both to the terminal.
class Session {
 public:
  Session(std::string socket, EventLoop& loop, Terminal& terminal)
      : socket_(std::move(socket)), loop_(loop), terminal_(terminal), menu_(host_name()) {}

  Status run() {
    auto keys = loop_.when_ready(STDIN_FILENO, Ready::readable, Priority::normal, [this] { read_keys(); });
    if (!keys) return std::move(keys).error();
    std::vector<Watch> signals;
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP}) {
      auto watch = loop_.on_signal(number, [this, number] { note_signal(number); });
      if (!watch) return std::move(watch).error();
      signals.push_back(*std::move(watch));
    }
    refresh();
    return loop_.run();
  }

  [[nodiscard]] std::string farewell() const { return menu_.farewell(); }

 private:
  struct Talk {
    Conversation conversation;
    Watch ready{};
    Watch deadline{};
  };

  void note_signal(int number) {
    if (number != SIGWINCH && number != SIGTSTP) return loop_.stop();
    if (number == SIGWINCH) terminal_.fit();
    if (number == SIGTSTP) terminal_.stop_and_go_on();
    show();
  }

  void read_keys() {
    if (terminal_.is_gone()) return loop_.stop();
    while (const auto key = terminal_.read_key())
      menu_.press(*key);
    go_on();
  }

  void refresh() {
    menu_.refresh();
    go_on();
    again_ =
        loop_.at(loop_.now() + (menu_.is_busy() ? refresh_when_busy : refresh_every), [this] { refresh(); });
  }

  void go_on() {
    if (menu_.has_left()) return loop_.stop();
    for (const auto& question : menu_.take_questions())
      ask(question);
    show();
  }

  void show() { terminal_.draw(menu_.screen(terminal_.size(), loop_.wall_now())); }

  void ask(const Menu::Question& question) {
    auto begun = Conversation::begin(socket_, question.line);
    if (!begun) return menu_.hear(question.id, std::move(begun).error());
    const auto id = question.id;
    auto ready =
        loop_.when_ready(begun->descriptor(), Ready::readable, Priority::normal, [this, id] { hear(id); });
    if (!ready) return menu_.hear(id, std::move(ready).error());
    auto deadline =
        loop_.at(loop_.now() + (question.takes_time ? result_patience : answer_patience), [this, id] {
          end(id, Error{Error::Kind::timed_out, "it did not answer in time"});
          go_on();
        });
    talks_.emplace(
        id,
        Talk{.conversation = *std::move(begun), .ready = *std::move(ready), .deadline = std::move(deadline)});
  }

  void hear(std::uint64_t id) {
    using Kind = Conversation::Heard::Kind;
    for (;;) {
      auto heard = talks_.at(id).conversation.hear(Duration{});
      if (heard && heard->kind == Kind::nothing) break;
      const bool is_progress = heard && heard->kind == Kind::progress;
      if (!is_progress) {
        end(id, heard);
        break;
      }
      menu_.hear(id, heard);
    }
    go_on();
  }

  void end(std::uint64_t id, const Result<Conversation::Heard>& heard) {
    talks_.erase(id);
    menu_.hear(id, heard);
  }

  const std::string socket_;
  EventLoop& loop_;
  Terminal& terminal_;
  Menu menu_;
  std::map<std::uint64_t, Talk> talks_{};
  Watch again_{};
};

}  // namespace

Result<std::string> run_menu(const std::string& socket) {
  const auto loop = SdEventLoop::make();
  if (!loop) return loop.error();
  const auto terminal = Terminal::open();
  if (!terminal) return terminal.error();
  Session session(socket, **loop, **terminal);
  const auto done = session.run();
  if (!done) return done.error();
  return session.farewell();
}

}  // namespace systemcheck
