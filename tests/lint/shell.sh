#!/usr/bin/env bash
# Every shell script, whatever it is called, passes shellcheck and stops at the first error.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t scripts < <(find .ci contrib tests -type f -exec awk \
  'FNR == 1 && /^#!(\/usr)?\/bin\/(env )?(ba|da)?sh( |$)/ { print FILENAME } { nextfile }' {} +)
[ "${#scripts[@]}" -gt 0 ] || { echo "no shell script found: the search is broken" >&2; exit 1; }
# 1091: it cannot follow /etc/os-release. 2016: awk and apt have dollar signs of their own.
shellcheck --exclude=SC1091,SC2016 "${scripts[@]}"
# A scenario that counts its failures and goes on needs at least -u.
if grep -LE '^set -(euo pipefail|eu|e|u)$' "${scripts[@]}" | grep .; then
  echo "these go on after an error: no 'set -…' line" >&2
  exit 1
fi
