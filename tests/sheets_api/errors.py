"""Google's error envelopes."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """An answer that is not 2xx. `details` are Google's typed details, `headers` go on the wire."""

    def __init__(
        self,
        message: str,
        code: int = 400,
        *,
        status: str | None = None,
        details: list[Json] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status or STATUS_NAMES.get(code, "UNKNOWN")
        self.details = details or []
        self.headers = headers or {}

    def body(self) -> Json:
        error: Json = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def prefixed(self, prefix: str) -> ApiError:
        """The same refusal, told with its position in a batch: `Invalid requests[0].addSheet: ...`."""
        if self.code != 400:
            return self
        return ApiError(prefix + self.message, self.code, status=self.status, details=self.details)


class DriveError(ApiError):
    """Drive v3 always lists `errors`, and its envelope has no `status`."""

    def __init__(
        self, message: str, code: int, reason: str, *, location: str = "", domain: str = "global"
    ) -> None:
        super().__init__(message, code)
        self.entry: Json = {"message": message, "domain": domain, "reason": reason}
        if location:
            self.entry |= {"location": location, "locationType": "parameter"}

    def body(self) -> Json:
        return {"error": {"errors": [self.entry], "code": self.code, "message": self.message}}


def bad_request(violations: list[tuple[str, str]]) -> ApiError:
    """A payload that does not fit the schema; `violations` are (field path, description)."""
    entries = [
        {"field": path, "description": text} if path else {"description": text} for path, text in violations
    ]
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": entries}
    return ApiError("\n".join(text for _, text in violations), details=[detail])


def not_found() -> ApiError:
    return ApiError("Requested entity was not found.", 404)


def forbidden() -> ApiError:
    return ApiError("The caller does not have permission", 403)
