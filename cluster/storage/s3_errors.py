"""Errors of botocore, as ours: which of them another attempt may cure, and what to do about the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as aws

from engine.errors import ObjectMissing, StorageError, StorageUnavailable, WholebookError

# The answer broke off after the headers; botocore itself does not repeat these.
BROKEN_BODY = (aws.ResponseStreamingError, aws.ReadTimeoutError, aws.IncompleteReadError, aws.ConnectionClosedError)

_CREDENTIALS = "Check the AWS credentials and what they permit: get, put, delete and s3:ListBucket on the bucket"
_REGION = "Set AWS_DEFAULT_REGION to the bucket's region"
_REMEDIES = {
    "NoSuchBucket": "Create the bucket, or correct the URI or AWS_ENDPOINT_URL_S3",
    "AccessDenied": _CREDENTIALS,
    "AllAccessDisabled": _CREDENTIALS,
    "ExpiredToken": "Renew the AWS session",
    "InvalidAccessKeyId": _CREDENTIALS,
    "InvalidToken": "Renew the AWS session",
    "SignatureDoesNotMatch": _CREDENTIALS,
    "RequestTimeTooSkewed": "Set this machine's clock",
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "QuotaExceeded": "Free space in the bucket, or raise its quota",
    "EntityTooLarge": "Write smaller objects; a single request holds 5 GB",
    "KeyTooLongError": "Use shorter names",
}
_TRANSIENT_CODES = {"SlowDown", "Throttling", "ThrottlingException", "RequestTimeout", "OperationAborted"}
_TRANSIENT_STATUS = {408, 429, 500, 502, 503, 504}
_MISSING_CODES = {"NoSuchKey", "404", "NotFound"}
_TRANSIENT_ERRORS = (aws.HTTPClientError, aws.ConnectionError, aws.IncompleteReadError, aws.MetadataRetrievalError)
_CREDENTIAL_ERRORS = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.TokenRetrievalError,
    aws.NoAuthTokenError,
    aws.ProfileNotFound,
    aws.SSOError,
)


@contextmanager
def wrapped(where: str) -> Iterator[None]:
    """Turn an error of botocore about `where` into `ObjectMissing`, `StorageError` or `StorageUnavailable`."""
    try:
        yield
    except aws.ClientError as error:
        raise _answered(error, where) from error
    except aws.BotoCoreError as error:
        raise _unanswered(error, where) from error


def status_of(error: aws.ClientError) -> int:
    """Return the HTTP status of a refusal, 0 where the server sent none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _answered(error: aws.ClientError, where: str) -> WholebookError:
    """Explain a refusal that the server sent."""
    answer = error.response.get("Error", {})
    code = answer.get("Code", "")
    if code in _MISSING_CODES:
        return ObjectMissing("no such object", where=where)
    what = f"S3 answered {code}: {answer.get('Message', '')}".rstrip(": ")
    if code in _TRANSIENT_CODES or status_of(error) in _TRANSIENT_STATUS:
        return StorageUnavailable(what, where=where, remedy="Try again later")
    remedy = _REMEDIES.get(code) or (_CREDENTIALS if status_of(error) in (401, 403) else "")
    return StorageError(what, where=where, remedy=remedy)


def _unanswered(error: aws.BotoCoreError, where: str) -> WholebookError:
    """Explain a request that got no answer, or could not even be sent."""
    what = f"S3: {error}"
    if isinstance(error, aws.SSLError):
        return StorageError(what, where=where, remedy="Check the endpoint's certificate, and AWS_CA_BUNDLE")
    if isinstance(error, _TRANSIENT_ERRORS):
        return StorageUnavailable(what, where=where, remedy="Try again; check AWS_ENDPOINT_URL_S3 and the network")
    if isinstance(error, _CREDENTIAL_ERRORS):
        return StorageError(what, where=where, remedy="Configure AWS credentials: environment, AWS_PROFILE or a role")
    return StorageError(what, where=where, remedy="Check the AWS configuration")
