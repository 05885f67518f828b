#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "os/board.h"
#include "os/event_loop.h"
#include "publish/view.h"

namespace systemcheck {

/// Answers on the control socket. A request is one line; the answer is one JSON document, then the end:
///   status   the view (contrib/doc/status-json.md)
/// What cannot be answered gets {"error": "…"}. Everybody on the machine may ask for states.
class Control {
 public:
  static Result<std::unique_ptr<Control>> listen(const std::string& path, EventLoop& loop,
                                                 const Board<View>& views);
  virtual ~Control() = default;
};

}  // namespace systemcheck
