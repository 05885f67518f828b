#include "ctl/client.h"
#include "ctl/reload_text.h"
#include "ctl/session.h"
#include "ctl/status_table.h"
#include "os/clock.h"

namespace systemcheck {
namespace {

/// A cycle may wait for a disk that hangs.
constexpr Duration cycle_patience = std::chrono::minutes{5};

int check_now(const Session& session) {
  const auto answer = ask_daemon(session.socket, "check", cycle_patience);
  if (!answer) return fail(answer.error());
  const auto table = status_table(*answer, session.style(), wall_now());
  if (!table) return fail(table.error());
  return show(session, *answer, table->text, table->status);
}

int reload(const Session& session) {
  const auto answer = ask_daemon(session.socket, "reload", result_patience);
  if (!answer) return fail(answer.error());
  const auto report = reload_report(*answer);
  if (!report) return fail(report.error());
  return show(session, *answer, report->text, report->status);
}

}  // namespace

void add_daemon_orders(CLI::App& app, Session& session) {
  auto* check = app.add_subcommand("check", "look at everything now, and then show the status");
  add_json(*check, session);
  check->callback([&session] { session.run = [&session] { return check_now(session); }; });
  auto* anew =
      app.add_subcommand("reload", "read the configuration anew: what has changed, or what is wrong with it");
  add_json(*anew, session);
  anew->callback([&session] { session.run = [&session] { return reload(session); }; });
}

}  // namespace systemcheck
