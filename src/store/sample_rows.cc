#include "store/sample_rows.h"

#include <algorithm>
#include <cstdint>

#include "store/stored.h"

namespace systemcheck {
namespace {

/// Of the day, by UTC.
std::int64_t minute_of(WallTime at) {
  const auto minute = std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count();
  const auto minutes = static_cast<std::int64_t>(samples_max);
  return (minute % minutes + minutes) % minutes;
}

MachineSample take_sample(Statement& row) {
  MachineSample sample{.at = time_of(row.take_number())};
  for (auto* value : {&sample.load, &sample.load_per_cpu, &sample.usable_ratio, &sample.relay_clients})
    *value = static_cast<float>(row.take_real());
  sample.is_shedding = row.take_number() != 0;
  return sample;
}

}  // namespace

Status put_sample(Sqlite& file, const MachineSample& sample) {
  Statement row(file, "INSERT OR REPLACE INTO samples VALUES (?,?,?,?,?,?,?)");
  row.number(minute_of(sample.at)).number(stored_time(sample.at)).real(sample.load);
  row.real(sample.load_per_cpu).real(sample.usable_ratio).real(sample.relay_clients);
  return row.number(sample.is_shedding ? 1 : 0).run();
}

Result<MachineSamples> read_samples(Sqlite& file, WallTime now) {
  MachineSamples samples;
  Statement rows(file,
                 "SELECT at, load, load_per_cpu, usable, clients, shedding FROM samples "
                 "WHERE at > ? AND at <= ? ORDER BY at LIMIT ?");
  rows.number(stored_time(now - samples_kept)).number(stored_time(now));
  rows.number(static_cast<std::int64_t>(samples_max));
  for (;;) {
    const auto more = rows.step();
    if (!more) return more.error();
    if (!*more) return samples;
    samples.push_back(take_sample(rows));
  }
}

}  // namespace systemcheck
