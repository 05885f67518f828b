#include <algorithm>

#include "publish/chart.h"
#include "publish/html.h"

namespace systemcheck {
namespace {

/// A sample that is this late is missing: the times of samples shake a little.
Duration gap_of(const View& view) { return std::max(sample_interval, view.daemon.cycle_interval) * 5 / 2; }

double least_usable(const View& view) {
  const auto& memory = view.snapshot->facts.of<Memory>();
  const double total = memory ? static_cast<double>(memory->total_bytes) : 1;
  return view.config->memory.below.bytes_of(total) / total;
}

}  // namespace

std::string charts_section(const View& view) {
  const auto draw = [&](const Chart& chart) {
    return chart_figure(chart, *view.samples, view.posted_at, gap_of(view));
  };
  std::string text =
      "<section aria-labelledby=\"day\">\n<h2 id=\"day\">The last 24 hours<small class=\"zone\">times are "
      "UTC</small>"
      "</h2>\n<div class=\"charts\">\n";
  text += draw({.id = "chart-per-cpu",
                .title = "Load per processor",
                .value = &MachineSample::load_per_cpu,
                .limit = view.config->load.warn_per_cpu,
                .limit_words = "warning above"});
  text += draw({.id = "chart-load", .title = "Load", .value = &MachineSample::load});
  text += draw({.id = "chart-memory",
                .title = "Usable memory",
                .value = &MachineSample::usable_ratio,
                .is_share = true,
                .limit = least_usable(view),
                .limit_words = "short below",
                .marks_shortage = true});
  if (view.relay)
    text += draw({.id = "chart-relay",
                  .title = "Addresses that may relay",
                  .value = &MachineSample::relay_clients,
                  .least_top = 5});
  return text + "</div>\n</section>\n";
}

}  // namespace systemcheck
