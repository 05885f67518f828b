#pragma once

#include "store/sqlite.h"

namespace systemcheck {

/// Makes the tables, or those of an older daemon into those of this one, in one transaction. An error of kind
/// refused: a newer daemon has made them.
Status migrate(Sqlite& file);
/// Whether there are the tables that migrate() makes. Touches nothing.
Status check_tables(Sqlite& file);

}  // namespace systemcheck
