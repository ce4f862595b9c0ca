#!/usr/bin/env bash
# Finds a Python that wxsync runs on, 3.11 or later, and lets it install wxsync.
set -euo pipefail
for python in python3 python python3.14 python3.13 python3.12 python3.11; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    exec "$python" "$(dirname "$0")/install.py" "$@"
  fi
done
echo "error: wxsync needs Python 3.11 or later, and this runner has none: install one, or use wxsync's container image" >&2
exit 1
