#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/load.h"
#include "daemon/journal.h"
#include "os/event_loop.h"
#include "publish/http_gate.h"

namespace systemcheck {

/// The web configuration file and the files it names, as they are now. May block.
struct ReadWeb {
  std::shared_ptr<const HttpWeb> web{};  ///< null where there is a problem, or no such file
  std::vector<Problem> problems{};
  std::vector<std::string> doubts{};  ///< what works, and should not be so
};
ReadWeb read_web(const HttpConfig& config);
/// Which files these are, in which state; another text when any of them has changed. May block.
std::string look_at_web(const HttpConfig& config, const HttpWeb& web);

/// Takes over what changes of it while the daemon runs. What cannot be used is said once, and the old one
/// stays. Main thread; files are read aside.
class WebWatch {
 public:
  struct Hooks {
    std::function<Status(std::shared_ptr<const HttpWeb>)> use{};
    std::function<void(bool is_good)> told{};  ///< whether it could be used
  };

  /// `web` is what is in force; null where there is no such file.
  WebWatch(EventLoop& loop, Journal& journal, HttpConfig config, std::shared_ptr<const HttpWeb> web,
           Hooks hooks);
  WebWatch(const WebWatch&) = delete;
  WebWatch& operator=(const WebWatch&) = delete;
  ~WebWatch() = default;

 private:
  void look_later();
  void look();
  void take_over(const ReadWeb& read, const std::string& identities);
  void keep_old(const std::string& complaint);

  EventLoop& loop_;
  Journal& journal_;
  const HttpConfig config_;
  std::shared_ptr<const HttpWeb> web_;
  const Hooks hooks_;
  std::string seen_{};       ///< what is in force
  std::string complaint_{};  ///< of what is not
  Watch timer_{};
  Watch job_{};
};

}  // namespace systemcheck
