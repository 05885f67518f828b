#include "collect/installation.h"

#include <gtest/gtest.h>

#include "support/fake_host.h"

namespace systemcheck {
namespace {

using test::FakeHost;

Service httpd() {
  return {.name = "httpd",
          .match = {.units = {"apache2.service", "httpd.service"}, .executables = {"/usr/sbin/apache2"}}};
}
Service instance() {
  return {.name = "ocwhttpd",
          .match = {.units = {"apache2@ocw.service"}, .executables = {"/usr/sbin/apache2"}},
          .evidence = {"/etc/apache2-ocw"}};
}

TEST(Installation, IsTheFirstUnitThatIsThere) {
  for (const auto* directory : {"/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system",
                                "/lib/systemd/system", "/run/systemd/generator.late"}) {
    FakeHost host;
    host.write(std::string(directory) + "/httpd.service", "[Service]\n");
    const auto found = look_for(host, httpd());
    EXPECT_TRUE(found.is_installed) << directory;
    EXPECT_EQ(found.unit, "httpd.service") << directory;
  }
}

TEST(Installation, IsToldByAnExecutableWithoutAUnit) {
  FakeHost host;
  host.write("/usr/sbin/apache2", "ELF");
  const auto found = look_for(host, httpd());
  EXPECT_TRUE(found.is_installed);
  EXPECT_EQ(found.unit, "");
}

TEST(Installation, IsNotThereWithoutAnyOfThem) {
  FakeHost host;
  EXPECT_FALSE(look_for(host, httpd()).is_installed);
}

TEST(Installation, IsThereWhenItsUnitIsMasked) {
  FakeHost host;
  host.link("/etc/systemd/system/apache2.service", "/dev/null");
  EXPECT_EQ(look_for(host, httpd()).unit, "apache2.service");
}

TEST(Installation, OfAnInstanceNeedsMoreThanItsTemplate) {
  FakeHost host;
  host.write("/usr/lib/systemd/system/apache2@.service", "[Service]\n");
  host.write("/usr/sbin/apache2", "ELF");
  EXPECT_FALSE(look_for(host, instance()).is_installed);
}

TEST(Installation, OfAnInstanceIsToldByWhatWantsIt) {
  FakeHost host;
  host.write("/usr/lib/systemd/system/apache2@.service", "[Service]\n");
  host.link("/etc/systemd/system/multi-user.target.wants/apache2@ocw.service",
            "/usr/lib/systemd/system/apache2@.service");
  const auto found = look_for(host, instance());
  EXPECT_TRUE(found.is_installed);
  EXPECT_EQ(found.unit, "apache2@ocw.service");
}

TEST(Installation, OfAnInstanceIsToldByEvidence) {
  FakeHost host;
  host.write("/usr/lib/systemd/system/apache2@.service", "[Service]\n");
  host.write("/etc/apache2-ocw/apache2.conf", "");
  EXPECT_EQ(look_for(host, instance()).unit, "apache2@ocw.service");
}

TEST(Installation, WithEvidenceButWithoutAUnitIsThere) {
  FakeHost host;
  host.write("/etc/apache2-ocw/apache2.conf", "");
  const auto found = look_for(host, instance());
  EXPECT_TRUE(found.is_installed);
  EXPECT_EQ(found.unit, "");
}

TEST(Installation, OfWhatIsToldByItsCommandLineIsTakenForGranted) {
  FakeHost host;
  EXPECT_TRUE(look_for(host, {.name = "x", .match = {.cmdline = "billingd"}}).is_installed);
}

TEST(Installation, HasAnInitScriptOnlyWhereSystemdIsNot) {
  FakeHost host;
  Service service;
  service.init_scripts = {"/etc/init.d/web", "/etc/init.d/httpd"};
  EXPECT_EQ(look_for(host, service).init_script, "");
  host.write("/etc/init.d/httpd", "#!/bin/sh\n");
  EXPECT_EQ(look_for(host, service).init_script, "/etc/init.d/httpd");
  host.write("/run/systemd/system/.keep", "");
  EXPECT_EQ(look_for(host, service).init_script, "");
}

}  // namespace
}  // namespace systemcheck
