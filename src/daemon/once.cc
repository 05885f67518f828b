#include "daemon/once.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "publish/prometheus.h"

namespace systemcheck {

Config only_observing(Config config) {
  config.mode = std::min(config.mode, Mode::observe);
  config.memory.mode = std::min(config.memory.mode, Mode::observe);
  for (auto& service : config.services)
    service.mode = std::min(service.mode, Mode::observe);
  return config;
}

int print_once(Daemon& daemon, Config config, EventLoop& loop, const Board<View>& board) {
  daemon.on_post([&] {
    if (board.newest()->snapshot->cycle > 0) loop.stop();
  });
  daemon.start(only_observing(std::move(config)));
  if (const auto run = loop.run(); !run) {
    std::fprintf(stderr, "systemcheckd: %s\n", run.error().message.c_str());
    return 1;
  }
  std::fputs(exposition(describe_view(*board.newest(), {})).c_str(), stdout);
  return 0;
}

}  // namespace systemcheck
