#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "support/temporary_directory.h"

namespace systemcheck::test {

/// A dbus-daemon of the test's own, on a socket in a temporary directory; it can be ended and come back.
class PrivateBus {
 public:
  PrivateBus() { start(); }
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;
  ~PrivateBus() { end(); }

  [[nodiscard]] std::string address() const { return "unix:path=" + directory_.path("bus"); }
  /// False where there is no dbus-daemon.
  [[nodiscard]] bool is_running() const { return pid_ > 0; }

  void start() {
    const auto config = directory_.write_file("bus.conf", configuration());
    ::unlink(directory_.path("bus").c_str());
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return;
    const auto announce = "--print-address=" + std::to_string(ends[1]);
    const auto config_option = "--config-file=" + config;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);  // It complains that it may not raise its limits.
      ::execlp("dbus-daemon", "dbus-daemon", "--nofork", config_option.c_str(), announce.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    char byte = 0;
    const bool is_up = ::read(ends[0], &byte, 1) == 1;  // It listens before it says where.
    ::close(ends[0]);
    if (!is_up) end();
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  [[nodiscard]] std::string configuration() const {
    return "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
           " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
           "<busconfig><type>session</type><listen>" +
           address() +
           "</listen><auth>EXTERNAL</auth><policy context=\"default\">"
           "<allow send_destination=\"*\" eavesdrop=\"false\"/><allow receive_sender=\"*\"/>"
           "<allow own=\"*\"/></policy></busconfig>\n";
  }

  TemporaryDirectory directory_{};
  pid_t pid_ = -1;
};

}  // namespace systemcheck::test
