"""Runs collected tests in forked children, each with other contracts: no test is imported or collected twice."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

GRACE = 1.0
"""What a test may take beyond ten times its usual time, in seconds of processor time."""
UNKNOWN_TIME = 0.3
"""The usual time of a test that was never timed, in seconds of processor time."""


class PreparationError(Exception):
    """A child failed before its first test."""


class Run(NamedTuple):
    """How the tests of one child ended.

    :ivar failed: the id of the first test that failed; "" if all passed
    :ivar stopped: whether that test had to be stopped, because it ran too long or crashed the child
    :ivar times: processor time of each test that passed, in seconds
    """

    failed: str
    stopped: bool
    times: dict[str, float]


class _FirstFailure:
    """A pytest plugin that keeps the first failure."""

    def __init__(self) -> None:
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed


def run_in_fork(prepare: Callable[[], None], tests: Sequence[pytest.Item], times: dict[str, float]) -> Run:
    """Runs tests until one fails.

    :param prepare: is called in the child first
    :param times: usual processor times, seconds by test id; a test that takes ten times longer is stopped
    :raises PreparationError: if `prepare` fails
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(prepare, tests, times, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as lines:
        messages = _messages(lines.read())
    os.waitpid(child, 0)
    # The last message of a child that ran to its end is whether it failed; of one that was stopped, a test's beginning.
    started = [message for message in messages if isinstance(message, str)]
    ended = bool(messages) and isinstance(messages[-1], _End)
    passed = {name: seconds for message in messages if isinstance(message, tuple) for name, seconds in [message]}
    if ended and not messages[-1].failed:
        return Run("", stopped=False, times=passed)
    if not started:
        raise PreparationError(f"the child that was to run {tests[0].nodeid} failed before it")
    return Run(started[-1], stopped=not ended, times=passed)


class _End:
    """The last message of a child."""

    def __init__(self, *, failed: bool) -> None:
        self.failed = failed


def _child(prepare: Callable[[], None], tests: Sequence[pytest.Item], times: dict[str, float], writing: int) -> None:
    """Runs the tests and ends this process."""
    status = 1
    with contextlib.suppress(BaseException):
        prepare()
        _run(tests, times, writing)
        status = 0
    # Nothing of the parent's may be ended or written here.
    os._exit(status)


def _run(tests: Sequence[pytest.Item], times: dict[str, float], writing: int) -> None:
    first_failure = _FirstFailure()
    tests[0].config.pluginmanager.register(first_failure)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for number, test in enumerate(tests):
        _send(writing, test.nodeid)
        begin = _processor_time()
        signal.setitimer(signal.ITIMER_PROF, GRACE + 10 * times.get(test.nodeid, UNKNOWN_TIME))
        after = tests[number + 1] if number + 1 < len(tests) else None
        test.config.hook.pytest_runtest_protocol(item=test, nextitem=after)
        if first_failure.failed:
            break
        _send(writing, (test.nodeid, _processor_time() - begin))
    _send(writing, _End(failed=first_failure.failed))


def _processor_time() -> float:
    used = os.times()
    return used.user + used.system


def _send(writing: int, message: object) -> None:
    data = pickle.dumps(message)
    os.write(writing, len(data).to_bytes(4, sys.byteorder) + data)


def _messages(data: bytes) -> list[Any]:
    messages = []
    while data:
        size = int.from_bytes(data[:4], sys.byteorder)
        messages.append(pickle.loads(data[4 : 4 + size]))  # noqa: S301  # from our own child
        data = data[4 + size :]
    return messages
