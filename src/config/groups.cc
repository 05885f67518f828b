#include "config/groups.h"

#include <algorithm>
#include <utility>

#include "config/order.h"
#include "config/values.h"

namespace systemcheck {
namespace {

constexpr std::size_t groups_max = 64;
constexpr std::size_t members_max = 256;
constexpr std::string_view mail = "mail";

Status check_group_name(const Entry& entry, const std::vector<std::string_view>& services) {
  const auto name = parse_service_name(entry.key);
  if (!name) return name.error();
  if (entry.key == everything)
    return Error{Error::Kind::malformed, "'all' is reserved: it means every service there is"};
  if (std::ranges::find(services, entry.key) != services.end())
    return Error{Error::Kind::malformed, "'" + entry.key + "' is the name of a service already"};
  return Nothing{};
}

void check_reserved(const Section& services, Problems& problems) {
  for (const auto& entry : services.entry().children) {
    if (entry.key == everything)
      add_problem(problems, entry.key_place, "services: 'all' is reserved: it means every service there is");
  }
}

/// The servers of mail that are known, unless somebody has said what is meant by it: whoever wants "the mail"
/// restarted need not know what it is made of.
void add_mail(Config& config) {
  const bool is_taken = std::ranges::find(config.groups, mail, &Group::name) != config.groups.end() ||
                        std::ranges::find(config.services, mail, &Service::name) != config.services.end();
  if (is_taken || config.groups.size() >= groups_max) return;
  Group group{.name = std::string(mail)};
  for (const auto& service : config.services) {
    if (service.preset == "sendmail" || service.preset == "dovecot") group.services.push_back(service.name);
  }
  if (!group.services.empty() && group.services.size() <= members_max)
    config.groups.push_back(std::move(group));
}

}  // namespace

void resolve_groups(Section& top, Config& config, Problems& problems) {
  check_reserved(top.section("services"), problems);
  auto section = top.section("groups");
  const auto names = names_of(config.services);
  if (section.entry().children.size() > groups_max)
    return section.refuse_among({}, "more than " + std::to_string(groups_max) + " groups");
  for (const auto& entry : section.entry().children) {
    if (const auto checked = check_group_name(entry, names); !checked)
      add_problem(problems, entry.key_place, "groups: " + checked.error().message);
    Group group{.name = entry.key};
    section.read_list(entry.key, group.services, {.min = 1, .max = members_max},
                      [&names](std::string_view name) { return parse_known_service(name, names); });
    config.groups.push_back(std::move(group));
  }
  add_mail(config);
}

std::vector<std::string> services_called(const Config& config, std::string_view name) {
  std::vector<std::string> services;
  for (const auto& service : config.services) {
    if (name == everything || name == service.name) services.push_back(service.name);
  }
  const auto group = std::ranges::find(config.groups, name, &Group::name);
  return group == config.groups.end() ? services : group->services;
}

bool is_called(const Config& config, std::string_view service, std::string_view name) {
  if (name == everything || name == service) return true;
  const auto group = std::ranges::find(config.groups, name, &Group::name);
  return group != config.groups.end() && std::ranges::find(group->services, service) != group->services.end();
}

}  // namespace systemcheck
