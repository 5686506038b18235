"""What a check is, and how all of them are run."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from web3 import Web3
from web3.exceptions import Web3Exception

from registries.address_config import AddressConfig
from registries.build import Build
from registries.errors import DeploymentError
from registries.rpc import readable_errors, url_of
from registries.verification.subject import Subject

Body = Callable[[Subject], Iterator[str]]


class Status(enum.StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Result(NamedTuple):
    """A check with what it found.

    :ivar findings: what is wrong, or why it was skipped, a line each
    """

    name: str
    about: str
    status: Status
    findings: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {'; '.join(self.findings) or self.status}"


class Skipped(Exception):  # noqa: N818 (not an error)
    """A check cannot be made here; the argument says why."""


@dataclass(frozen=True)
class Check:
    """One question about a deployment.

    :ivar about: what is asked, in words
    :ivar body: yields a line for everything that is wrong
    """

    name: str
    about: str
    body: Body

    def run(self, subject: Subject) -> Result:
        """Makes the check. Whatever goes wrong, it is this check that fails."""
        try:
            with readable_errors(url_of(subject.web3)):
                findings = tuple(self.body(subject))
        except Skipped as reason:
            return Result(self.name, self.about, Status.SKIPPED, (str(reason),))
        except (DeploymentError, Web3Exception) as error:
            findings = (f"cannot be answered: {error}",)
        return Result(self.name, self.about, Status.FAILED if findings else Status.PASSED, findings)


CHECKS: dict[str, Check] = {}
"""All checks by name, in the order in which they are made."""


def check(body: Body) -> Body:
    """Makes a function a check: its name with hyphens, and the first line of its documentation."""
    name = body.__name__.replace("_", "-")
    CHECKS[name] = Check(name, (body.__doc__ or "").strip().splitlines()[0], body)
    return body


def verify(web3: Web3, config: AddressConfig, build: Build, *, only: Iterable[str] | None = None) -> list[Result]:
    """Verifies what a config says is on a chain.

    :param only: the names of the checks to make; all if not given
    """

    subject = Subject(web3, config, build)
    return [CHECKS[name].run(subject) for name in (CHECKS if only is None else only)]


def failures(results: Iterable[Result]) -> list[Result]:
    """Those that failed."""
    return [result for result in results if result.status is Status.FAILED]
