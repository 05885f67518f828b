#include "config/load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/presets.h"

namespace systemcheck {
namespace {

Loaded load(const std::string& text) { return load_config({{"systemcheck.yaml", text}}); }

std::vector<std::string> problems_of(const Loaded& loaded) {
  std::vector<std::string> texts;
  for (const auto& problem : loaded.problems)
    texts.push_back(problem.text());
  return texts;
}

const Service* find_service(const Loaded& loaded, std::string_view name) {
  const auto& all = loaded.config.services;
  const auto found =
      std::find_if(all.begin(), all.end(), [name](const Service& it) { return it.name == name; });
  return found == all.end() ? nullptr : &*found;
}

using Texts = std::vector<std::string>;

TEST(LoadConfig, NeedsNoFile) {
  const auto loaded = load_config({});
  EXPECT_EQ(problems_of(loaded), Texts{});
  EXPECT_EQ(loaded.config.services.size(), presets().size());
}

TEST(LoadConfig, ReadsEveryKey) {
  const auto loaded = load(
      "cycle: 30s\nmode: act\ndiscover: false\nstate_directory: /s\ncontrol_socket: /c\n"
      "http: {listen: [\"[::1]:1\"]}\nsnmp: {mode: disabled, listen: [\"udp6:[::1]:1\"]}\n"
      "restart_policy: {first: 1s, backoff: 2s, backoff_max: 3s, reset_after: 4s}\n"
      "load: {warn_per_cpu: 1.5, for: 5s}\ndisks: {ignore_types: [nfs], warn: 6%, critical: 7%}\n"
      "memory: {shed: {warn: 10%, below: 9%, critical: 8%}}\n"
      "services:\n  x:\n    mode: observe\n"
      "    match: {unit: x.service, exe: /x, user: u, pidfile: /p, cmdline: c}\n"
      "    processes: {min: 2, max: 3}\n    start: [/a]\n    stop: [/b, 1]\n    restart: [/c, 1, 1]\n"
      "    start_timeout: 8s\n    stop_timeout: 9s\n");

  ASSERT_EQ(problems_of(loaded), Texts{});
  const std::chrono::seconds second{1};
  const Config expected{
      .cycle = 30 * second,
      .mode = Mode::act,
      .discover = false,
      .state_directory = "/s",
      .control_socket = "/c",
      .http = {.listen = {"[::1]:1"}},
      .snmp = {.mode = SnmpMode::disabled, .listen = {"udp6:[::1]:1"}},
      .services = {Service{
          .name = "x",
          .mode = Mode::observe,
          .match =
              {.units = {"x.service"}, .executables = {"/x"}, .user = "u", .pidfile = "/p", .cmdline = "c"},
          .processes = {.min = 2, .max = 3},
          .start = {"/a"},
          .stop = {"/b", "1"},
          .restart = {"/c", "1", "1"},
          .start_timeout = 8 * second,
          .stop_timeout = 9 * second}},
      .restart_policy = {.first = second,
                         .backoff = 2 * second,
                         .backoff_max = 3 * second,
                         .reset_after = 4 * second},
      .load = {.warn_per_cpu = 1.5, .hold = 5 * second},
      .disks = {.ignore_types = {"nfs"}, .warn = 0.06, .critical = 0.07},
      .memory = {.warn = {0.10}, .below = {0.09}, .critical = {0.08}}};
  EXPECT_EQ(loaded.config, expected);
}

TEST(LoadConfig, ReadsWhoMayComeInOverHttpAndWritesItAgain) {
  const auto loaded = load("http: {web_config: /etc/web.yml, may_act: [alice, bob]}\n");
  ASSERT_EQ(problems_of(loaded), Texts{});
  EXPECT_EQ(loaded.config.http.web_config, "/etc/web.yml");
  EXPECT_EQ(loaded.config.http.may_act, (Texts{"alice", "bob"}));
  EXPECT_EQ(load(config_yaml(loaded.config)).config.http, loaded.config.http);
}

TEST(LoadConfig, LetsNobodyActWhomNoFileKnows) {
  const auto loaded = load("http: {may_act: [alice]}\n");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems.front().message, "http: web_config is missing: it says who these users are");
}

TEST(LoadConfig, ReadsWhenServicesAreTurnedOffAndWhichOnes) {
  const auto loaded = load(
      "memory:\n  shed: {mode: act, warn: [12%, 4GiB], below: [10%, 2GiB], critical: [6%, 1GiB], target: "
      "13%,\n"
      "    restore_above: 14%, below_for: 1s, restore_after: 11s, restore_gap: 12s, min_up: 13s, min_down: "
      "14s,\n"
      "    max_down: 15s, backoff: 16s, backoff_max: 17s, sheds_per_hour: 4, stop_timeout: 18s,\n"
      "    critical_stop_timeout: 19s, culprit_first: false, on_exit: leave, protect: [db.service]}\n"
      "services:\n  web: {match: {unit: web.service}, shed: {priority: 0}}\n  db: {match: {unit: "
      "db.service}}\n");

  ASSERT_EQ(problems_of(loaded), Texts{});
  const std::chrono::seconds second{1};
  const std::uint64_t gibibyte = std::uint64_t{1} << 30;
  const MemoryRules expected{.mode = Mode::act,
                             .warn = {0.12, 4 * gibibyte},
                             .below = {0.10, 2 * gibibyte},
                             .critical = {0.06, gibibyte},
                             .target = {0.13},
                             .restore_above = {0.14},
                             .below_for = second,
                             .restore_after = 11 * second,
                             .restore_gap = 12 * second,
                             .min_up = 13 * second,
                             .min_down = 14 * second,
                             .max_down = 15 * second,
                             .backoff = 16 * second,
                             .backoff_max = 17 * second,
                             .sheds_per_hour = 4,
                             .stop_timeout = 18 * second,
                             .critical_stop_timeout = 19 * second,
                             .culprit_first = false,
                             .on_exit = ShedOnExit::leave,
                             .protect = {"db.service"}};
  EXPECT_EQ(loaded.config.memory, expected);
  EXPECT_EQ(find_service(loaded, "web")->shed_priority, 0U);
  EXPECT_EQ(find_service(loaded, "db")->shed_priority, std::nullopt);
}

TEST(MemoryThreshold, IsTheLowerOfTheShareAndTheSize) {
  const MemoryThreshold threshold{0.10, 1000};
  EXPECT_EQ(threshold.bytes_of(5000), 500);
  EXPECT_EQ(threshold.bytes_of(50'000), 1000);
  EXPECT_EQ(MemoryThreshold{0.10}.bytes_of(50'000), 5000);
}

TEST(LoadConfig, GivesAServiceTheModeOfTheMachineUnlessItSaysItsOwn) {
  const auto loaded = load(
      "services:\n  a: {match: {unit: a.service}}\n  b: {match: {unit: b.service}, mode: observe}\nmode: "
      "act\n");

  ASSERT_EQ(problems_of(loaded), Texts{});
  EXPECT_EQ(find_service(loaded, "a")->mode, Mode::act);
  EXPECT_EQ(find_service(loaded, "b")->mode, Mode::observe);
}

TEST(LoadConfig, LetsAServiceActWhereTheMachineObserves) {
  const auto loaded = load("mode: observe\nservices: {sshd: {preset: sshd, mode: act}}\n");
  EXPECT_EQ(find_service(loaded, "sshd")->mode, Mode::act);
}

TEST(LoadConfig, NeverActsUponADiscoveredService) {
  const auto modes = {
      std::pair{"act", Mode::observe}, {"observe", Mode::observe}, {"disabled", Mode::disabled}};
  for (const auto& [machine, expected] : modes) {
    const auto loaded = load(std::string("mode: ") + machine + "\n");
    ASSERT_EQ(loaded.config.services.size(), presets().size());
    for (const auto& service : loaded.config.services) {
      EXPECT_TRUE(service.is_discovered);
      EXPECT_EQ(service.mode, expected) << service.name;
    }
  }
}

TEST(LoadConfig, DiscoversNothingWhereDiscoverIsFalse) {
  EXPECT_TRUE(load("discover: false\n").config.services.empty());
}

TEST(LoadConfig, PutsWhatWasWrittenBeforeWhatWasDiscovered) {
  const auto loaded = load("services:\n  zebra: {match: {unit: z.service}}\n  bind: {preset: bind}\n");
  ASSERT_EQ(loaded.config.services.size(), 1 + presets().size());
  EXPECT_EQ(loaded.config.services[0].name, "zebra");
  EXPECT_EQ(loaded.config.services[1].name, "bind");
  EXPECT_FALSE(loaded.config.services[1].is_discovered);
}

TEST(LoadConfig, DoesNotDiscoverAUnitASecondTime) {
  const auto loaded = load("services:\n  web: {preset: httpd}\n  log: {match: {unit: rsyslog.service}}\n");
  EXPECT_EQ(find_service(loaded, "httpd"), nullptr);
  EXPECT_EQ(find_service(loaded, "syslog"), nullptr);
  EXPECT_NE(find_service(loaded, "ocwhttpd"), nullptr);
}

TEST(LoadConfig, DoesNotDiscoverWhatAPrivateInstanceCannotBeToldFrom) {
  const auto loaded = load("services:\n  ftp: {preset: proftpd, match: {pidfile: /run/ftp.pid}}\n");
  EXPECT_EQ(find_service(loaded, "proftpd"), nullptr);
}

TEST(LoadConfig, StillDiscoversTheFirstServerBesideASecondInstance) {
  const auto loaded = load("services:\n  ocwhttpd: {preset: httpd, match: {unit: apache2@ocw.service}}\n");
  ASSERT_NE(find_service(loaded, "httpd"), nullptr);
  EXPECT_TRUE(find_service(loaded, "httpd")->is_discovered);
}

TEST(LoadConfig, AddsLaterFilesToEarlierOnes) {
  const auto loaded = load_config(
      {{"a.yaml",
        "cycle: 30s\nhttp:\nservices: {one: {match: {unit: one.service}}}\nmemory: {shed: {warn: 20%}}\n"},
       {"conf.d/b.yaml", ""},
       {"conf.d/c.yaml",
        "services: {two: {match: {unit: two.service}}}\nhttp: {listen: []}\nmemory: {shed: {below: "
        "12%}}\ndisks: {warn: 70%}\n"}});

  ASSERT_EQ(problems_of(loaded), Texts{});
  EXPECT_EQ(loaded.config.cycle, std::chrono::seconds(30));
  EXPECT_EQ(loaded.config.services[0].name, "one");
  EXPECT_EQ(loaded.config.services[1].name, "two");
  EXPECT_TRUE(loaded.config.http.listen.empty());
  EXPECT_EQ(loaded.config.memory, (MemoryRules{.warn = {0.20}, .below = {0.12}}));
  EXPECT_EQ(loaded.config.disks.warn, 0.70);
}

TEST(LoadConfig, NamesBothPlacesOfWhatIsSaidInTwoFiles) {
  const auto loaded = load_config(
      {{"z.yaml", "cycle: 30s\nservices:\n  one: {match: {unit: one.service}}\nhttp: {listen: []}\n"},
       {"a.yaml", "cycle: 30s\nservices:\n  one: {processes: {max: 2}}\nhttp: {listen: []}\n"}});

  EXPECT_EQ(problems_of(loaded), (Texts{"a.yaml:1:1: 'cycle' is set already at z.yaml:1:1",
                                        "a.yaml:3:3: 'one' is set already at z.yaml:3:3",
                                        "a.yaml:4:8: 'listen' is set already at z.yaml:4:8"}));
}

TEST(LoadConfig, ReportsEveryFileThatIsNoYamlAndGoesOnWithTheRest) {
  const auto loaded = load_config({{"a.yaml", "[\n"}, {"b.yaml", "cycle: 5\n"}, {"c.yaml", "{\n"}});

  ASSERT_EQ(loaded.problems.size(), 3U);
  EXPECT_EQ(loaded.problems[0].file, "a.yaml");
  EXPECT_EQ(loaded.problems[1].file, "b.yaml");
  EXPECT_EQ(loaded.problems[2].file, "c.yaml");
}

TEST(LoadConfig, SortsProblemsByTheOrderOfTheFilesAndTheirLines) {
  const auto loaded =
      load_config({{"z.yaml", "load: {for: x}\ncycle: x\n"}, {"a.yaml", "disks: {warn: x}\n"}});

  ASSERT_EQ(loaded.problems.size(), 3U);
  EXPECT_EQ(loaded.problems[0].file, "z.yaml");
  EXPECT_EQ(loaded.problems[0].line, 1);
  EXPECT_EQ(loaded.problems[1].line, 2);
  EXPECT_EQ(loaded.problems[2].file, "a.yaml");
}

TEST(LoadConfig, RefusesTooManyServices) {
  std::string text = "services:\n";
  for (int i = 0; i < 256; ++i)
    text += "  s" + std::to_string(i) + ": {match: {exe: /x}}\n";
  EXPECT_EQ(problems_of(load(text)), Texts{});
  EXPECT_EQ(problems_of(load(text + "  more: {match: {exe: /x}}\n")),
            Texts{"systemcheck.yaml:1:1: services: more than 256 services"});
}

TEST(LoadConfig, RefusesAnExpressionThatIsTooLargeForRe2) {
  const auto load_pattern = [](const std::string& pattern) {
    return load("services: {x: {match: {exe: /x, cmdline: '" + pattern + "'}}}\n");
  };
  EXPECT_EQ(problems_of(load_pattern("((a{100}){100}){100}")).size(), 1U);
  EXPECT_EQ(problems_of(load_pattern(std::string(1024, 'a'))), Texts{});
  EXPECT_EQ(problems_of(load_pattern(std::string(1025, 'a'))).size(), 1U);
}

TEST(ProblemText, LeavesOutAPlaceThatIsUnknown) {
  EXPECT_EQ((Problem{"a.yaml", 0, 0, "gone"}).text(), "a.yaml: gone");
  EXPECT_EQ((Problem{"a\n.yaml", 14, 3, "unknown key"}).text(), "a\\x0a.yaml:14:3: unknown key");
}

}  // namespace
}  // namespace systemcheck
