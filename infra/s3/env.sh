# Where the development S3 server lives and how to reach it; sourced by up.sh, down.sh and with.sh.
# Override with WHOLEBOOK_S3_DIR, WHOLEBOOK_S3_PORT (the port after it is used too) and WHOLEBOOK_S3_SIZE.

DIR=${WHOLEBOOK_S3_DIR:-${TMPDIR:-/tmp}/wholebook-s3}
PORT=${WHOLEBOOK_S3_PORT:-7480}
SIZE=${WHOLEBOOK_S3_SIZE:-8G}   # of the store, a sparse file that grows as far as it is filled

export AWS_ENDPOINT_URL_S3=http://127.0.0.1:$PORT
export AWS_ACCESS_KEY_ID=test
export AWS_SECRET_ACCESS_KEY=testtest
export AWS_DEFAULT_REGION=us-east-1
export CEPH_CONF=$DIR/ceph.conf

print_exports() {
  for name in AWS_ENDPOINT_URL_S3 AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_DEFAULT_REGION; do
    echo "export $name=${!name}"
  done
}

is_running() { # a daemon's name: its pid file names a live process that runs this store
  local pid
  pid=$(cat "$DIR/run/$1.pid" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/environ" | grep -qF "CEPH_CONF=$CEPH_CONF"
}

is_up() { is_running client.rgw && answers; }

answers() { python3 -c "import urllib.request as r; r.urlopen('$AWS_ENDPOINT_URL_S3', timeout=5)" 2>/dev/null; }

say() { echo "$*" >&2; }
