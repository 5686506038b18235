"""The connection to a chain: with timeouts, with retries, and without its URL in any error.

The URL of an RPC often has a key in it, and the errors of the HTTP library have the URL in them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, Web3Exception, Web3RPCError
from web3.providers.rpc.utils import ExceptionRetryConfiguration

from registries.chains import Chain
from registries.errors import DeploymentError

TIMEOUT = 20.0
"""Of one request, seconds."""

RETRIES, BACKOFF = 6, 0.25
"""Attempts at a request, and the seconds between the first two, which double with each: eight in all."""


class RPCError(DeploymentError):
    """The RPC cannot be reached, refuses, or answers nonsense."""


def connect(chain: Chain, url: str, *, backoff: float = BACKOFF, timeout: float = TIMEOUT) -> Web3:
    """A connection to a chain that is the one named.

    Requests that fail on the way (no connection, a timeout, an HTTP status of an error) are made again. Sending a
    signed transaction twice does no harm either: it has one nonce.

    :raises RPCError: if the RPC cannot be used
    :raises DeploymentError: if it is another chain's
    """
    retry = ExceptionRetryConfiguration(
        errors=(requests.ConnectionError, requests.HTTPError, requests.Timeout),
        retries=RETRIES,
        backoff_factor=backoff,
    )
    web3 = Web3(HTTPProvider(url, request_kwargs={"timeout": timeout}, exception_retry_configuration=retry))
    with readable_errors(url):
        found = web3.eth.chain_id
    if found != chain.id:
        raise DeploymentError(f"{chain.name} has chain id {chain.id}, but the RPC's is {found}")
    return web3


def url_of(web3: Web3) -> str:
    """Where a connection leads to: a secret."""
    return str(getattr(web3.provider, "endpoint_uri", ""))


@contextlib.contextmanager
def readable_errors(url: str) -> Iterator[None]:
    """Turns what goes wrong with an RPC into one kind of error, in a line, without its URL.

    :raises RPCError: if the block raises an error of HTTP, of JSON or of the RPC
    """
    try:
        yield
    except Web3RPCError as error:
        raise RPCError(f"RPC: refused: {_without(url, _message(error))}") from None
    except ContractLogicError as error:
        raise RPCError(f"the call reverts with {error.data or 'nothing said'}") from None
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else "an error"
        raise RPCError(f"RPC: answers with HTTP status {status}") from None
    except requests.Timeout:
        raise RPCError("RPC: does not answer in time") from None
    except requests.ConnectionError:
        raise RPCError("RPC: cannot be reached") from None
    except (requests.RequestException, Web3Exception, ValueError) as error:
        raise RPCError(f"RPC: {type(error).__name__}: {_without(url, str(error))}") from None


def _message(error: Web3RPCError) -> str:
    """What the node says, which is in its response."""
    response: Any = error.rpc_response
    detail = response.get("error") if isinstance(response, dict) else None
    return str(detail.get("message", "")) if isinstance(detail, dict) else str(error)


def _without(url: str, text: str) -> str:
    """A text without an URL, or the parts of it that may be secret."""
    parts = urlsplit(url)
    for secret in (url, f"{parts.path}?{parts.query}", parts.path, parts.query, parts.password or ""):
        if len(secret) > 1:
            text = text.replace(secret, "...")
    return text.splitlines()[0] if text else "no reason given"
