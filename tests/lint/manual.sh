#!/usr/bin/env bash
# The manual pages are free of mistakes. (They need not be installed for that, nor known to mandoc.)
set -euo pipefail
cd "$(dirname "$0")/../.."
mandoc -T lint -W warning,stop contrib/man/*.[158]
