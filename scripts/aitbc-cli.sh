#!/usr/bin/env bash
# The command aitbc under the name it had first: aitbc-cli.sh receipts, aitbc-cli.sh receipt ID.
set -euo pipefail
exec "$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)/.venv/bin/aitbc" "$@"
