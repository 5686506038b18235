"""A local chain: anvil as a child process, for as long as a `with` block lasts."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

from web3 import HTTPProvider, Web3

MNEMONIC = "test test test test test test test test test test test junk"
"""The mnemonic of anvil's own accounts, published and worthless."""

START_TIMEOUT = 30.0
"""How long to wait for the chain to answer, seconds."""


class AnvilError(RuntimeError):
    """anvil is missing or did not start."""


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def anvil(*options: str, port: int | None = None) -> Iterator[str]:
    """Runs anvil and yields its RPC URL; the chain ends with the block.

    :param options: command-line options of anvil
    :param port: the port to listen on; a free one if not given
    :raises AnvilError: if anvil is not installed or does not answer within `START_TIMEOUT`
    """
    port = port or free_port()
    process = start_anvil(*options, port=port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def start_anvil(*options: str, port: int) -> subprocess.Popen[bytes]:
    """Starts anvil and waits until it answers; ending it is up to the caller.

    :raises AnvilError: as {anvil}
    """
    program = shutil.which("anvil")
    if program is None:
        raise AnvilError("anvil is not on PATH: run `make setup`, or install Foundry")
    process = subprocess.Popen(
        [program, "--port", str(port), "--silent", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    web3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
    deadline = time.monotonic() + START_TIMEOUT
    while not web3.is_connected():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AnvilError(f"anvil did not answer on port {port}, options {' '.join(options)}")
        time.sleep(0.05)
    return process
