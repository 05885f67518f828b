#include "ctl/session.h"

#include <cstdio>

#include "os/terminal.h"

namespace systemcheck {
namespace {

constexpr std::size_t width_without_terminal = 200;

std::string_view hint(Error::Kind kind) {
  if (kind == Error::Kind::not_found) return "; is systemcheckd running?";
  if (kind == Error::Kind::refused) return "; nobody listens there: is systemcheckd running?";
  return kind == Error::Kind::denied ? "; this user may not speak with the daemon" : "";
}

}  // namespace

Style Session::style() const {
  const bool is_auto = colours == "auto" && is_output_terminal() && !are_colours_unwanted();
  return {.width = terminal_columns().value_or(width_without_terminal),
          .is_coloured = is_auto || colours == "always"};
}

void add_json(CLI::App& command, Session& session) {
  command.add_flag("--json", session.as_json, "the whole document, for programs");
}

std::string check_word(const std::string& word) {
  const bool is_word = word.find_first_of(" \t\r\n") == std::string::npos && !word.starts_with('-');
  return is_word ? std::string{} : "is not one word";
}

int fail(const Error& error) {
  std::fprintf(stderr, "systemcheckctl: %s%s\n", error.message.c_str(),
               std::string(hint(error.kind)).c_str());
  return exit_unknown;
}

int exit_code(CheckStatus status) {
  switch (status) {
    case CheckStatus::ok:
      return 0;
    case CheckStatus::warning:
      return 1;
    case CheckStatus::critical:
      return 2;
    case CheckStatus::unknown:
      break;
  }
  return exit_unknown;
}

int show(const Session& session, std::string_view document, std::string_view text, CheckStatus status) {
  const auto shown = session.as_json ? document : text;
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  return exit_code(status);
}

}  // namespace systemcheck
