#include "os/leftovers.h"

#include <csignal>
#include <utility>

#include "os/pidfd.h"

namespace systemcheck {

std::unique_ptr<Leftovers> Leftovers::end(EventLoop& loop, const std::vector<ProcessIdentity>& processes,
                                          Duration kill_after, Callback on_gone) {
  std::unique_ptr<Leftovers> leftovers(new Leftovers(loop, kill_after, std::move(on_gone)));
  for (const auto& process : processes)
    leftovers->add(process);
  leftovers->timer_ = loop.at(loop.now(), [raw = leftovers.get()] { raw->begin(); });
  return leftovers;
}

Leftovers::Leftovers(EventLoop& loop, Duration kill_after, Callback on_gone)
    : loop_(loop), kill_after_(kill_after), on_gone_(std::move(on_gone)) {}

std::string Leftovers::describe() const {
  std::string text;
  for (const auto& target : targets_)
    text += (text.empty() ? "" : ", ") + std::to_string(target.process.pid);
  return text;
}

void Leftovers::add(ProcessIdentity process) {
  auto pidfd = open_process(process);
  if (!pidfd && pidfd.error().kind == Error::Kind::not_found) return;  // Which is what we want.
  auto& target = targets_.emplace_back();
  target.process = process;
  if (pidfd) target.pidfd = *std::move(pidfd);
}

void Leftovers::begin() {
  for (auto target = targets_.begin(); target != targets_.end();) {
    const auto here = target++;
    auto gone = loop_.when_gone(here->process, [this, here] {
      targets_.erase(here);
      finish_if_all_gone();
    });
    if (gone) {
      here->gone = *std::move(gone);
    } else if (gone.error().kind == Error::Kind::not_found) {
      targets_.erase(here);
    }
  }
  signal_all(SIGTERM);
  timer_ = loop_.at(loop_.now() + kill_after_, [this] { signal_all(SIGKILL); });
  finish_if_all_gone();
}

void Leftovers::signal_all(int signal) {
  for (const auto& target : targets_)
    (void)signal_process(target.pidfd, signal);  // Gone, or seen not to go.
}

void Leftovers::finish_if_all_gone() {
  if (!targets_.empty()) return;
  timer_.cancel();
  const auto on_gone = std::move(on_gone_);
  on_gone();  // May destroy us.
}

}  // namespace systemcheck
