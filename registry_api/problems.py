"""What the API refuses, each with a code that stays what it is; docs/errors.md lists them all."""

from __future__ import annotations

from typing import Any, NamedTuple


class Code(NamedTuple):
    """A code of an error.

    :ivar status: of HTTP
    :ivar meaning: when it comes
    """

    status: int
    meaning: str


CODES = {
    "AGENT_NOT_FOUND": Code(404, "No agent has this id, as of the block that the response names."),
    "REGISTRATION_FILE_NOT_FOUND": Code(404, "The agent has no registration file, or none was fetched yet."),
    "REGISTRATION_FILE_INVALID": Code(400, "What the agent's URI leads to is no registration file; details say why."),
    "PAYMENT_NOT_FOUND": Code(404, "The chain has no such transaction, or it pays the agent's wallet nothing."),
    "PAYMENT_NOT_CONFIRMED": Code(409, "The transaction is not final yet, or was reverted; details say which."),
    "PAYMENT_ALREADY_LINKED": Code(409, "This payment was linked before."),
    "NOT_FOUND": Code(404, "There is nothing at this path."),
    "METHOD_NOT_ALLOWED": Code(405, "The path does not take this method."),
    "INVALID_ADDRESS": Code(400, "Not an address: 0x and 40 digits, with a right checksum (EIP-55) if in mixed case."),
    "INVALID_VALUE": Code(400, "A parameter breaks a rule; details name the parameter, the value and the rule."),
    "INVALID_CURSOR": Code(400, "Not a cursor of this search: take it as it was given, with the same parameters."),
    "BODY_TOO_LARGE": Code(413, "The body has more bytes than are read."),
    "CHAIN_NOT_SUPPORTED": Code(400, "This API serves other chains; details list them."),
    "CHAIN_NOT_INDEXED": Code(503, "The chain is served, but its indexer has not begun yet."),
    "UNAUTHORIZED": Code(401, "An API key is needed, or the one that was given is none, or none any more."),
    "UNAUTHORIZED_OPERATION": Code(
        403, "The registry lets this account not do that, or the API key is for reading only."
    ),
    "SELF_FEEDBACK": Code(403, "Owner, operators and wallet of an agent cannot rate it."),
    "REGISTRY_PAUSED": Code(409, "The registry takes no new entries while it is paused."),
    "SIMULATION_FAILED": Code(409, "The chain would refuse the transaction; details have the error it gives."),
    "RATE_LIMIT_EXCEEDED": Code(429, "Too many requests in a minute; details say when there may be more."),
    "SERVICE_UNAVAILABLE": Code(503, "The database or the chain does not answer now; the same again may succeed."),
    "INTERNAL_ERROR": Code(500, "A fault of the API; the log has it under the request's id."),
}


class Problem(Exception):  # noqa: N818  # in HTTP, a problem is not always an error of the program
    """A request that cannot be answered as it was asked for.

    :ivar code: of {CODES}
    """

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.details = code, message, details

    @property
    def status(self) -> int:
        """Of HTTP."""
        return CODES[self.code].status

    def body(self) -> dict[str, Any]:
        """What the response has."""
        return {"error": {"code": self.code, "message": self.message, "details": self.details or None}}
