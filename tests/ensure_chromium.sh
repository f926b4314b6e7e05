#!/usr/bin/env bash
# Finds a Chromium or Chrome for the browser tests; on Debian, as root, installs one when there is none.
# Never fails: without a browser those tests say themselves that they were skipped.
set -uo pipefail

for name in "${CHROME:-}" chromium chromium-browser google-chrome; do
  if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
    exit 0
  fi
done
if ! command -v apt-get >/dev/null 2>&1; then
  echo "no Chromium here and no apt-get to install it: browser tests will be skipped (or set CHROME=/path)"
elif [ "$(id -u)" -ne 0 ]; then
  echo "no Chromium here and only root may install it: browser tests will be skipped (or set CHROME=/path)"
else
  echo "Installing Chromium for the browser tests"
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log"
    echo "Chromium could not be installed: browser tests will be skipped"
  fi
  rm -f "$log"
fi
exit 0
