#include <gtest/gtest.h>

#include <string>

#include "config/load.h"

namespace systemcheck {
namespace {

TEST(ConfigYaml, ShowsEveryKeyWithItsValue) {
  EXPECT_EQ(
      config_yaml(Config{}),
      "cycle: 1m\n"
      "mode: observe\n"
      "discover: true\n"
      "state_directory: /var/lib/systemcheck\n"
      "control_socket: /run/systemcheck/control.sock\n"
      "kill_switch: [/etc/systemcheck/disable-actions, /run/systemcheck/disable-actions]\n"
      "hold_directory: /run/systemcheck/hold.d\n"
      "\n"
      "http:\n"
      "  listen: [\"127.0.0.1:10060\"]\n"
      "snmp:\n"
      "  mode: agent\n"
      "  listen: [\"udp:127.0.0.1:1161\"]\n"
      "  agentx: {socket: /var/agentx/master, ping: 5s}\n"
      "  base_oid: 1.3.6.1.4.1.8072.9999.9999.2001\n"
      "  writable: false\n"
      "  notify:\n"
      "    sinks: []\n"
      "    resend: 0s\n"
      "    heartbeat: 0s\n"
      "    per_minute: 60\n"
      "\n"
      "services: {}\n"
      "groups: {}\n"
      "maintenance: []\n"
      "\n"
      "restart_policy:\n"
      "  first: 0s\n"
      "  backoff: 5s\n"
      "  backoff_max: 5m\n"
      "  reset_after: 10m\n"
      "  grace: 20s\n"
      "  host_limit: {restarts: 6, per: 5m, share: 50%}\n"
      "  flapping: {deaths: 8, per: 2h}\n"
      "load:\n"
      "  warn_per_cpu: 2\n"
      "  for: 15m\n"
      "disks:\n"
      "  ignore_types: [tmpfs, overlay, squashfs]\n"
      "  warn: 80%\n"
      "  critical: 90%\n"
      "memory:\n"
      "  shed:\n"
      "    mode: observe\n"
      "    warn: 15%\n"
      "    below: 10%\n"
      "    critical: 5%\n"
      "    target: 15%\n"
      "    restore_above: 15%\n"
      "    below_for: 10s\n"
      "    restore_after: 2m\n"
      "    restore_gap: 1m\n"
      "    min_up: 2m\n"
      "    min_down: 1m\n"
      "    max_down: 30m\n"
      "    backoff: 5m\n"
      "    backoff_max: 1h\n"
      "    sheds_per_hour: 3\n"
      "    stop_timeout: 20s\n"
      "    critical_stop_timeout: 5s\n"
      "    culprit_first: true\n"
      "    on_exit: restore\n"
      "    protect: []\n"
      "history:\n"
      "  keep: 90d\n"
      "  max_size: 64MiB\n"
      "relay:\n"
      "  enabled: false\n"
      "  logs:\n"
      "    - /var/log/maillog\n"
      "    - /var/log/mail.log\n"
      "  trusted_origin: required\n"
      "  senders: [root, dovecot, dovenull, courier, cyrus, mail]\n"
      "  keep: 15m\n"
      "  never: [\"127.0.0.0/8\", \"::1\"]\n"
      "  always: []\n"
      "  ip6_bits: 128\n"
      "  smtp_auth: false\n"
      "  publish:\n"
      "    - {socketmap: {listen: [\"unix:/run/systemcheck/relay.sock\"]}}\n"
      "  patterns: []\n"
      "  limits: {addresses: 131072, addresses_per_user: 20, new_per_minute: 6000, users_per_address: 8}\n");
}

TEST(ConfigYaml, ShowsWhatWasDiscoveredAsComments) {
  Config config;
  config.services = {Service{.name = "web", .match = {.units = {"web.service"}}},
                     Service{.name = "bind",
                             .preset = "bind",
                             .match = {.executables = {"/usr/sbin/named"}},
                             .is_discovered = true}};

  const auto yaml = config_yaml(config);

  EXPECT_NE(yaml.find("services:\n  web:\n    mode: observe\n    match:\n      unit: [web.service]\n"),
            std::string::npos)
      << yaml;
  EXPECT_NE(yaml.find("  # bind:\n  #   preset: bind\n"), std::string::npos) << yaml;
}

TEST(ConfigYaml, WritesMaintenanceWindowsAsTheyAreRead) {
  Config config;
  config.discover = false;
  config.services = {Service{.name = "web", .match = {.executables = {"/x"}}}};
  config.groups = {Group{.name = "shop", .services = {"web"}}};
  config.maintenance = {MaintenanceWindow{.services = {"shop", "web"},
                                          .days = {Weekday::sun, Weekday::mon},
                                          .from = std::chrono::minutes{65},
                                          .length = std::chrono::hours{24},
                                          .reason = "backup: \"all\" of it"},
                        MaintenanceWindow{.services = {"all"}, .length = std::chrono::minutes{90}}};

  const auto yaml = config_yaml(config);

  EXPECT_NE(
      yaml.find("maintenance:\n"
                "  - {services: [shop, web], days: [sun, mon], from: \"01:05\", for: 1d, reason: \"backup: "
                "\\\"all\\\" of it\"}\n"
                "  - {services: [all], from: \"00:00\", for: 90m}\n"),
      std::string::npos)
      << yaml;
  const auto loaded = load_config({{"a.yaml", yaml}});
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.config, config);
}

TEST(ConfigYaml, QuotesWhatAReaderWouldTakeForSomethingElse) {
  Config config;
  config.discover = false;
  config.services = {
      Service{.name = "null", .match = {.executables = {"/x"}}},
      Service{.name = "1e3", .match = {.executables = {"/a b", "/c#d", "/e: f", "/\"\\"}, .user = "Yes"}},
      Service{.name = "-", .match = {.executables = {"/[x]", "/{y}", "/*", "/é,"}, .cmdline = "- #"}}};

  const auto loaded = load_config({{"a.yaml", config_yaml(config)}});

  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.config, config) << config_yaml(config);
}

}  // namespace
}  // namespace systemcheck
