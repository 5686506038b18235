"""What surrounds the registries: accounts, time, events, and how a call is refused."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

ZERO = "0x" + "00" * 20


class ModelRevert(Exception):  # noqa: N818 (a revert is an outcome that callers ask for)
    """A call is refused.

    :ivar name: the custom error, or `Panic`
    :ivar values: its arguments, in the order of the ABI
    """

    def __init__(self, name: str, *values: Any) -> None:
        super().__init__(name, *values)
        self.name, self.values = name, values


class Event(NamedTuple):
    """One event.

    :ivar values: in the order of the ABI; an indexed text stands in full where the log has its hash
    """

    registry: str
    name: str
    values: tuple[Any, ...]


class Consent(NamedTuple):
    """Who signed that which wallet takes the payments of an agent, under which owner, until when."""

    signer: str
    agent_id: int
    new_wallet: str
    owner: str
    deadline: int


class Hook(enum.Enum):
    """How a contract answers when it is given a token."""

    ACCEPTS = enum.auto()
    ABSENT = enum.auto()
    REFUSES = enum.auto()
    """With its own error, `Refused(tokenId)`."""


@dataclass
class Code:
    """A contract as the registries see it.

    :ivar consents_of: whose consents it approves as its own (ERC-1271)
    :ivar reaction: what it does when it is given a token; it accepts the token whatever comes of that
    :ivar asked: what its hook was told last: operator, sender, agent, data
    """

    hook: Hook = Hook.ABSENT
    consents_of: str | None = None
    reaction: Callable[[], None] | None = None
    asked: tuple[str, str, int, bytes] = (ZERO, ZERO, 0, b"")


@dataclass
class Chain:
    """What surrounds the registries: the time, contracts of other people, and the events so far."""

    time: int
    chain_id: int
    codes: dict[str, Code] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def check_receiver(self, account: str, agent_id: int) -> None:
        hook = self.codes[account].hook if account in self.codes else Hook.ACCEPTS
        if hook is Hook.REFUSES:
            raise ModelRevert("Refused", agent_id)
        if hook is Hook.ABSENT:
            raise ModelRevert("ERC721InvalidReceiver", account)

    def give(self, account: str, operator: str, sender: str, agent_id: int, data: bytes) -> None:
        """Calls the hook of an account that was checked before."""
        code = self.codes.get(account)
        if code is None:
            return
        code.asked = (operator, sender, agent_id, data)
        if code.reaction:
            code.reaction()
