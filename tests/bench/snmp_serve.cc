// The SNMP agent of the daemon, over a machine with as many services as one likes, for contrib/bench snmp.
//
//   snmp_serve SERVICES STATE_DIRECTORY COMMUNITY [AGENTX_SOCKET]
//
// Says where it listens, and ends with its standard input.

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "os/clock.h"
#include "publish/snmp.h"
#include "support/view_builder.h"

namespace {

systemcheck::View view_of(int services) {
  systemcheck::test::ViewBuilder builder;
  builder.snapshot().taken = systemcheck::steady_now();
  for (int i = 0; i < services; ++i)
    builder.service(
        systemcheck::test::make_row_that_is_up("service-" + std::to_string(1000 + i), 100 + i, 3));
  return builder.build();
}

systemcheck::SnmpConfig config_of(int argc, char** argv) {
  systemcheck::SnmpConfig config{.mode = systemcheck::SnmpMode::agent, .listen = {"udp:127.0.0.1:0"}};
  if (argc < 5) return config;
  config.mode = systemcheck::SnmpMode::agentx;
  config.agentx_socket = argv[4];
  config.agentx_ping = std::chrono::seconds{1};
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("snmp_serve SERVICES STATE_DIRECTORY COMMUNITY [AGENTX_SOCKET]\n", stderr);
    return 2;
  }
  systemcheck::Board<systemcheck::View> board;
  board.post(std::make_shared<const systemcheck::View>(view_of(std::stoi(argv[1]))));
  const auto agent = systemcheck::SnmpAgent::start(config_of(argc, argv), argv[2], argv[3], board);
  if (!agent) {
    std::fprintf(stderr, "%s\n", agent.error().message.c_str());
    return 1;
  }
  std::cout << (*agent)->addresses().at(0) << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
  }
  return 0;
}
