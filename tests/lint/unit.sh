#!/usr/bin/env bash
# unit.sh BUILD: systemd understands every line of the unit. The program is the one of this build, as the
# installed one is not there.
set -euo pipefail
build=$1
cd "$(dirname "$0")/../.."
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
sed "s|^ExecStart=systemcheckd|ExecStart=$build/systemcheckd|" contrib/systemd/systemcheckd.service \
  >"$directory/systemcheckd.service"
grep -q "$build" "$directory/systemcheckd.service"
complaints=$(systemd-analyze verify --man=no "$directory/systemcheckd.service" 2>&1) || { echo "$complaints"; exit 1; }
# What it does not understand it only warns of.
if grep -F systemcheckd.service <<<"$complaints"; then exit 1; fi
