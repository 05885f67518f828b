#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ctl/command_text.h"
#include "menu/machine.h"
#include "menu/screen.h"

// What is ordered from the menu, from the question whether it is meant to what came of it.

namespace systemcheck {

/// How far it has come with one service.
struct UndertakenStep {
  std::string service{};
  std::uint64_t old_pid = 0;
  std::uint64_t new_pid = 0;  ///< 0: not known yet
  std::string words{};
  CheckStatus status = CheckStatus::ok;
  bool is_under_way = false;
  bool has_ended = false;
};

struct Undertaking {
  std::uint64_t id = 0;  ///< of the question that ordered it
  CommandWords words{};
  std::vector<UndertakenStep> steps{};
  bool has_ended = false;
  CheckStatus status = CheckStatus::unknown;  ///< the worst of all, once it has ended
  std::string error{};                        ///< why nothing came of it as a whole
  /// The first status that was asked for afterwards: it knows the new processes.
  std::optional<std::uint64_t> status_after{};
};

/// "restart mail".
std::string title_of(const CommandWords& words);
/// The line for the daemon; an error where a word would break it.
Result<std::string> question_for(const CommandWords& words);

/// What would be done, before it is.
std::vector<Line> plan_lines(const CommandWords& words, const Machine& machine);

Undertaking begin_undertaking(std::uint64_t id, CommandWords words, const Machine& machine);
void hear_progress(Undertaking& undertaking, std::string_view line);
void hear_end(Undertaking& undertaking, const Result<std::string>& answer);
void note_processes(Undertaking& undertaking, const Machine& machine);

/// "restart mail: done", in one line.
std::string summary_of(const Undertaking& undertaking);
std::vector<Line> lines_of(const Undertaking& undertaking);
/// The first service with which it went wrong; empty: there is none.
std::string failed_service(const Undertaking& undertaking);

}  // namespace systemcheck
