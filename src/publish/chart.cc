#include "publish/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "publish/html.h"

namespace systemcheck {
namespace {

// A point for seven and a half minutes: more are not told apart on a screen.
constexpr int width = 192;
constexpr int height = 200;
constexpr int hours_apart = 6;
constexpr Duration point_interval = samples_kept / width;

struct Point {
  int x = 0;
  int y = 0;  ///< from above
};
using Line = std::vector<Point>;

int place_of(WallTime at, WallTime now) {
  const auto age = now - at;
  return width - static_cast<int>(std::clamp<std::int64_t>(age / point_interval, 0, width));
}

std::string shown(const Chart& chart, double value) {
  if (chart.is_share) return fmt::format("{:.0f}%", value * 100);
  return chart.least_top > 1 ? fmt::format("{:g}", value) : fmt::format("{:.2f}", value);
}

/// The mean of what falls on one point; a new line after each gap.
class Plotter {
 public:
  Plotter(double top, WallTime now, Duration gap) : top_(top), now_(now), gap_(gap) {}

  void add(WallTime at, double value) {
    const int x = place_of(at, now_);
    const bool is_gap = count_ > 0 && at - last_ > gap_;
    if (count_ > 0 && (x != x_ || is_gap)) put();
    if (is_gap || lines_.empty()) lines_.emplace_back();
    x_ = x;
    sum_ += value;
    ++count_;
    last_ = at;
  }
  std::vector<Line> lines() {
    if (count_ > 0) put();
    return std::move(lines_);
  }

 private:
  void put() {
    const double share = std::clamp(sum_ / count_ / top_, 0.0, 1.0);
    lines_.back().push_back({.x = x_, .y = height - static_cast<int>(std::lround(share * height))});
    sum_ = 0;
    count_ = 0;
  }

  double top_;
  WallTime now_;
  Duration gap_;
  WallTime last_{};
  int x_ = 0;
  double sum_ = 0;
  int count_ = 0;
  std::vector<Line> lines_{};
};

std::string steps_of(const Line& line) {
  std::string steps;
  for (std::size_t i = 1; i < line.size(); ++i) {
    const int down = line[i].y - line[i - 1].y;
    steps += fmt::format("l{}{}{}", line[i].x - line[i - 1].x, down < 0 ? "" : " ", down);
  }
  return steps;
}

/// A single point is a line of no length, which is a dot.
std::string line_path(const std::vector<Line>& lines) {
  std::string path;
  for (const auto& line : lines)
    path += fmt::format("M{} {}{}", line.front().x, line.front().y, line.size() == 1 ? "h0" : steps_of(line));
  return path;
}

std::string area_path(const std::vector<Line>& lines) {
  std::string path;
  for (const auto& line : lines) {
    if (line.size() > 1)
      path += fmt::format("M{} {}V{}{}V{}z", line.front().x, height, line.front().y, steps_of(line), height);
  }
  return path;
}

std::string shortage_marks(const MachineSamples& samples, WallTime now) {
  std::string marks;
  for (std::size_t i = 0; i < samples.size();) {
    std::size_t end = i;
    while (end < samples.size() && samples[end].is_shedding)
      ++end;
    if (end > i) {
      const int from = place_of(samples[i].at, now);
      const int to = std::max(from + 1, place_of(samples[end - 1].at, now));
      marks += fmt::format(R"(<rect class="short" x="{}" width="{}" height="{}"/>)", from, to - from, height);
    }
    i = end + 1;
  }
  return marks;
}

std::string level_path(std::string_view kind, double share) {
  return fmt::format(R"(<path class="{}" d="M0 {}H{}"/>)", kind,
                     height - static_cast<int>(std::lround(share * height)), width);
}

std::string times_row(WallTime now) {
  std::string row = "<div class=\"times\" aria-hidden=\"true\">";
  for (int hours = 24; hours >= 0; hours -= hours_apart)
    row += html_minute(now - std::chrono::hours{hours});
  return row + "</div>";
}

std::string picture(const Chart& chart, const MachineSamples& samples, WallTime now, Duration gap,
                    const ChartRange& range) {
  const double top = chart.is_share ? 1 : round_top(std::max(chart.least_top, range.greatest));
  Plotter plotter(top, now, gap);
  for (const auto& sample : samples) {
    if (!std::isnan(sample.*chart.value)) plotter.add(sample.at, sample.*chart.value);
  }
  const auto lines = plotter.lines();
  const auto limit =
      chart.limit && *chart.limit <= top ? level_path("limit", *chart.limit / top) : std::string();
  return fmt::format(
      "<div class=\"plot\"><svg viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"{} of "
      "the last 24 hours: now {}, least {}, greatest {}\">{}{}{}{}<path class=\"area\" d=\"{}\"/><path "
      "d=\"{}\"/>{}"
      "</svg><div class=\"scale\" "
      "aria-hidden=\"true\"><span>{}</span><span>{}</span><span>0</span></div>{}</div>",
      width, height, chart.title, shown(chart, range.newest), shown(chart, range.least),
      shown(chart, range.greatest), level_path("grid", 0), level_path("grid", 0.5), level_path("grid", 1),
      chart.marks_shortage ? shortage_marks(samples, now) : std::string(), area_path(lines), line_path(lines),
      limit, shown(chart, top), shown(chart, top / 2), times_row(now));
}

std::string notes(const Chart& chart, const MachineSamples& samples) {
  std::string text;
  if (chart.limit && !chart.limit_words.empty())
    text += fmt::format("<span>- - {}</span>", chart.limit_words);
  const bool was_short = std::ranges::any_of(samples, &MachineSample::is_shedding);
  if (chart.marks_shortage)
    text += was_short ? "<span>shaded: memory was short, services were turned off or would have been</span>"
                      : "<span>memory was never short</span>";
  return text.empty() ? text : "<p class=\"note\">" + text + "</p>";
}

}  // namespace

double round_top(double value) {
  if (!(value > 0) || !std::isfinite(value)) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 1.5, 2.0, 3.0, 5.0, 8.0}) {
    if (value <= step * power) return step * power;
  }
  return 10 * power;
}

std::optional<ChartRange> range_of(const MachineSamples& samples, float MachineSample::*value) {
  std::optional<ChartRange> range;
  for (const auto& sample : samples) {
    const double one = sample.*value;
    if (std::isnan(one)) continue;
    if (!range) range = ChartRange{.least = one, .greatest = one, .newest = one};
    range->least = std::min(range->least, one);
    range->greatest = std::max(range->greatest, one);
    range->newest = one;
  }
  return range;
}

std::string chart_figure(const Chart& chart, const MachineSamples& samples, WallTime now, Duration gap) {
  const auto range = range_of(samples, chart.value);
  const auto head =
      fmt::format("<figure class=\"chart\" id=\"{}\"><figcaption><h3>{}</h3>", chart.id, chart.title);
  if (!range)
    return head + "</figcaption><p class=\"soft\">Nothing has been written down yet.</p></figure>\n";
  return fmt::format("{}<span class=\"soft\">now {}, {} to {}</span></figcaption>{}{}</figure>\n", head,
                     shown(chart, range->newest), shown(chart, range->least), shown(chart, range->greatest),
                     picture(chart, samples, now, gap, *range), notes(chart, samples));
}

}  // namespace systemcheck
