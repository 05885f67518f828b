#include "os/sd_event_loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "os/clock.h"
#include "os/descriptor.h"
#include "os/os_error.h"
#include "os/pidfd.h"

namespace systemcheck {
namespace {

using std::chrono::microseconds;

// sd-event takes 0 for "250 ms will do".
constexpr std::uint64_t accuracy_us = 1;

Error sd_error(const std::string& what, int result) { return os_error(what, -result); }

struct Unref {
  // Switched off first: a source that is just being dispatched lives until its callback returns.
  void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
};

/// What a Watch of this loop holds. The callback is shared with the call that runs it, because the
/// Watch may be destroyed in there.
struct Source final : Watch::Registration {
  std::shared_ptr<Callback> callback{};
  // Before the source: a descriptor has to leave epoll before it is closed, or a child process that
  // inherited it keeps the registration alive and events arrive for nobody.
  Descriptor descriptor{};
  std::unique_ptr<sd_event_source, Unref> source{};

  std::optional<ProcessIdentity> process{};  ///< of a pidfd

  explicit Source(Callback function) : callback(std::make_shared<Callback>(std::move(function))) {}
  [[nodiscard]] std::optional<ProcessEnd> how_it_ended() const override {
    return process ? read_end(descriptor, *process) : std::nullopt;
  }
  void run() const {
    const auto alive = callback;
    (*alive)();
  }
};

Source& source_of(void* userdata) { return *static_cast<Source*>(userdata); }

int on_io(sd_event_source*, int, std::uint32_t, void* userdata) {
  source_of(userdata).run();
  return 0;
}

int on_time(sd_event_source*, std::uint64_t, void* userdata) {
  source_of(userdata).run();
  return 0;
}

int on_signal_number(sd_event_source*, const signalfd_siginfo*, void* userdata) {
  source_of(userdata).run();
  return 0;
}

std::int64_t priority_of(Priority priority) {
  switch (priority) {
    case Priority::urgent:
      return SD_EVENT_PRIORITY_IMPORTANT;
    case Priority::normal:
      return SD_EVENT_PRIORITY_NORMAL;
    case Priority::idle:
      return SD_EVENT_PRIORITY_IDLE;
  }
  return SD_EVENT_PRIORITY_NORMAL;
}

std::uint32_t events_of(Ready ready) {
  switch (ready) {
    case Ready::readable:
      return EPOLLIN;
    case Ready::writable:
      return EPOLLOUT;
    case Ready::exceptional:
      break;
  }
  return EPOLLPRI;
}

/// Rounded up, so that nothing fires before its time; the past is now.
std::uint64_t monotonic_us(Instant when) {
  constexpr auto latest = Instant::max() - microseconds{1};
  const auto since_boot = std::chrono::ceil<microseconds>(std::min(when, latest).time_since_epoch());
  return since_boot.count() < 0 ? 0 : static_cast<std::uint64_t>(since_boot.count());
}

/// epoll takes each descriptor once; a second watch of it (readable and writable) uses a copy.
int add_io(sd_event* event, Source& into, int descriptor, std::uint32_t events) {
  sd_event_source* source = nullptr;
  int result = sd_event_add_io(event, &source, descriptor, events, on_io, &into);
  if (result == -EEXIST) {
    into.descriptor = Descriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!into.descriptor.is_open()) return -errno;
    result = sd_event_add_io(event, &source, into.descriptor.number(), events, on_io, &into);
  }
  if (result >= 0) into.source.reset(source);
  return result;
}

}  // namespace

void SdEventLoop::Release::operator()(sd_event* event) const { sd_event_unref(event); }

SdEventLoop::SdEventLoop(sd_event* event) : event_(event) {}
SdEventLoop::~SdEventLoop() = default;

Result<std::unique_ptr<SdEventLoop>> SdEventLoop::make() {
  sd_event* event = nullptr;
  if (const int result = sd_event_new(&event); result < 0) return sd_error("event loop", result);
  return std::unique_ptr<SdEventLoop>(new SdEventLoop(event));
}

Instant SdEventLoop::now() { return steady_now(); }
WallTime SdEventLoop::wall_now() { return systemcheck::wall_now(); }

Watch SdEventLoop::at(Instant when, Callback callback) {
  auto timer = std::make_unique<Source>(std::move(callback));
  sd_event_source* source = nullptr;
  const int result = sd_event_add_time(event_.get(), &source, CLOCK_MONOTONIC, monotonic_us(when),
                                       accuracy_us, on_time, timer.get());
  // Only for want of memory or of a first timer descriptor: there is no going on without timers.
  if (result < 0) std::terminate();
  timer->source.reset(source);
  return Watch(std::move(timer));
}

Result<Watch> SdEventLoop::when_ready(int descriptor, Ready ready, Priority priority, Callback callback) {
  auto io = std::make_unique<Source>(std::move(callback));
  const int result = add_io(event_.get(), *io, descriptor, events_of(ready));
  if (result < 0) return sd_error("cannot wait for a descriptor", result);
  (void)sd_event_source_set_priority(io->source.get(),
                                     priority_of(priority));  // Fails only on a dead source.
  return Watch(std::move(io));
}

Result<Watch> SdEventLoop::when_gone(ProcessIdentity process, Callback callback) {
  auto pidfd = open_process(process);
  if (!pidfd) return pidfd.error();
  auto gone = std::make_unique<Source>(std::move(callback));
  gone->descriptor = std::move(*pidfd);
  gone->process = process;
  // As plain I/O: sd_event_add_child_pidfd would wait for it, and refuses what is not our child.
  const int result = add_io(event_.get(), *gone, gone->descriptor.number(), EPOLLIN);
  if (result < 0) return sd_error("cannot watch a process", result);
  (void)sd_event_source_set_priority(gone->source.get(), SD_EVENT_PRIORITY_IMPORTANT);
  // A pidfd stays readable for ever.
  (void)sd_event_source_set_enabled(gone->source.get(), SD_EVENT_ONESHOT);
  return Watch(std::move(gone));
}

Result<Watch> SdEventLoop::on_signal(int number, Callback callback) {
  sigset_t one{};
  sigemptyset(&one);
  sigaddset(&one, number);
  pthread_sigmask(SIG_BLOCK, &one, nullptr);
  auto watch = std::make_unique<Source>(std::move(callback));
  sd_event_source* source = nullptr;
  const int result = sd_event_add_signal(event_.get(), &source, number, on_signal_number, watch.get());
  if (result == -EBUSY)
    return Error{Error::Kind::refused, "signal " + std::to_string(number) + " is watched already"};
  if (result < 0) return sd_error("cannot watch a signal", result);
  watch->source.reset(source);
  return Watch(std::move(watch));
}

Result<Watch> SdEventLoop::aside(Job job) {
  if (!aside_) {
    auto made = Sideline::make(*this, aside_limit);
    if (!made) return made.error();
    aside_ = *std::move(made);
  }
  return aside_->put(std::move(job));
}

Status SdEventLoop::run() {
  while (!is_stopped_) {
    const int result = sd_event_run(event_.get(), std::numeric_limits<std::uint64_t>::max());
    if (result < 0) return sd_error("event loop", result);
  }
  is_stopped_ = false;
  return Nothing{};
}

}  // namespace systemcheck
