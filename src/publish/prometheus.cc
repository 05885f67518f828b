#include "publish/prometheus.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <unordered_set>
#include <utility>
#include <vector>

#include "publish/describe.h"
#include "publish/view_words.h"

// TextSerializer escapes the values of labels and writes numbers without regard to the locale. What
// it leaves to its caller (prometheus-cpp 1.0.1): it writes help texts as they are, so that a
// newline in one makes the whole page unreadable; and it lets through broken UTF-8 and a series
// that stands there twice, either of which makes a scraper refuse the page.

namespace systemcheck {
namespace {

/// "Text format details" of the exposition formats: in HELP, backslash and line feed are escaped.
std::string escaped_help(std::string_view help) {
  std::string escaped;
  escaped.reserve(help.size());
  for (const char c : help) {
    if (c == '\\') escaped += '\\';
    escaped += c == '\n' ? "\\n" : std::string(1, c);
  }
  return escaped;
}

prometheus::ClientMetric::Histogram one_histogram(const Histogram& histogram) {
  prometheus::ClientMetric::Histogram result;
  result.sample_count = static_cast<std::uint64_t>(histogram.count);
  result.sample_sum = histogram.sum;
  for (const auto& bucket : histogram.buckets)
    result.bucket.push_back(
        {.cumulative_count = static_cast<std::uint64_t>(bucket.count), .upper_bound = bucket.bound});
  result.bucket.push_back(
      {.cumulative_count = result.sample_count, .upper_bound = std::numeric_limits<double>::infinity()});
  return result;
}

prometheus::ClientMetric one_metric(const Sample& sample, Family::Kind kind) {
  prometheus::ClientMetric metric;
  metric.label.reserve(sample.labels.size());
  for (const auto& [name, value] : sample.labels)
    metric.label.push_back({name, published_text(value)});
  if (kind == Family::Kind::counter) metric.counter.value = sample.value;
  if (kind == Family::Kind::gauge) metric.gauge.value = sample.value;
  if (kind == Family::Kind::histogram) metric.histogram = one_histogram(sample.histogram);
  return metric;
}

prometheus::MetricType type_of(Family::Kind kind) {
  if (kind == Family::Kind::counter) return prometheus::MetricType::Counter;
  return kind == Family::Kind::gauge ? prometheus::MetricType::Gauge : prometheus::MetricType::Histogram;
}

/// 0xFF and 0xFE are in no UTF-8 text.
std::string series_key(const prometheus::ClientMetric& metric) {
  std::string key;
  for (const auto& label : metric.label) {
    key += label.name;
    key += '\xFE';
    key += label.value;
    key += '\xFF';
  }
  return key;
}

/// Of two series with the same labels the first one stands.
prometheus::MetricFamily one_family(const Family& family) {
  prometheus::MetricFamily result{
      .name = family.name, .help = escaped_help(family.help), .type = type_of(family.kind), .metric = {}};
  result.metric.reserve(family.samples.size());
  std::unordered_set<std::string> seen;
  seen.reserve(family.samples.size());
  for (const auto& sample : family.samples) {
    auto metric = one_metric(sample, family.kind);
    if (seen.insert(series_key(metric)).second) result.metric.push_back(std::move(metric));
  }
  return result;
}

}  // namespace

Metrics describe_view(const View& view, const RequestCounts& requests) {
  Metrics metrics;
  describe_services(view, metrics);
  if (view.shedding) describe_shedding(*view.shedding, metrics);
  if (view.relay) describe_relay(*view.relay, metrics);
  describe_probes(view, metrics);
  describe(*view.snapshot, metrics);
  describe_thresholds(view, metrics);
  describe_daemon(view, metrics);
  describe_requests(requests, metrics);
  return metrics;
}

std::string exposition(const Metrics& metrics) {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(metrics.families().size());
  for (const auto& family : metrics.families())
    families.push_back(one_family(family));
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

}  // namespace systemcheck
