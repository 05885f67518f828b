#include "config/load.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "config/groups.h"
#include "config/memory_keys.h"
#include "config/order.h"
#include "config/reader.h"
#include "config/relay_keys.h"
#include "config/section.h"
#include "config/services.h"
#include "config/shed_services.h"
#include "config/snmp_keys.h"
#include "config/values.h"
#include "config/windows.h"

namespace systemcheck {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr ListLimits addresses{.min = 0, .max = 16};

HttpConfig read_http(Section section) {
  HttpConfig http;
  section.read_list("listen", http.listen, addresses, parse_http_address);
  section.read("web_config", http.web_config, parse_path);
  section.read_list("may_act", http.may_act, {}, parse_user_name);
  if (!http.may_act.empty() && http.web_config.empty())
    section.refuse_among({"may_act"}, "web_config is missing: it says who these users are");
  section.refuse_unknown_keys();
  return http;
}

HostLimit read_host_limit(Section section) {
  HostLimit limit;
  section.read("restarts", limit.restarts, CountWithin{1, 1000});
  section.read("per", limit.per, DurationWithin{seconds{1}, hours{24}});
  section.read("share", limit.share, parse_share);
  section.refuse_unknown_keys();
  return limit;
}

FlappingRules read_flapping(Section section) {
  FlappingRules flapping;
  section.read("deaths", flapping.deaths, CountWithin{2, 32});
  section.read("per", flapping.per, DurationWithin{seconds{10}, hours{24}});
  section.refuse_unknown_keys();
  return flapping;
}

RestartPolicy read_restart_policy(Section section) {
  RestartPolicy policy;
  section.read("first", policy.first, DurationWithin{Duration::zero(), hours{1}});
  // The lower limits keep a service that dies at once from eating the machine.
  section.read("backoff", policy.backoff, DurationWithin{milliseconds{100}, hours{24}});
  section.read("backoff_max", policy.backoff_max, DurationWithin{milliseconds{100}, hours{24}});
  section.read("reset_after", policy.reset_after, DurationWithin{seconds{1}, hours{24 * 7}});
  section.read("grace", policy.grace, DurationWithin{Duration::zero(), hours{1}});
  policy.host_limit = read_host_limit(section.section("host_limit"));
  policy.flapping = read_flapping(section.section("flapping"));
  if (section.is_sound() && policy.backoff > policy.backoff_max) {
    section.refuse_among({"backoff", "backoff_max"}, "backoff " + duration_text(policy.backoff) +
                                                         " is more than backoff_max " +
                                                         duration_text(policy.backoff_max));
  }
  section.refuse_unknown_keys();
  return policy;
}

LoadRules read_load(Section section) {
  LoadRules load;
  section.read("warn_per_cpu", load.warn_per_cpu, parse_ratio);
  section.read("for", load.hold, DurationWithin{Duration::zero(), hours{24}});
  section.refuse_unknown_keys();
  return load;
}

DiskRules read_disks(Section section) {
  DiskRules disks;
  section.read_list("ignore_types", disks.ignore_types, {}, parse_file_system_type);
  section.read("warn", disks.warn, parse_share);
  section.read("critical", disks.critical, parse_share);
  if (section.is_sound() && disks.warn >= disks.critical) {
    section.refuse_among(
        {"warn", "critical"},
        "warn " + share_text(disks.warn) + " is not less than critical " + share_text(disks.critical));
  }
  section.refuse_unknown_keys();
  return disks;
}

Result<std::uint64_t> parse_history_size(std::string_view text) {
  auto bytes = parse_bytes(text);
  if (!bytes) return bytes;
  if (*bytes >= (std::uint64_t{1} << 20) && *bytes <= (std::uint64_t{16} << 30)) return bytes;
  return Error{Error::Kind::malformed, "'" + printable(text, 64) + "' is not from 1MiB to 16GiB"};
}

HistoryConfig read_history(Section section) {
  HistoryConfig history;
  section.read("keep", history.keep, DurationWithin{hours{1}, hours{24 * 3660}});
  section.read("max_size", history.max_size_bytes, parse_history_size);
  section.refuse_unknown_keys();
  return history;
}

Config read_config(Section top, Problems& problems) {
  Config config;
  top.read("cycle", config.cycle, DurationWithin{seconds{1}, hours{1}});
  top.read("mode", config.mode);
  top.read("discover", config.discover, parse_switch);
  top.read("state_directory", config.state_directory, parse_path);
  top.read("control_socket", config.control_socket, parse_socket_path);
  top.read_list("kill_switch", config.kill_switch, {.min = 0, .max = 8}, parse_path);
  top.read("hold_directory", config.hold_directory, parse_path);
  config.http = read_http(top.section("http"));
  config.snmp = read_snmp_config(top.section("snmp"));
  config.services = read_services(top.section("services"), config.mode, problems);
  // Read when all services are known: resolve_groups(), resolve_windows().
  (void)top.find("groups");
  (void)top.find("maintenance");
  config.restart_policy = read_restart_policy(top.section("restart_policy"));
  config.load = read_load(top.section("load"));
  config.disks = read_disks(top.section("disks"));
  config.memory = read_memory_rules(top.section("memory"));
  config.history = read_history(top.section("history"));
  config.relay = read_relay_rules(top.section("relay"));
  top.refuse_unknown_keys();
  return config;
}

/// In the order in which a person would go through the files.
void sort_problems(Problems& problems, const std::vector<ConfigText>& texts) {
  const auto rank = [&texts](const Problem& problem) {
    return std::find_if(texts.begin(), texts.end(),
                        [&problem](const ConfigText& text) { return text.path == problem.file; }) -
           texts.begin();
  };
  const auto order = [&rank](const Problem& it) {
    return std::make_tuple(rank(it), it.line, it.column, it.message);
  };
  std::sort(problems.begin(), problems.end(),
            [&order](const Problem& a, const Problem& b) { return order(a) < order(b); });
  problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
}

}  // namespace

std::string Problem::text() const { return Place{file, line, column}.text() + ": " + message; }

Loaded load_config(const std::vector<ConfigText>& texts) {
  Loaded loaded;
  Entry root;
  for (const auto& text : texts) {
    merge_entries(root, parse_yaml(text, loaded.problems), loaded.problems);
  }
  Section top(root, "", loaded.problems);
  loaded.config = read_config(top, loaded.problems);
  if (loaded.config.discover) append_discovered(loaded.config);
  resolve_order(top.section("services"), loaded.config);
  check_shed_services(top.section("services"), loaded.config);
  resolve_groups(top, loaded.config, loaded.problems);
  resolve_windows(top, loaded.config);
  sort_problems(loaded.problems, texts);
  return loaded;
}

}  // namespace systemcheck
