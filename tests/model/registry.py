"""What the three registries share: version, interfaces, roles and pause."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.model.chain import ZERO, Chain, Event, ModelRevert

NO_HASH = bytes(32)
UINT48 = range(2**48)
OVERFLOW = 0x11
"""Solidity's panic code for arithmetic that leaves its type."""


class Setup(NamedTuple):
    """Who deploys a registry, and with which roles.

    :ivar admin_delay: seconds between announcing and accepting a new default admin
    """

    deployer: str
    admin_delay: int
    admin: str
    pauser: str


def check_size(name: str, content: str | bytes, limit: int) -> None:
    size = len(content.encode() if isinstance(content, str) else content)
    if size > limit:
        raise ModelRevert("SizeLimitExceeded", name.encode().ljust(32, b"\0"), size, limit)


def check_type(number: int, allowed: range) -> int:
    if number not in allowed:
        raise ModelRevert("Panic", OVERFLOW)
    return number


class Registry:
    """Version, interfaces, roles and pause."""

    NAME: str
    INTERFACES: frozenset[str]
    """ERC-165 ids in hexadecimal, those that all registries share left out."""
    SHARED_INTERFACES = frozenset({"01ffc9a7", "7965db0b", "31498786"})

    DEFAULT_ADMIN_ROLE = NO_HASH
    PAUSER_ROLE = bytes.fromhex("65d7a28e3265b37a6474929f336521b332c1681b933f6cb9f3376673440d862a")
    MIN_ADMIN_DELAY = 86_400
    MAX_URI_SIZE = 10_240
    DELAY_INCREASE_WAIT = 5 * 86_400
    """The longest wait before a longer admin delay holds, seconds."""

    def __init__(self, chain: Chain, address: str, setup: Setup) -> None:
        if setup.admin == ZERO:
            raise ModelRevert("AccessControlInvalidDefaultAdmin", ZERO)
        self._check_admin_delay(setup.admin_delay)
        if setup.pauser == ZERO:
            raise ModelRevert("ZeroAddress", "pauser")
        self.chain, self.address = chain, address
        self.entered = False
        self.is_paused = False
        self.members: dict[bytes, set[str]] = {}
        self.admin = ZERO
        self.next_admin, self.next_admin_at = ZERO, 0
        self.delay = setup.admin_delay
        self.next_delay, self.next_delay_at = 0, 0
        self._make_admin(setup.admin, sender=setup.deployer)
        self._grant(self.PAUSER_ROLE, setup.pauser, sender=setup.deployer)

    def _emit(self, name: str, *values: Any) -> None:
        self.chain.events.append(Event(self.NAME, name, values))

    def _check_not_entered(self) -> None:
        if self.entered:
            raise ModelRevert("ReentrancyGuardReentrantCall")

    def _check_running(self) -> None:
        """What every function that creates state checks first."""
        self._check_not_entered()
        if self.is_paused:
            raise ModelRevert("EnforcedPause")

    def get_version(self) -> str:
        return "2.1.0"

    def supports_interface(self, interface_id: bytes) -> bool:
        return interface_id.hex() in self.SHARED_INTERFACES | self.INTERFACES

    # ---- Pause

    def paused(self) -> bool:
        return self.is_paused

    def pause(self, *, sender: str) -> None:
        self._check_role(self.PAUSER_ROLE, sender)
        if self.is_paused:
            raise ModelRevert("EnforcedPause")
        self.is_paused = True
        self._emit("Paused", sender)

    def unpause(self, *, sender: str) -> None:
        self._check_role(self.PAUSER_ROLE, sender)
        if not self.is_paused:
            raise ModelRevert("ExpectedPause")
        self.is_paused = False
        self._emit("Unpaused", sender)

    # ---- Roles

    def has_role(self, role: bytes, account: str) -> bool:
        return account in self.members.get(role, ())

    def get_role_admin(self, _role: bytes) -> bytes:
        return self.DEFAULT_ADMIN_ROLE

    def grant_role(self, role: bytes, account: str, *, sender: str) -> None:
        self._check_ordinary(role)
        self._check_role(self.DEFAULT_ADMIN_ROLE, sender)
        self._grant(role, account, sender=sender)

    def revoke_role(self, role: bytes, account: str, *, sender: str) -> None:
        self._check_ordinary(role)
        self._check_role(self.DEFAULT_ADMIN_ROLE, sender)
        self._revoke(role, account, sender=sender)

    def renounce_role(self, role: bytes, account: str, *, sender: str) -> None:
        self._check_not_entered()
        ends_administration = role == self.DEFAULT_ADMIN_ROLE and account == self.admin
        if ends_administration and not (self.next_admin == ZERO and self._passed(self.next_admin_at)):
            raise ModelRevert("AccessControlEnforcedDefaultAdminDelay", self.next_admin_at)
        if account != sender:
            raise ModelRevert("AccessControlBadConfirmation")
        self._revoke(role, account, sender=sender)
        if ends_administration:
            self.admin, self.next_admin_at = ZERO, 0

    def _check_role(self, role: bytes, account: str) -> None:
        self._check_not_entered()
        if not self.has_role(role, account):
            raise ModelRevert("AccessControlUnauthorizedAccount", account, role)

    def _check_ordinary(self, role: bytes) -> None:
        """The default admin's role changes hands in two steps only."""
        if role == self.DEFAULT_ADMIN_ROLE:
            raise ModelRevert("AccessControlEnforcedDefaultAdminRules")

    def _grant(self, role: bytes, account: str, *, sender: str) -> None:
        if not self.has_role(role, account):
            self.members.setdefault(role, set()).add(account)
            self._emit("RoleGranted", role, account, sender)

    def _revoke(self, role: bytes, account: str, *, sender: str) -> None:
        if self.has_role(role, account):
            self.members[role].remove(account)
            self._emit("RoleRevoked", role, account, sender)

    # ---- The default admin

    def owner(self) -> str:
        return self.admin

    def default_admin(self) -> str:
        return self.admin

    def pending_default_admin(self) -> tuple[str, int]:
        return self.next_admin, self.next_admin_at

    def begin_default_admin_transfer(self, new_admin: str, *, sender: str) -> None:
        self._check_role(self.DEFAULT_ADMIN_ROLE, sender)
        schedule = check_type(self.chain.time + self.default_admin_delay(), UINT48)
        self._schedule_admin(new_admin, schedule)
        self._emit("DefaultAdminTransferScheduled", new_admin, schedule)

    def cancel_default_admin_transfer(self, *, sender: str) -> None:
        self._check_role(self.DEFAULT_ADMIN_ROLE, sender)
        self._schedule_admin(ZERO, 0)

    def accept_default_admin_transfer(self, *, sender: str) -> None:
        self._check_not_entered()
        if sender != self.next_admin:
            raise ModelRevert("AccessControlInvalidDefaultAdmin", sender)
        if not self._passed(self.next_admin_at):
            raise ModelRevert("AccessControlEnforcedDefaultAdminDelay", self.next_admin_at)
        self._revoke(self.DEFAULT_ADMIN_ROLE, self.admin, sender=sender)
        self._make_admin(sender, sender=sender)
        self.next_admin, self.next_admin_at = ZERO, 0

    def _make_admin(self, account: str, *, sender: str) -> None:
        self.admin = account
        self._grant(self.DEFAULT_ADMIN_ROLE, account, sender=sender)

    def _schedule_admin(self, account: str, schedule: int) -> None:
        if self.next_admin_at:
            self._emit("DefaultAdminTransferCanceled")
        self.next_admin, self.next_admin_at = account, schedule

    # ---- The default admin's delay

    def default_admin_delay(self) -> int:
        return self.next_delay if self._passed(self.next_delay_at) else self.delay

    def pending_default_admin_delay(self) -> tuple[int, int]:
        return (0, 0) if self._passed(self.next_delay_at) else (self.next_delay, self.next_delay_at)

    def default_admin_delay_increase_wait(self) -> int:
        return self.DELAY_INCREASE_WAIT

    def change_default_admin_delay(self, new_delay: int, *, sender: str) -> None:
        self._check_role(self.DEFAULT_ADMIN_ROLE, sender)
        present = self.default_admin_delay()
        longer = new_delay > present
        wait = min(new_delay, self.DELAY_INCREASE_WAIT) if longer else present - new_delay
        schedule = check_type(self.chain.time + wait, UINT48)
        self._check_admin_delay(new_delay)
        self._schedule_delay(new_delay, schedule)
        self._emit("DefaultAdminDelayChangeScheduled", new_delay, schedule)

    def rollback_default_admin_delay(self, *, sender: str) -> None:
        self._check_role(self.DEFAULT_ADMIN_ROLE, sender)
        self._schedule_delay(0, 0)

    def _schedule_delay(self, delay: int, schedule: int) -> None:
        self.delay = self.default_admin_delay()
        if self.next_delay_at and not self._passed(self.next_delay_at):
            self._emit("DefaultAdminDelayChangeCanceled")
        self.next_delay, self.next_delay_at = delay, schedule

    def _check_admin_delay(self, delay: int) -> None:
        if delay < self.MIN_ADMIN_DELAY:
            raise ModelRevert("AdminDelayTooShort", delay, self.MIN_ADMIN_DELAY)

    def _passed(self, schedule: int) -> bool:
        """Whether something was scheduled, and its time is over."""
        return 0 < schedule < self.chain.time
