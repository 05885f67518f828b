#include "publish/describe.h"

namespace systemcheck {
namespace {

template <typename Describe>
void for_each_probe(const View& view, Describe describe) {
  for (const auto& service : view.services) {
    for (const auto& probe : service.probes)
      describe(probe, Labels{{"service", service.name}, {"probe", probe.state.name}});
  }
}

bool is_answered(ProbeClass result) { return result == ProbeClass::ok || result == ProbeClass::slow; }

void describe_failures(const View& view, Metrics& metrics) {
  for_each_probe(view, [&](const ProbeRow& probe, const Labels& labels) {
    for (const auto name : Words<ProbeClass>::all) {
      if (name == word(ProbeClass::ok)) continue;
      auto with_class = labels;
      with_class.emplace_back("class", name);
      const auto place = static_cast<std::size_t>(*from_word<ProbeClass>(name));
      metrics.counter(
          "systemcheck_probe_failures_total",
          "Answers of the probe that were not right and in time, by class; unknown: it could not be "
          "asked, which says nothing of the service.",
          static_cast<double>(probe.results_total.at(place)), std::move(with_class));
    }
  });
}

}  // namespace

void describe_probes(const View& view, Metrics& metrics) {
  for_each_probe(view, [&](const ProbeRow& probe, const Labels& labels) {
    metrics.gauge("systemcheck_probe_success", "Whether the last answer of the probe was right (1 = yes).",
                  is_answered(probe.state.last) ? 1 : 0, labels);
  });
  for_each_probe(view, [&](const ProbeRow& probe, const Labels& labels) {
    metrics.histogram(
        "systemcheck_probe_duration_seconds", "How long the probe waited for its verdict.",
        histogram_of(probe_buckets, probe.within, probe.durations, probe.duration_seconds_total), labels);
  });
  describe_failures(view, metrics);
  for_each_probe(view, [&](const ProbeRow& probe, const Labels& labels) {
    if (!probe.state.expires_at) return;
    metrics.gauge("systemcheck_probe_certificate_expiry_timestamp_seconds",
                  "When the certificate that the probe was shown expires, in seconds since the epoch.",
                  epoch_seconds(*probe.state.expires_at), labels);
  });
}

}  // namespace systemcheck
