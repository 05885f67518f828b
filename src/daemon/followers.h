#pragma once

#include "daemon/daemon.h"
#include "os/event_loop.h"
#include "publish/http.h"

namespace systemcheck {

/// Who follows by HTTP is told of every view, and now and then that the daemon lives.
class Followers {
 public:
  Followers(HttpServer& http, EventLoop& loop, Daemon& daemon) : http_(http), loop_(loop) {
    daemon.on_post([&http] { http.wake_followers(); });
    plan_beat();
  }

 private:
  void plan_beat() {
    beat_ = loop_.at(loop_.now() + http_heartbeat, [this] {
      http_.wake_followers();
      plan_beat();
    });
  }

  HttpServer& http_;
  EventLoop& loop_;
  Watch beat_{};
};

}  // namespace systemcheck
