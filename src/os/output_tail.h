#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "os/descriptor.h"
#include "os/event_loop.h"

namespace systemcheck {

/// The end of what a command writes: its last 4 KiB, however much it is.
///
/// Keeps reading as long as it lives and somebody holds the other end: a daemon that was started by the
/// command and inherited the pipe would get SIGPIPE, or stand still, once nobody read it any more.
class OutputTail {
 public:
  static constexpr std::size_t limit_bytes = 4096;

  /// `pipe` is non-blocking.
  static Result<std::unique_ptr<OutputTail>> follow(EventLoop& loop, Descriptor pipe);

  /// Takes what is there now. Not for ever: somebody may write faster than we read.
  void catch_up();
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Nobody can write any more.
  [[nodiscard]] bool has_ended() const { return !pipe_.is_open(); }

 private:
  explicit OutputTail(Descriptor pipe) : pipe_(std::move(pipe)) {}
  bool read_once();
  void keep(std::string_view piece);

  Descriptor pipe_;
  Watch readable_{};  // After the pipe: it leaves the loop before the pipe is closed.
  std::string text_{};
};

}  // namespace systemcheck
