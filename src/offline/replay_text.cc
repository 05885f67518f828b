#include "offline/replay_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace systemcheck {
namespace {

std::string decision_words(const Said& said) {
  std::string words(word(said.state));
  if (said.is_restart) words = fmt::format("restart, attempt {}", said.attempt);
  if (said.withheld) words += fmt::format(", withheld: {}", word(*said.withheld));
  if (said.until) words += fmt::format(" until {}", wall_time_text(*said.until));
  words += ": " + printable(said.reason);
  if (!said.taken.empty()) words += " [" + printable(said.taken) + "]";
  return words;
}

std::string line_text(const ReplayLine& line, std::size_t width) {
  const auto head = fmt::format("{} {} {:<{}}  ", wall_time_text(line.any().at),
                                line.is_different ? '!' : ' ', printable(line.service), width);
  const std::string indent(head.size(), ' ');
  if (line.then && line.now && !line.is_different) return head + decision_words(*line.then) + "\n";
  const auto then = line.then ? decision_words(*line.then) : std::string("nothing new");
  const auto now = line.now ? decision_words(*line.now) : std::string("nothing new");
  if (line.now && line.now->is_after_end) return head + "afterwards: " + now + "\n";
  return head + "then: " + then + "\n" + indent + "now:  " + now + "\n";
}

std::string withheld_text(const Replayed& replayed) {
  std::string text;
  for (std::size_t i = 0; i < replayed.then.withheld.size(); ++i) {
    const auto then = replayed.then.withheld.at(i);
    const auto now = replayed.now.withheld.at(i);
    if (then == 0 && now == 0) continue;
    text += fmt::format("{} {} {} then, {} now", text.empty() ? "withheld:" : ";",
                        Words<Suppressed>::all.at(i), then, now);
  }
  return text.empty() ? "withheld: never\n" : text + "\n";
}

std::string down_words(const ReplayCount& count) {
  if (count.longest_down_of.empty()) return "never";
  return duration_words(count.longest_down) + " (" + printable(count.longest_down_of) + ")";
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// What the figures rest on, said where it matters.
std::string caveats(const Replayed& replayed) {
  std::string text = "What is seen is as it was recorded";
  text +=
      replayed.differences == 0
          ? ".\n"
          : "; where an order is not given that was given then, the service is taken to stay as it was.\n";
  if (replayed.taken > 0)
    text += plural(replayed.taken, "order that was", "orders that were") +
            " not given then: what comes of it is taken from the next one of its service.\n";
  if (replayed.left_out > 0)
    text += plural(replayed.left_out, "situation", "situations") +
            " of services that changed too often are not recorded: what is different there need not be.\n";
  for (const auto& name : replayed.not_configured)
    text += printable(name) + " is not in this configuration: nothing of it is decided now.\n";
  return text;
}

std::string sums(const Replayed& replayed) {
  auto text = fmt::format("restarts: {} then, {} now\n", replayed.then.restarts, replayed.now.restarts);
  text += withheld_text(replayed);
  text += fmt::format("longest time down: {} then, {} predicted\n", down_words(replayed.then),
                      down_words(replayed.now));
  if (replayed.differences == 0) return text + "All is decided as it was then.\n";
  return text + plural(replayed.differences, "decision is different.", "decisions are different.") + "\n";
}

}  // namespace

std::string replay_text(const Replayed& replayed, bool only_differences) {
  if (!replayed.first) return "No situations are recorded.\n";
  std::size_t width = 0;
  for (const auto& line : replayed.lines)
    width = std::max(width, printable(line.service).size());
  std::string text;
  for (const auto& line : replayed.lines) {
    if (line.is_different || !only_differences) text += line_text(line, width);
  }
  text += fmt::format("{}from {} to {}\n", text.empty() ? "" : "\n", wall_time_text(*replayed.first),
                      wall_time_text(*replayed.last));
  return text + sums(replayed) + caveats(replayed);
}

}  // namespace systemcheck
