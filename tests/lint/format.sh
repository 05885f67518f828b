#!/usr/bin/env bash
# Every C++ file looks as .clang-format says.
set -euo pipefail
cd "$(dirname "$0")/../.."
find src tests contrib \( -name '*.cc' -o -name '*.h' \) -print0 | xargs -0 clang-format --dry-run -Werror
