#pragma once

#include "base/machine_sample.h"
#include "store/sqlite.h"

namespace systemcheck {

// How the machine was, a row for each minute of the day: what is older is written over, and there is never
// more to read than a day.

/// Within a transaction.
Status put_sample(Sqlite& file, const MachineSample& sample);
/// Those of the day before `now`. What is later, as a clock that was wrong has left it, is none of them.
Result<MachineSamples> read_samples(Sqlite& file, WallTime now);

}  // namespace systemcheck
