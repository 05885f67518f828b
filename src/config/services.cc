#include "config/services.h"

#include <algorithm>
#include <utility>

#include "config/presets.h"
#include "config/probes.h"
#include "config/resource_rules.h"
#include "config/shed_services.h"
#include "config/values.h"

namespace systemcheck {
namespace {

constexpr std::size_t services_max = 256;
constexpr std::uint32_t processes_max = 4'194'304;  // PID_MAX_LIMIT, proc(5)

const Preset* find_preset(std::string_view name) {
  const auto all = presets();
  const auto found =
      std::find_if(all.begin(), all.end(), [name](const Preset& it) { return it.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Result<std::string> parse_preset_name(std::string_view text) {
  if (find_preset(text) != nullptr) return std::string(text);
  std::vector<std::string_view> names;
  for (const auto& preset : presets())
    names.push_back(preset.name);
  const auto near = nearest(text, names);
  return Error{Error::Kind::malformed, "'" + printable(text, 64) + "' is not a preset" +
                                           (near ? " (did you mean '" + std::string(*near) + "'?)" : "")};
}

/// "/opt/ctl start now" as the list that was meant: "[/opt/ctl, start, now]".
std::string as_list(std::string_view command) {
  std::string list;
  for (auto word = take_word(command); !word.empty(); word = take_word(command)) {
    list += (list.empty() ? "" : ", ") + std::string(word);
  }
  return "[" + printable(list, 128) + "]";
}

void read_argv(Section& section, std::string_view key, Argv& into) {
  const auto* entry = section.find(key);
  if (entry != nullptr && entry->kind == Entry::Kind::text) {
    return section.refuse(*entry, key, "must be a list, there is no shell: " + as_list(entry->text));
  }
  bool is_program = true;
  section.read_list(
      key, into, {.min = 1, .max = 64, .may_repeat = true}, [&is_program](std::string_view text) {
        return std::exchange(is_program, false) ? parse_path(text) : Result<std::string>(std::string(text));
      });
}

void read_pre_check(Section& section, std::vector<Argv>& into) {
  if (section.find("pre_check") == nullptr) return;
  Argv check;
  read_argv(section, "pre_check", check);
  into = {std::move(check)};
}

Match read_match(Section section) {
  Match match;
  section.read_list("unit", match.units, {.min = 1, .max = 8}, parse_unit_name);
  section.read_list("exe", match.executables, {.min = 1, .max = 16}, parse_path);
  section.read("user", match.user, parse_user_name);
  section.read("pidfile", match.pidfile, parse_path);
  section.read("cmdline", match.cmdline, parse_pattern);
  section.refuse_unknown_keys();
  return match;
}

void read_processes(Section section, ProcessCount& processes) {
  section.read("min", processes.min, CountWithin{1, processes_max});
  section.read("max", processes.max, CountWithin{1, processes_max});
  if (section.is_sound() && processes.max && *processes.max < processes.min) {
    section.refuse_among({"max", "min"}, "max " + std::to_string(*processes.max) + " is less than min " +
                                             std::to_string(processes.min));
  }
  section.refuse_unknown_keys();
}

bool is_told_by_more_than_words(const Match& match) {
  return !match.units.empty() || !match.executables.empty() || !match.pidfile.empty();
}

void check_act(Section& section, const Service& service) {
  if (!is_told_by_more_than_words(service.match)) {
    section.refuse_among(
        {"mode"}, "mode act with a cmdline alone, which any process can imitate: add unit, exe or pidfile");
  }
  const bool can_be_started = !service.match.units.empty() || !service.start.empty() ||
                              !service.restart.empty() || !service.init_scripts.empty();
  if (!can_be_started) {
    section.refuse_among({"mode"},
                         "mode act without a way to bring it back: add match.unit, start or restart");
  }
}

void check_service(Section& section, const Service& service) {
  const auto& match = service.match;
  if (service.preset.empty() && section.find("match") == nullptr) {
    const auto hint =
        find_preset(service.name) == nullptr ? "" : " (did you mean 'preset: " + service.name + "'?)";
    return section.refuse_among({}, "needs a preset or a match" + hint);
  }
  if (!is_told_by_more_than_words(match) && match.cmdline.empty()) {
    return section.refuse_among({"match"},
                                "match tells no process from another: add unit, exe, pidfile or cmdline");
  }
  if (service.mode == Mode::act) check_act(section, service);
}

Service read_service(Section section, const std::string& name, Mode machine_mode) {
  Service service;
  section.read("preset", service.preset, parse_preset_name);
  if (const auto* preset = find_preset(service.preset)) service = preset->service;
  service.name = name;
  service.mode = machine_mode;
  section.read("mode", service.mode);
  merge_match(service, read_match(section.section("match")));
  read_processes(section.section("processes"), service.processes);
  read_argv(section, "start", service.start);
  read_argv(section, "stop", service.stop);
  read_argv(section, "restart", service.restart);
  read_resource_rules(section, service.rules);
  (void)section.find("after");  // Read when all services are known: resolve_order().
  read_argv(section, "reload", service.reload);
  read_pre_check(section, service.pre_check);
  section.read_list("init_script", service.init_scripts, {.min = 1, .max = 8}, parse_path);
  const DurationWithin timeout{std::chrono::seconds{1}, std::chrono::hours{1}};
  section.read("start_timeout", service.start_timeout, timeout);
  section.read("stop_timeout", service.stop_timeout, timeout);
  read_probes(section, service.probes);
  read_shed_priority(section, service);
  if (section.is_sound()) check_service(section, service);
  section.refuse_unknown_keys();
  return service;
}

bool share_a_unit(const Service& one, const Service& other) {
  return std::find_first_of(one.match.units.begin(), one.match.units.end(), other.match.units.begin(),
                            other.match.units.end()) != one.match.units.end();
}

void check_unit_owner(const std::vector<Service>& services, const std::vector<Entry>& entries,
                      Problems& problems) {
  const auto& last = services.back();
  for (std::size_t i = 0; i + 1 < services.size(); ++i) {
    if (!share_a_unit(services[i], last)) continue;
    add_problem(problems, entries[services.size() - 1].key_place,
                "services." + last.name + ": has a unit of service '" + services[i].name + "' at " +
                    entries[i].key_place.text());
  }
}

}  // namespace

std::vector<Service> read_services(Section section, Mode machine_mode, Problems& problems) {
  std::vector<Service> services;
  const auto& entries = section.entry().children;
  if (entries.size() > services_max) {
    section.refuse_among({}, "more than " + std::to_string(services_max) + " services");
    return services;
  }
  for (const auto& entry : entries) {
    const auto name = parse_service_name(entry.key);
    if (!name) add_problem(problems, entry.key_place, "services: " + name.error().message);
    const auto shown = printable(entry.key, 64);
    services.push_back(
        read_service(Section(entry, section.path_of(shown), problems), entry.key, machine_mode));
    check_unit_owner(services, entries, problems);
  }
  return services;
}

void append_discovered(Config& config) {
  const auto written = config.services.size();
  for (const auto& preset : presets()) {
    const auto covers = [&preset](const Service& service) {
      // A service of this preset without a unit cannot be told from the distribution's.
      const bool is_instance = service.preset == preset.name && service.match.units.empty();
      return service.name == preset.name || is_instance || share_a_unit(service, preset.service);
    };
    const auto end = config.services.begin() + static_cast<std::ptrdiff_t>(written);
    if (std::any_of(config.services.begin(), end, covers)) continue;
    auto service = preset.service;
    service.mode = std::min(config.mode, Mode::observe);
    service.is_discovered = true;
    config.services.push_back(std::move(service));
  }
}

}  // namespace systemcheck
