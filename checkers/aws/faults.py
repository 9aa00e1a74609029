"""What AWS says when it will not answer, by what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from troth.checker import Call
from troth.checkers.aws.bodies import BROKEN_BODY
from troth.model import Failure, Reason

#: Error codes of the services, by what they mean. Sources: the common errors page of each service
#: and the retry tables of botocore.
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedFault",
        "AllAccessDisabled",
        "AuthorizationError",
        "AuthorizationErrorException",
        "Forbidden",
        "NotAuthorized",
        "UnauthorizedAccess",
        "UnauthorizedException",
        "UnauthorizedOperation",
    }
)
NO_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotSignedUp",
        "OptInRequired",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        "429",
    }
)
TIMED_OUT = frozenset({"RequestTimeout", "RequestTimeoutException"})

#: Exceptions of botocore by class name: it is imported only when a call is made.
_BY_CLASS = {
    "ReadTimeoutError": Reason.TIMEOUT,
    "ConnectTimeoutError": Reason.TIMEOUT,
    "NoCredentialsError": Reason.EXPIRED_CREDENTIALS,
    "NoAuthTokenError": Reason.EXPIRED_CREDENTIALS,
    "PartialCredentialsError": Reason.EXPIRED_CREDENTIALS,
    "CredentialRetrievalError": Reason.EXPIRED_CREDENTIALS,
    "TokenRetrievalError": Reason.EXPIRED_CREDENTIALS,
    "ProfileNotFound": Reason.EXPIRED_CREDENTIALS,
    "UnknownCredentialError": Reason.EXPIRED_CREDENTIALS,
    "RefreshWithMFAUnsupportedError": Reason.EXPIRED_CREDENTIALS,
    "SSOError": Reason.EXPIRED_CREDENTIALS,
    "LoginError": Reason.EXPIRED_CREDENTIALS,
    "ResponseParserError": Reason.MALFORMED_RESPONSE,
    "ResponseStreamingError": Reason.MALFORMED_RESPONSE,
    "IncompleteReadError": Reason.MALFORMED_RESPONSE,
    "ChecksumError": Reason.MALFORMED_RESPONSE,
    "FlexibleChecksumError": Reason.MALFORMED_RESPONSE,
    "PaginationError": Reason.MALFORMED_RESPONSE,
    "ConnectionError": Reason.UNREACHABLE,
    "HTTPClientError": Reason.UNREACHABLE,
    "BaseEndpointResolverError": Reason.NOT_SUPPORTED,
    "EndpointProviderError": Reason.NOT_SUPPORTED,
    "InvalidRegionError": Reason.NOT_SUPPORTED,
    "UnknownServiceError": Reason.NOT_SUPPORTED,
    "UnknownRegionError": Reason.NOT_SUPPORTED,
}

_WORDS = {
    Reason.TIMEOUT: "no answer in time",
    Reason.EXPIRED_CREDENTIALS: "no usable credentials; renew them, or name a profile",
    Reason.MALFORMED_RESPONSE: "the answer cannot be read",
    Reason.UNREACHABLE: "the endpoint cannot be reached",
    Reason.NOT_SUPPORTED: "the service has no endpoint in this region",
}


def error_code(error: BaseException) -> str:
    """Return the code of a botocore ``ClientError``, or an empty string for anything else."""
    body = getattr(error, "response", None)
    if not isinstance(body, Mapping) or not isinstance(body.get("Error"), Mapping):
        return ""
    return str(body["Error"].get("Code", ""))


def failure_of(error: BaseException, operation: str, permission: str) -> Failure | None:
    """Return why a call failed, or None if the exception is neither botocore's nor an answer's.

    ``permission`` is what a refusal is blamed on; if the role itself could not be assumed it is
    ``sts:AssumeRole`` instead. The service's own words are left out: they may hold names of
    people and of resources, and they change.
    """
    # What stands between us and AWS (a proxy) answers with a status and without a code.
    code = error_code(error) or str(_status(error) or "")
    if code:
        return _answered(error, code, operation, permission)
    for base in type(error).__mro__:
        reason = _BY_CLASS.get(base.__name__)
        if reason and base.__module__.startswith("botocore."):
            return Failure(reason, f"{operation}: {_WORDS[reason]} ({type(error).__name__})")
    return None


def _answered(error: BaseException, code: str, operation: str, permission: str) -> Failure:
    if getattr(error, "operation_name", "") == "AssumeRole":
        operation = permission = "sts:AssumeRole"
    if code in DENIED or (_status(error) == 403 and code not in NO_CREDENTIALS | THROTTLED):
        return Failure(
            Reason.PERMISSION_DENIED,
            f"{operation} was refused ({code}); grant {permission}",
            permission,
        )
    if code in NO_CREDENTIALS:
        return Failure(
            Reason.EXPIRED_CREDENTIALS,
            f"{operation}: the credentials are not accepted ({code}); renew them, "
            "or check that the account has enabled this region",
        )
    if code in THROTTLED:
        return Failure(Reason.THROTTLED, f"{operation}: too many requests ({code})")
    if code == BROKEN_BODY:
        text = f"{operation}: the answer cannot be read; it may be truncated"
        return Failure(Reason.MALFORMED_RESPONSE, text)
    if code in TIMED_OUT:
        return Failure(Reason.TIMEOUT, f"{operation}: no answer in time ({code})")
    if _status(error) >= 500:
        return Failure(Reason.UNREACHABLE, f"{operation}: the service is failing ({code})")
    return Failure(Reason.NO_DATA, f"{operation} answered with the error {code}")


def _status(error: BaseException) -> int:
    body: Any = getattr(error, "response", None) or {}
    status = body.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status if isinstance(status, int) else 0


def counter_of(throttled: Callable[[], None]) -> Callable[..., None]:
    """Return a handler of botocore's ``response-received`` event that reports each throttling."""

    def handle(parsed_response: Mapping[str, Any] | None, **_: Any) -> None:
        error = (parsed_response or {}).get("Error")
        if isinstance(error, Mapping) and error.get("Code") in THROTTLED:
            throttled()

    return handle


def permission_of(declared: Call) -> str:
    """Return the permission to name when a declared call is refused: its first action."""
    return declared.actions[0] if declared.actions else declared.operation
