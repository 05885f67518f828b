#pragma once

#include <string>

#include "publish/view.h"

namespace systemcheck {

/// The view as one JSON document, what `systemcheckctl status --json` prints. Pure. Carries no
/// command lines and no log lines: everybody on the machine may read it.
/// Its shape ("schema": 1) is described in contrib/doc/status-json.md; keys are only ever added.
std::string status_json(const View& view);

}  // namespace systemcheck
