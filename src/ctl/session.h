#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/vocabulary.h"
#include "ctl/table.h"

// What all families of subcommands share. Exit codes are those of monitoring plugins: 0 ok, 1 warning,
// 2 critical, 3 unknown.

namespace systemcheck {

inline constexpr int exit_unknown = 3;

struct Session {
  std::string socket = "/run/systemcheck/control.sock";
  std::string colours = "auto";
  bool as_json = false;
  std::function<int()> run{};  ///< what the subcommand that was given does

  /// As wide as the terminal, or wide where there is none.
  [[nodiscard]] Style style() const;
};

/// "--json", of this subcommand.
void add_json(CLI::App& command, Session& session);
/// A line of the protocol is made of it.
std::string check_word(const std::string& word);

int fail(const Error& error);
int exit_code(CheckStatus status);
/// Prints the document itself or what is said of it for people.
int show(const Session& session, std::string_view document, std::string_view text, CheckStatus status);

// The families: each adds its subcommands, which set `run`. The session outlives the app.
void add_questions(CLI::App& app, Session& session);
void add_processes(CLI::App& app, Session& session);
void add_top(CLI::App& app, Session& session);
void add_orders(CLI::App& app, Session& session);
void add_daemon_orders(CLI::App& app, Session& session);
void add_shedding(CLI::App& app, Session& session);
void add_completions(CLI::App& app, Session& session);
/// "relay", which also has subcommands that ask no daemon.
CLI::App* add_relay_questions(CLI::App& app, Session& session);

/// Asks, tells how it goes, and shows what came of it. The question asks for progress already, unless the
/// answer is wanted as it is.
int carry_out(const Session& session, const std::string& command, const std::string& question);

}  // namespace systemcheck
