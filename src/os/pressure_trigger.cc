#include "os/pressure_trigger.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "os/os_error.h"

namespace systemcheck {
namespace {

// Without CAP_SYS_RESOURCE windows have to be a multiple of 2 s (kernel 6.1.42 and later).
constexpr std::array conditions{"some 150000 1000000", "some 150000 2000000"};

/// The condition is written with its terminating zero, as psi.rst does.
Result<Descriptor> arm(const std::string& file, const std::string& condition) {
  Descriptor opened(::open(file.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!opened.is_open()) return os_error(file);
  if (::write(opened.number(), condition.c_str(), condition.size() + 1) < 0)
    return os_error(file + ": '" + condition + "'");
  return opened;
}

}  // namespace

Result<std::unique_ptr<PressureTrigger>> PressureTrigger::make(EventLoop& loop, const std::string& file,
                                                               const Callback& on_pressure) {
  Error refused;
  for (const auto* condition : conditions) {
    auto armed = arm(file, condition);
    if (!armed) {
      refused = std::move(armed).error();
      continue;
    }
    std::unique_ptr<PressureTrigger> trigger(new PressureTrigger(*std::move(armed), condition));
    auto pressed =
        loop.when_ready(trigger->file_.number(), Ready::exceptional, Priority::urgent, on_pressure);
    if (!pressed) return std::move(pressed).error();
    trigger->pressed_ = *std::move(pressed);
    return trigger;
  }
  return refused;
}

}  // namespace systemcheck
