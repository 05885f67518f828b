#include "config/protected_units.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

TEST(ProtectedUnits, AreTheWayInTheLogTheBusTheNetworkConsolesAndSystemd) {
  for (const auto* unit :
       {"ssh.service", "sshd.service", "ssh@1-10.0.0.1:22-10.0.0.2:5000.service", "rsyslog.service",
        "syslog-ng.service", "systemd-journald.service", "dbus.service", "dbus-broker.service",
        "NetworkManager.service", "systemd-networkd.service", "networking.service", "systemd-udevd.service",
        "getty@tty1.service", "serial-getty@ttyS0.service", "user@1000.service", "systemcheckd.service"}) {
    EXPECT_TRUE(is_protected_unit(unit)) << unit;
  }
}

TEST(ProtectedUnits, AreNoOthers) {
  for (const auto* unit : {"", "apache2.service", "ssh-tunnel.service", "getty.service.d", "mysshd.service",
                           "postgresql@15-main.service", "cron.service"}) {
    EXPECT_FALSE(is_protected_unit(unit)) << unit;
  }
}

TEST(ProtectedPrograms, AreToldByTheirNameWhereverTheyAre) {
  for (const auto* path : {"/usr/sbin/sshd", "/opt/openssh/sbin/sshd", "/usr/lib/systemd/systemd-logind",
                           "/usr/bin/dbus-daemon", "/sbin/agetty", "/usr/sbin/systemcheckd"}) {
    EXPECT_TRUE(is_protected_program(path)) << path;
  }
  EXPECT_FALSE(is_protected_program("/usr/sbin/apache2"));
  EXPECT_FALSE(is_protected_program("/opt/sshd/bin/web"));
}

}  // namespace
}  // namespace systemcheck
