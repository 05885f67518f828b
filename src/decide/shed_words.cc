#include <fmt/core.h>

#include <algorithm>

#include "decide/shed_scene.h"
#include "decide/shedding.h"

namespace systemcheck {
namespace {

std::string_view obstacle_words(ShedObstacle obstacle) {
  switch (obstacle) {
    case ShedObstacle::none:
      return "nothing stands against it";
    case ShedObstacle::unneeded:
      return "there is enough memory, or enough on its way";
    case ShedObstacle::unmarked:
      return "its configuration has no shed";
    case ShedObstacle::observed:
      return "its mode is not act";
    case ShedObstacle::protected_:
      return "it is protected: nothing turns it off";
    case ShedObstacle::held:
      return "somebody else decides whether it runs";
    case ShedObstacle::not_up:
      return "it is neither up nor down";
    case ShedObstacle::unread:
      return "what it uses could not be read, or cannot be true";
    case ShedObstacle::small:
      return "it uses too little to be worth it";
    case ShedObstacle::young:
      return "it has just been started";
    case ShedObstacle::too_often:
      return "it was turned off too often within an hour";
    case ShedObstacle::refused:
      return "it did not end when it was told to";
    case ShedObstacle::wanted:
      return "somebody has just started it by hand";
    case ShedObstacle::busy:
      return "another one is being stopped or started";
    case ShedObstacle::shortage:
      return "memory is short";
    case ShedObstacle::uncertain:
      return "there has not been enough memory for long enough";
    case ShedObstacle::gap:
      return "another one was started a moment ago";
    case ShedObstacle::min_down:
      return "it is off for a moment only";
    case ShedObstacle::backoff:
      return "it had to be turned off soon after the last start";
    case ShedObstacle::headroom:
      return "not enough memory would be left";
    case ShedObstacle::blind:
      return "memory could not be read";
  }
  return {};
}

std::string_view phase_words(ShedPhase phase) {
  switch (phase) {
    case ShedPhase::up:
      return "left alone";
    case ShedPhase::stopping:
      return "being stopped";
    case ShedPhase::refusing:
      return "does not end";
    case ShedPhase::settling:
      return "off, and what it gave back is being measured";
    case ShedPhase::shed:
      return "off";
    case ShedPhase::starting:
      return "being started";
    case ShedPhase::warming:
      return "back, and growing to its size";
  }
  return {};
}

}  // namespace

std::string standing_words(const ShedStanding& standing, Instant now) {
  std::string text(phase_words(standing.phase));
  const bool is_off = standing.phase == ShedPhase::shed;
  const bool may_be_told = is_off || standing.phase == ShedPhase::up || standing.phase == ShedPhase::warming;
  if (may_be_told) text.append(": ").append(obstacle_words(standing.obstacle));
  if (is_off) text += fmt::format(" (needs {})", bytes_of(standing.bytes));
  if (standing.until && *standing.until > now)
    text += fmt::format(", for {} yet", duration_words(*standing.until - now));
  return text;
}

std::string shed_words(const ShedChoice& choice) {
  const auto off = std::ranges::count_if(
      choice.memo.services, [](const ShedServiceMemo& it) { return it.phase == ShedPhase::shed; });
  const auto services = fmt::format("{} service{} off", off, off == 1 ? " is" : "s are");
  switch (choice.state) {
    case ShedState::blind:
      return "nothing is decided: " + choice.blindness;
    case ShedState::stuck:
      return fmt::format("{} of memory are usable, {}, and nothing more would help",
                         bytes_of(choice.usable_bytes), services);
    case ShedState::stopping:
    case ShedState::settle:
      return fmt::format("{} of memory are usable, {} more are on their way, {}",
                         bytes_of(choice.usable_bytes), bytes_of(choice.pending_bytes), services);
    default:
      return fmt::format("{} of memory are usable, {}", bytes_of(choice.usable_bytes), services);
  }
}

std::string_view verb_words(ShedVerb verb) {
  switch (verb) {
    case ShedVerb::stop:
      return "turning it off for want of memory";
    case ShedVerb::kill:
      return "killing it for want of memory";
    case ShedVerb::start:
      break;
  }
  return "turning it on again";
}

}  // namespace systemcheck
