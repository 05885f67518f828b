#include "ctl/shed_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "base/units.h"
#include "ctl/answer.h"

namespace systemcheck {
namespace {

std::string bytes_of(const Json& json, const char* key) {
  constexpr double bytes_max = 1e18;
  return bytes_words(static_cast<std::uint64_t>(std::clamp(number_of(json, key), 0.0, bytes_max)));
}

CheckStatus status_of(std::string_view shortage) {
  if (shortage == "normal") return CheckStatus::ok;
  return shortage == "warn" ? CheckStatus::warning : CheckStatus::critical;
}

std::string head(const Json& shedding) {
  auto text =
      fmt::format("memory: {} of {} usable, {}; shedding: {}, mode {}\n", bytes_of(shedding, "usable_bytes"),
                  bytes_of(shedding, "total_bytes"), text_of(shedding, "shortage"),
                  text_of(shedding, "state"), text_of(shedding, "mode"));
  if (number_of(shedding, "to_critical_seconds") > 0)
    text += "critical in " + seconds_words(number_of(shedding, "to_critical_seconds")) +
            " if it goes on like this\n";
  return text;
}

std::string service_line(std::size_t place, const Json& service) {
  const bool is_rehearsed =
      service.is_object() && service.contains("is_rehearsed") && service["is_rehearsed"] == true;
  return fmt::format("{:>3}. {:<20} priority {:<5} {:>10}  {}{}\n", place, text_of(service, "name"),
                     static_cast<std::uint64_t>(std::max(0.0, number_of(service, "priority"))),
                     bytes_of(service, "bytes"), is_rehearsed ? "would be " : "", text_of(service, "text"));
}

Result<Json> shedding_of(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  const auto found = json->find("shedding");
  if (found == json->end() || !found->is_object())
    return Error{Error::Kind::failed, "the daemon does not watch memory"};
  return Json(*found);
}

}  // namespace

Result<ShedPlan> shed_status(std::string_view document) {
  const auto shedding = shedding_of(document);
  if (!shedding) return shedding.error();
  ShedPlan status{.text = head(*shedding), .status = status_of(text_of(*shedding, "shortage"))};
  if (const auto words = text_of(*shedding, "text"); !words.empty()) status.text += words + "\n";
  std::size_t count = 0;
  for (const auto& service : list_of(*shedding, "services")) {
    if (text_of(service, "phase") != "up") status.text += service_line(++count, service);
  }
  if (count == 0) status.text += "nothing is turned off\n";
  return status;
}

Result<std::string> shed_mode_words(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  const bool is_new = text_of(*json, "result") == "in force";
  return "shedding: mode " + text_of(*json, "mode") +
         (is_new ? " until the configuration is read anew\n" : ", as it was\n");
}

Result<ShedPlan> shed_plan(std::string_view document) {
  const auto shedding = shedding_of(document);
  if (!shedding) return shedding.error();
  ShedPlan plan{.text = head(*shedding), .status = status_of(text_of(*shedding, "shortage"))};
  const auto& services = list_of(*shedding, "services");
  if (services.empty()) {
    plan.text += "no service may be turned off: none has shed: {priority: …}\n";
    return plan;
  }
  plan.text += "in this order, and what each would give back (or need, once it is off):\n";
  for (std::size_t i = 0; i < services.size(); ++i)
    plan.text += service_line(i + 1, services[i]);
  return plan;
}

}  // namespace systemcheck
