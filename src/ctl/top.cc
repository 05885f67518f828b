#include <algorithm>
#include <memory>

#include "ctl/client.h"
#include "ctl/session.h"
#include "ctl/top_page.h"
#include "os/clock.h"
#include "os/local_time.h"
#include "os/terminal.h"

namespace systemcheck {
namespace {

constexpr std::size_t processes_asked = 1000;

struct Arguments {
  double every_seconds = 2;
  bool is_once = false;
};

/// Asks, again and again; what cannot be had leaves what was there before, and says why.
class Top {
 public:
  explicit Top(const Session& session) : session_(session) {}

  bool refresh() {
    const auto status = ask("status");
    const auto processes = ask("ps --sort " + view.order + " --limit " + std::to_string(processes_asked));
    if (status) sight.status = *status;
    if (processes) sight.processes = *processes;
    sight.problem.clear();
    if (!processes) sight.problem = "no newer processes: " + processes.error().message;
    if (!status) sight.problem = "the daemon does not answer: " + status.error().message;
    return status && processes;
  }

  void look_anew() {
    const auto answer = ask("check");
    sight.note = answer ? "a new picture" : answer.error().message;
  }

  [[nodiscard]] std::vector<std::string> page() const {
    return top_page(sight, view, wall_now(), {utc_offset, user_name_of});
  }

  TopSight sight{};
  TopView view{};

 private:
  [[nodiscard]] Result<Json> ask(const std::string& question) const {
    const auto answer = ask_daemon(session_.socket, question);
    return answer ? parse_answer(*answer) : answer.error();
  }

  const Session& session_;
};

int show_once(const Session& session, Top& top) {
  if (!top.refresh()) return fail({Error::Kind::failed, top.sight.problem});
  top.view = {.rows = 0, .columns = session.style().width, .is_coloured = session.style().is_coloured};
  for (const auto& line : top.page())
    std::puts(line.c_str());
  return exit_code(status_of(top.sight.status, "status"));
}

std::string_view order_of(char letter) {
  if (letter == 'c') return "cpu";
  if (letter == 'm') return "memory";
  return letter == 'p' ? "pid" : "";
}

void scroll(Top& top, Screen::Key key) {
  const auto count = list_of(top.sight.processes, "processes").size();
  const auto page = std::max<std::size_t>(1, top.view.rows / 2);
  auto& first = top.view.first;
  const auto up_by = [&](std::size_t lines) { first -= std::min(first, lines); };
  if (key == Screen::Key::up) up_by(1);
  if (key == Screen::Key::page_up) up_by(page);
  if (key == Screen::Key::home) first = 0;
  if (key == Screen::Key::down) ++first;
  if (key == Screen::Key::page_down) first += page;
  if (key == Screen::Key::end) first = count;
  first = std::min(first, count > page ? count - page : 0);
}

/// False: it is over. What is to be asked anew is asked.
bool obey(Top& top, const Screen::Event& event) {
  if (event.is_end) return false;
  if (event.key != Screen::Key::letter) {
    scroll(top, event.key);
    return true;
  }
  top.sight.note.clear();
  if (event.letter == 'q') return false;
  const auto order = order_of(event.letter);
  if (event.letter == 'r' || event.letter == ' ') top.look_anew();
  if (!order.empty()) top.view.order = order;
  if (!order.empty() || event.letter == 'r' || event.letter == ' ') top.refresh();
  return true;
}

int show_live(const Session& session, Top& top, Screen& screen, Duration every) {
  top.view.is_coloured = session.style().is_coloured;
  top.refresh();
  auto next = steady_now() + every;
  for (;;) {
    const auto size = screen.size();
    top.view.rows = size.rows;
    top.view.columns = size.columns;
    screen.draw(top.page());
    const auto event = screen.wait(std::max<Duration>(Duration::zero(), next - steady_now()));
    if (!obey(top, event)) return 0;
    if (steady_now() < next) continue;
    top.refresh();
    next = steady_now() + every;
  }
}

int run_top(const Session& session, const Arguments& arguments) {
  Top top(session);
  if (arguments.is_once) return show_once(session, top);
  const auto screen = Screen::open();
  if (!screen) return show_once(session, top);
  const std::chrono::duration<double> every{arguments.every_seconds};
  return show_live(session, top, **screen, std::chrono::duration_cast<Duration>(every));
}

}  // namespace

void add_top(CLI::App& app, Session& session) {
  const auto arguments = std::make_shared<Arguments>();
  auto* top = app.add_subcommand("top", "the machine, its services and processes, live");
  top->add_option("--every", arguments->every_seconds, "seconds from one look to the next")
      ->check(CLI::Range(0.2, 3600.0))
      ->capture_default_str();
  top->add_flag("--once", arguments->is_once, "print it once and end, as without a terminal");
  top->callback([&session, arguments] {
    session.run = [&session, arguments] { return run_top(session, *arguments); };
  });
}

}  // namespace systemcheck
