#include "config/presets.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "config/load.h"

namespace systemcheck {
namespace {

const Service& preset(std::string_view name) {
  const auto all = presets();
  const auto found =
      std::find_if(all.begin(), all.end(), [name](const Preset& it) { return it.name == name; });
  EXPECT_NE(found, all.end()) << name;
  return found->service;
}

bool is_main(std::string_view name, const std::string& cmdline) {
  return RE2::PartialMatch(cmdline, RE2(preset(name).match.main_cmdline));
}

using Lines = std::vector<std::string>;

void expect_main(std::string_view name, const Lines& lines) {
  for (const auto& line : lines)
    EXPECT_TRUE(is_main(name, line)) << name << ": " << line;
}

void expect_not_main(std::string_view name, const Lines& lines) {
  for (const auto& line : lines)
    EXPECT_FALSE(is_main(name, line)) << name << ": " << line;
}

TEST(Presets, AreThoseOfTheFirstList) {
  std::vector<std::string_view> names;
  for (const auto& preset : presets())
    names.push_back(preset.name);
  EXPECT_EQ(names, (std::vector<std::string_view>{"httpd", "ocwhttpd", "proftpd", "sshd", "sendmail",
                                                  "dovecot", "syslog", "realaudio", "bind"}));
}

TEST(Presets, SayWhoTheyAre) {
  for (const auto& preset : presets()) {
    EXPECT_EQ(preset.service.name, preset.name);
    EXPECT_EQ(preset.service.preset, preset.name);
    EXPECT_FALSE(preset.description.empty());
    EXPECT_FALSE(preset.service.is_discovered);
    EXPECT_EQ(preset.service.mode, Mode::observe);
  }
}

TEST(Presets, ShareNoUnit) {
  std::set<std::string> seen;
  for (const auto& preset : presets()) {
    for (const auto& unit : preset.service.match.units)
      EXPECT_TRUE(seen.insert(unit).second) << unit;
  }
}

TEST(Presets, WouldBeAcceptedFromAUser) {
  for (const auto& preset : presets()) {
    const auto config =
        load_config({{"a.yaml", "services: {x: {preset: " + std::string(preset.name) + ", mode: act}}\n"}});
    ASSERT_TRUE(config.problems.empty()) << preset.name;
    auto own = config.config;
    own.discover = false;
    own.services.resize(1);
    own.groups.clear();
    own.services[0].preset = "";
    own.services[0].match.main_cmdline = "";
    own.services[0].evidence.clear();
    own.services[0].after.clear();
    auto& checks = own.services[0].pre_check;
    if (checks.size() > 1) checks.resize(1);  // Somebody's own is the one that he has.
    const auto again = load_config({{"b.yaml", config_yaml(own)}});
    ASSERT_TRUE(again.problems.empty()) << again.problems.front().text();
    EXPECT_EQ(again.config, own);
  }
}

TEST(Presets, HaveExpressionsThatRe2Knows) {
  for (const auto& preset : presets()) {
    const RE2 main(preset.service.match.main_cmdline);
    EXPECT_TRUE(main.ok()) << preset.name << ": " << main.error();
  }
}

TEST(Presets, KnowTheWebServerFromItsHelpers) {
  expect_main("httpd", {"/usr/sbin/apache2 -k start", "/usr/sbin/httpd -DFOREGROUND", "apache2 -DFOREGROUND",
                        "/usr/sbin/httpd -D SSL -k restart", "/usr/sbin/apache2 -d /etc/apache2-ocw -k start",
                        "/usr/sbin/httpd -f conf/ocw.conf -DFOREGROUND ", "/usr/local/apache2/bin/httpd"});
  expect_not_main("httpd",
                  {"/usr/sbin/apache2 -k graceful-stop", "/usr/sbin/apache2 -k stop", "/usr/sbin/apache2 -t",
                   "/usr/sbin/httpd -S", "/usr/sbin/httpd -V", "/usr/bin/rotatelogs /var/log/x 86400",
                   "vi /etc/httpd", "/usr/sbin/apache2ctl start", "/bin/sh /usr/sbin/apache2 -k start", ""});
}

TEST(Presets, KnowTheSecondWebServerByItsArguments) {
  const RE2 cmdline(preset("ocwhttpd").match.cmdline);
  EXPECT_TRUE(RE2::PartialMatch("/usr/sbin/apache2 -d /etc/apache2-ocw -k start", cmdline));
  EXPECT_TRUE(RE2::PartialMatch("/usr/sbin/httpd -f conf/ocw.conf -DFOREGROUND", cmdline));
  EXPECT_FALSE(RE2::PartialMatch("/usr/sbin/apache2 -k start", cmdline));
  EXPECT_FALSE(preset("ocwhttpd").evidence.empty());
}

TEST(Presets, KnowTheListenerFromTheSessionsOfSshd) {
  expect_main("sshd",
              {"sshd: /usr/sbin/sshd [listener] 1 of 10-100 startups",
               "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "/usr/sbin/sshd -D",
               "/usr/sbin/sshd", "/usr/sbin/sshd -D -oCiphers=aes256-gcm@openssh.com -o MACs=hmac-sha2-256",
               "sshd: /usr/sbin/sshd -4D -p 2222 [listener] 3 of 10-100 startups   "});
  expect_not_main("sshd", {"sshd: bob [priv]", "sshd: bob@pts/0", "sshd: unknown [net]", "sshd: [accepted]",
                           "/usr/sbin/sshd -D -R", "/usr/sbin/sshd -t", "/usr/sbin/sshd -T -C user=x",
                           "sshd: sshd [priv]", "sshd: sshd@notty", "/usr/bin/ssh host /usr/sbin/sshd", ""});
}

TEST(Presets, KnowTheMasterFromTheSessionsOfProftpd) {
  expect_main("proftpd", {"proftpd: (accepting connections)", "proftpd: (accepting connections)     ",
                          "/usr/sbin/proftpd -c /etc/proftpd/proftpd.conf",
                          "/usr/sbin/proftpd --nodaemon --config=/x", "proftpd -n"});
  expect_not_main("proftpd",
                  {"proftpd: bob - 192.0.2.1: IDLE", "proftpd: connected: localhost (127.0.0.1:57734)",
                   "proftpd: (accepting connections) - 192.0.2.1: IDLE", "proftpd: (authenticating)",
                   "/usr/sbin/proftpd --configtest -c /etc/proftpd/proftpd.conf", "/usr/sbin/proftpd -t",
                   "/usr/sbin/proftpd -vv", ""});
}

TEST(Presets, KnowTheMailDaemonFromTheQueueRunnerAndTheSessions) {
  expect_main("sendmail", {"sendmail: accepting connections", "sendmail: MTA: accepting connections",
                           "sendmail: rejecting connections on daemon MTA: load average: 30",
                           "/usr/sbin/sendmail -bd -q1h", "/usr/sbin/sendmail-mta -Am -L sm-mta -bd -q10m",
                           "sendmail -bD"});
  expect_not_main("sendmail",
                  {"sendmail: Queue runner@01:00:00 for /var/spool/clientmqueue", "sendmail: Queue control",
                   "sendmail: MSP: Queue runner@00:20:00 for /var/spool/mqueue-client",
                   "sendmail: MTA: server mail.example.com [127.0.0.1] cmd read",
                   "/usr/sbin/sendmail-msp -Ac -L sm-msp -q20m", "sendmail: running queue: /var/spool/mqueue",
                   "sendmail: server [192.0.2.1] cmd read", "sendmail: 4AEx1 accepting [192.0.2.1]: DATA",
                   "sendmail: server accepting connections [192.0.2.1] cmd read",
                   "sendmail: startup with 192.0.2.1", "/usr/sbin/sendmail -L sm-msp-queue -Ac -q1h",
                   "/usr/sbin/sendmail -i -t bob@example.com", "/usr/sbin/sendmail -bv bob", ""});
}

TEST(Presets, KnowTheMasterOfDovecotFromItsCommands) {
  expect_main("dovecot",
              {"/usr/sbin/dovecot -F", "/usr/sbin/dovecot", "/usr/sbin/dovecot -c /etc/dovecot/a.conf",
               "dovecot -F -c/etc/a.conf", "/usr/sbin/dovecot -Fp -i second"});
  expect_not_main("dovecot",
                  {"dovecot/log", "dovecot/imap-login", "dovecot/auth", "/usr/sbin/dovecot -n",
                   "/usr/sbin/dovecot -a", "/usr/sbin/dovecot reload", "/usr/sbin/dovecot -c /x stop",
                   "/usr/sbin/dovecot --version", "/usr/bin/doveadm stop", ""});
}

TEST(Presets, KnowTheLoggerFromItsChecks) {
  expect_main("syslog", {"/usr/sbin/rsyslogd -n -iNONE", "/usr/sbin/rsyslogd -n", "/usr/sbin/syslog-ng -F",
                         "supervising syslog-ng", "/usr/sbin/syslog-ng -p /run/syslog-ng.pid",
                         "/usr/sbin/syslogd --no-forward"});
  expect_not_main("syslog", {"/usr/sbin/rsyslogd -N1", "/usr/sbin/rsyslogd -v", "/usr/sbin/syslog-ng -s",
                             "/usr/sbin/syslog-ng -V", "tail -f /var/log/syslog", ""});
}

TEST(Presets, KnowTheNameServer) {
  expect_main("bind", {"/usr/sbin/named -f -u bind", "/usr/sbin/named -u named -c /etc/named.conf",
                       "/usr/sbin/named -4 -f -t /var/named/chroot -u named"});
  expect_not_main("bind", {"/usr/sbin/named -v", "/usr/sbin/named -V", "/usr/bin/named-checkconf -z", ""});
}

}  // namespace
}  // namespace systemcheck
