#include <algorithm>
#include <cmath>

#include "decide/shed_scene.h"

// How fast memory falls, and who makes it fall.

namespace systemcheck {
namespace {

constexpr Duration forecast_window = std::chrono::seconds{10};
constexpr Duration history_step = std::chrono::milliseconds{100};  // Bounds the history to 101 samples.
constexpr std::size_t forecast_readings_min = 5;
constexpr double forecast_fit_min = 0.5;
constexpr Duration forecast_max = std::chrono::hours{1};

constexpr Duration growth_window = std::chrono::minutes{1};
constexpr Duration growth_step = std::chrono::seconds{5};
constexpr std::size_t growth_samples_min = 3;
constexpr double culprit_share = 0.5;
constexpr double loss_share_min = 0.01;

void note_sample(std::vector<ShedSample>& samples, ShedSample sample, Duration step, Duration window) {
  if (!samples.empty() && sample.at - samples.back().at < step) return;
  std::erase_if(samples, [&](const ShedSample& it) { return sample.at - it.at > window; });
  samples.push_back(sample);
}

struct Line {
  double slope = 0;  ///< bytes per second
  double fit = 0;    ///< r², 0 to 1
};

/// Least squares.
Line fit_line(const std::vector<ShedSample>& samples) {
  const auto count = static_cast<double>(samples.size());
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& it : samples) {
    mean_x += in_seconds(it.at - samples.front().at) / count;
    mean_y += it.bytes / count;
  }
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (const auto& it : samples) {
    const double x = in_seconds(it.at - samples.front().at) - mean_x;
    const double y = it.bytes - mean_y;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  if (xx <= 0 || yy <= 0) return {};
  return {xy / xx, xy * xy / (xx * yy)};
}

}  // namespace

void note_shed_glance(ShedMemo& memo, double usable_bytes, Instant at) {
  note_sample(memo.history, {at, usable_bytes}, history_step, forecast_window);
  note_sample(memo.growth, {at, usable_bytes}, growth_step, growth_window);
}

void note_history(ShedScene& scene) {
  note_shed_glance(scene.memo(), scene.usable(), scene.sight->taken);
  for (auto& service : scene.services) {
    if (!service.is_use_known || service.presence != ShedPresence::up) continue;
    note_sample(service.memo->samples, {scene.sight->taken, service.used_bytes}, growth_step, growth_window);
  }
}

void forget_growth(ShedScene& scene) {
  scene.memo().growth.clear();
  scene.memo().history.clear();
}

std::optional<Fall> find_fall(const ShedScene& scene) {
  const auto& history = scene.memo().history;
  if (history.size() < forecast_readings_min) return std::nullopt;
  const auto line = fit_line(history);
  if (line.slope >= 0 || line.fit < forecast_fit_min) return std::nullopt;
  const double rate = -line.slope;
  const double seconds = std::max(0.0, scene.usable() - scene.thresholds.critical) / rate;
  if (seconds > in_seconds(forecast_max)) return std::nullopt;
  return Fall{rate, std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds))};
}

bool is_culprit(const ShedScene& scene, const ShedView& service) {
  const auto& all = scene.memo().growth;
  const auto& own = service.memo->samples;
  if (all.size() < growth_samples_min || own.size() < growth_samples_min) return false;
  const double loss = all.front().bytes - scene.usable();
  if (loss < loss_share_min * scene.total()) return false;
  // From the same moment on: what it was before is no part of this loss.
  const auto begin =
      std::ranges::find_if(own, [&](const ShedSample& it) { return it.at >= all.front().at - growth_step; });
  return begin != own.end() && service.used_bytes - begin->bytes > culprit_share * loss;
}

}  // namespace systemcheck
