#include "ctl/progress_text.h"

#include <fmt/core.h>

#include "ctl/command_text.h"

namespace systemcheck {
namespace {

std::string_view doing_words(std::string_view command) {
  if (command == "stop") return "stopping";
  return command == "restart" ? "restarting" : "starting";
}

}  // namespace

std::string Progress::note(std::string_view line, Instant now) {
  const auto json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return {};
  const auto step = text_of(json, "progress");
  if (step == "planned") return {};
  const auto service = text_of(json, "service");
  if (service != service_) since_ = now;
  const bool is_end = step == "ended";
  service_ = is_end ? std::string() : service;
  step_ = step;
  const auto answer = json.find("answer");
  return is_end && answer != json.end() && answer->is_object() ? service_line(command_, *answer)
                                                               : std::string();
}

std::string Progress::now_words() const {
  if (service_.empty()) return {};
  if (step_ == "looking") return service_ + ": looking at it";
  if (step_ == "acting") return service_ + ": " + std::string(doing_words(command_));
  return service_ + (command_ == "stop" ? ": waiting until it is gone" : ": waiting until it is up");
}

std::string Progress::now_line(Instant now) const {
  const auto words = now_words();
  if (words.empty()) return {};
  return fmt::format("{} … {:.1f} s", words, in_seconds(now - since_));
}

}  // namespace systemcheck
