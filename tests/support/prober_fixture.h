#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <optional>
#include <string>

#include "os/descriptor.h"
#include "probe/loop_prober.h"
#include "support/real_loop.h"

namespace systemcheck::test {

/// A socket on a free port of loopback. Unless it is told to, it accepts and says nothing.
class Server {
 public:
  explicit Server(int type = SOCK_STREAM)
      : socket_(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(name);
    EXPECT_EQ(::bind(socket_.number(), reinterpret_cast<sockaddr*>(&name), size), 0);
    EXPECT_EQ(::getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&name), &size), 0);
    port_ = ntohs(name.sin_port);
  }
  void listen() { EXPECT_EQ(::listen(socket_.number(), 8), 0); }
  [[nodiscard]] Descriptor accept() const {
    return Descriptor(::accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  [[nodiscard]] int number() const { return socket_.number(); }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  Descriptor socket_;
  std::uint16_t port_ = 0;
};

inline std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

class LoopProberTest : public RealLoopTest {
 protected:
  Watch ask(const Probe& probe, std::optional<Verdict>& into) {
    auto watch = prober_.ask(probe, [&into](const Verdict& verdict) { into = verdict; });
    EXPECT_FALSE(into) << "called back inside ask";
    return watch;
  }
  Verdict verdict_on(const Probe& probe) {
    std::optional<Verdict> verdict;
    const auto watch = ask(probe, verdict);
    run_until([&] { return verdict.has_value(); });
    return verdict.value_or(Verdict{});
  }
  static Probe probe_of(ProbeKind kind, const std::string& target) {
    Probe probe;
    probe.kind = kind;
    probe.target = target;
    return probe;
  }

 private:
  LoopProber prober_{loop()};
};

}  // namespace systemcheck::test
