#!/usr/bin/env bash
# Runs a command with the environment of the development S3 server, which it starts, and ends, where none is up.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"

if ! is_up; then
  trap '"$here/down.sh"' EXIT
  "$here/up.sh" >/dev/null || {
    status=$?
    [ "$status" = 3 ] || exit "$status"
    echo "SKIPPED: $*: the S3 server comes from Debian packages, and there is no apt-get here"
    exit 0
  }
fi

# Nothing of the user's own AWS configuration.
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
WHOLEBOOK_TEST_S3=1 "$@"
