"""The boto3 client, configured by the standard AWS chain (environment, profile, instance role) and nothing of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

ATTEMPTS = 6  # where neither AWS_MAX_ATTEMPTS nor the profile's max_attempts says otherwise
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
CONNECTIONS = 16


def make_client() -> S3Client:
    """Make a client of its own session: sessions are not safe to share between threads, clients are.

    Raises `botocore.exceptions.BotoCoreError`, or `ValueError` for a malformed endpoint.
    """
    session = botocore.session.Session()
    attempts = session.get_config_variable("max_attempts") or ATTEMPTS
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        # S3 servers other than AWS's refuse the trailing checksums that boto3 would add unasked.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.Session(botocore_session=session).client("s3", config=config)
