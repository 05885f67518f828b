#pragma once

#include <cstdint>
#include <vector>

#include "store/records.h"
#include "store/sqlite.h"

namespace systemcheck {

// The tables of the relay, as schema.cc makes them.

/// Within a transaction.
Status put_relay_notes(Sqlite& file, const RelayNotes& notes, std::int64_t elapsed_microseconds);
Result<RelayState> read_relay_state(Sqlite& file);
/// The newest first.
Result<std::vector<RelayChange>> read_relay_changes(Sqlite& file, const HistoryQuery& query);

/// Of a statement that ends in "(?='' OR NAME=?) AND at >= ? ORDER BY id DESC LIMIT ?".
void bind_query(Statement& rows, const HistoryQuery& query);

}  // namespace systemcheck
