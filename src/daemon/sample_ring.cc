#include "daemon/sample_ring.h"

#include <algorithm>

#include "publish/view_words.h"

namespace systemcheck {
namespace {

/// A cycle of a minute is a little early or late.
constexpr Duration slack = std::chrono::seconds{1};

bool is_shedding(const View& view) {
  if (!view.shedding) return false;
  const auto state = view.shedding->state;
  return state != ShedState::normal && state != ShedState::warn && state != ShedState::blind;
}

}  // namespace

MachineSample sample_of(const View& view) {
  MachineSample sample{.at = view.posted_at};
  const auto& facts = view.snapshot->facts;
  if (const auto& load = facts.of<Load>()) sample.load = static_cast<float>(load->one_minute);
  if (const auto per_cpu = load_per_cpu(facts)) sample.load_per_cpu = static_cast<float>(*per_cpu);
  if (const auto& memory = facts.of<Memory>())
    sample.usable_ratio = static_cast<float>(memory->usable_ratio());
  if (view.relay) sample.relay_clients = static_cast<float>(view.relay->grants);
  sample.is_shedding = is_shedding(view);
  return sample;
}

std::optional<MachineSample> SampleRing::note(const View& view, Instant now) {
  was_shedding_ = was_shedding_ || is_shedding(view);
  const bool is_new = view.snapshot->cycle != last_cycle_;
  if (!is_new || now < due_ - slack) return std::nullopt;
  due_ = std::max(due_, now - slack) + sample_interval;  // They do not drift.
  last_cycle_ = view.snapshot->cycle;
  auto sample = sample_of(view);
  sample.is_shedding = std::exchange(was_shedding_, is_shedding(view));
  add(sample);
  return sample;
}

/// A clock that was set back leaves samples that are yet to come: they are forgotten, as are those of a day
/// ago.
void SampleRing::add(const MachineSample& sample) {
  auto samples = std::make_shared<MachineSamples>();
  samples->reserve(samples_->size() + 1);
  std::ranges::copy_if(*samples_, std::back_inserter(*samples), [&](const MachineSample& it) {
    return it.at < sample.at && it.at > sample.at - samples_kept;
  });
  if (samples->size() == samples_max) samples->erase(samples->begin());
  samples->push_back(sample);
  samples_ = std::move(samples);
}

}  // namespace systemcheck
