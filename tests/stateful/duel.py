"""One history, played by the model and by the contracts: each call must come out the same."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from tests.deployment import STRANGER
from tests.evm import Log, Receipt, Reverted
from tests.model import Consent, ModelRevert
from tests.stateful.call import Call, signature
from tests.stateful.invariants import check_deed
from tests.stateful.narration import words
from tests.stateful.stage import Stage
from tests.stateful.tally import Tally
from tests.stateful.witness import Witness

NOBODYS_SIGNATURE = b"\x01" * 65


class Outcome(NamedTuple):
    """What came of a call.

    :ivar value: what it returned; None if nothing, or if the sender does not pass it on
    :ivar error: the name and the arguments of the error with which it reverted; None if it succeeded
    """

    value: Any
    logs: tuple[Log, ...]
    error: tuple[str, tuple[Any, ...]] | None


class Disagreement(AssertionError):  # noqa: N818 (a verdict)
    """Model and contracts differ."""


class Duel:
    """The two sides.

    :ivar history: the calls so far, and the seconds that passed in between
    """

    def __init__(self, stage: Stage, tally: Tally) -> None:
        self.stage, self.tally = stage, tally
        self.evm = stage.registries.evm
        self.model = stage.model()
        self.witness = Witness(stage.registries)
        self.history: list[Call | int] = []
        registries = {
            stage.registries[name].address for name in ("IdentityRegistry", "ReputationRegistry", "ValidationRegistry")
        }
        self._agree(
            "the logs of the deployment",
            self._logs_since(0),
            tuple(log for log in self.evm.logs if log.address in registries),
        )

    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.history.append(seconds)
        self.evm.warp(seconds)
        self.model.chain.time = self.evm.time

    def play(self, call: Call, error: str | None = None) -> Outcome:
        """Makes a call on both sides.

        :param error: the error with which it has to revert; whatever the model says if not given
        :raises Disagreement: if the two come out differently, or not with this error
        """
        self.history.append(call)
        self.model.chain.time = self.evm.time
        before = self.witness.look(*call)
        expected, found = self._on_model(call), self._on_chain(call)
        self._agree(call, expected, found)
        if error is not None and (found.error is None or found.error[0] != error):
            raise Disagreement(f"{call} had to revert with {error}: {found}")
        self.tally.calls[call.registry, call.function, found.error[0] if found.error else ""] += 1
        self.tally.logs += len(found.logs)
        if found.error is None:
            check_deed(self.witness.record(call, self.model.chain.time, found.logs, before), self.tally.checks)
        return found

    def play_reentering(self, outer: Call, inner: Call) -> None:
        """Makes a call that gives the attacker a token, who then makes another call before the first one ends."""
        attacker = self.stage.attacker
        expected: list[Outcome] = []
        code = self.model.chain.codes[attacker.address]
        code.reaction = lambda: expected.append(self._on_model(inner))
        calls_before = attacker.callsMade()
        attacker.arm(*self._target_and_data(inner), 1, sender=STRANGER)
        self.play(outer)
        attacker.arm(attacker.address, b"", 0, sender=STRANGER)
        code.reaction = None
        self._agree(("number of calls from the hook", inner), len(expected), attacker.callsMade() - calls_before)
        for outcome in expected:
            if outcome.error is None:
                self.witness.record(inner, self.model.chain.time, outcome.logs)
            error = None if attacker.succeeded() else self._error(attacker.returnData())
            self._agree(("from the hook", inner), outcome.error, error)
            self.history.append(inner)
            self.tally.calls[inner.registry, inner.function, error[0] if error else ""] += 1

    def story(self) -> str:
        """The history so far, a line a step."""
        steps = (f"{step} seconds pass" if isinstance(step, int) else self.tell(step) for step in self.history)
        return "\n".join(f"{number:5}. {step}" for number, step in enumerate(steps, 1))

    def tell(self, something: Any) -> str:
        """A step, an outcome or a value in words."""
        names = self.stage.names
        if isinstance(something, Call):
            sender, registry, function, arguments = something
            return f"{words(sender, names)}: {registry}.{function}{words(arguments, names)}"
        if isinstance(something, Outcome):
            if something.error is not None:
                return f"{something.error[0]}{words(something.error[1], names)}"
            logs = [self._tell_log(log) for log in something.logs]
            return f"{words(something.value, names)}, logs {', '.join(logs) or 'none'}"
        return words(something, names)

    def _tell_log(self, log: Log) -> str:
        contract = next(one for one in self.stage.registries.all if one.address == log.address)
        name, values = contract.read_log(log)
        return f"{name}{words(tuple(values.values()), self.stage.names)}"

    def _on_model(self, call: Call) -> Outcome:
        first_event = len(self.model.chain.events)
        try:
            value = getattr(self.model[call.registry], snake_case(call.function))(*call.arguments, sender=call.sender)
        except ModelRevert as revert:
            return Outcome(None, (), (revert.name, revert.values))
        return Outcome(
            None if call.sender == self.stage.attacker.address else value, self._logs_since(first_event), None
        )

    def _on_chain(self, call: Call) -> Outcome:
        contract = self.stage.registries[call.registry]
        try:
            if call.sender in self.stage.senders:
                receipt = self._pass_on(call)
            else:
                receipt = getattr(contract, call.function)(*self._arguments(call), sender=call.sender)
        except Reverted as revert:
            return Outcome(None, (), (revert.name, revert.values))
        return Outcome(receipt.value, receipt.logs, None)

    def _pass_on(self, call: Call) -> Receipt:
        sender, contract = self.stage.senders[call.sender], self.stage.registries[call.registry]
        receipt: Receipt = sender.execute(*self._target_and_data(call), sender=STRANGER)
        if call.sender == self.stage.attacker.address:
            return receipt
        function = contract.function(call.function, len(call.arguments))
        return receipt._replace(value=function.decode(receipt.value))

    def _target_and_data(self, call: Call) -> tuple[str, bytes]:
        contract = self.stage.registries[call.registry]
        return contract.address, contract.encode(call.function, *self._arguments(call))

    def _arguments(self, call: Call) -> tuple[Any, ...]:
        if call.function != "setAgentWallet":
            return call.arguments
        *arguments, consent = call.arguments
        return *arguments, self._signature(consent)

    def _signature(self, consent: Consent | None) -> bytes:
        if consent is None:
            return NOBODYS_SIGNATURE
        return signature(consent, self.evm.chain_id, self.stage.registries.identity.address)

    def _logs_since(self, first_event: int) -> tuple[Log, ...]:
        """The logs of the model's events."""
        return tuple(
            self.stage.registries[event.registry].log(event.name, *event.values)
            for event in self.model.chain.events[first_event:]
        )

    def _error(self, data: bytes) -> tuple[str, tuple[Any, ...]]:
        revert = self.evm.read_revert(data)
        return revert.name, revert.values

    def _agree(self, what: object, expected: object, found: object) -> None:
        if expected != found:
            sides = f"  model:     {self.tell(expected)}\n  contracts: {self.tell(found)}"
            raise Disagreement(f"{self.tell(what)}\n{sides}")


@cache
def snake_case(name: str) -> str:
    """A function's name in Python; constants keep theirs."""
    return name if name.isupper() else re.sub(r"(?<=[a-z0-9])([A-Z]+)", lambda found: "_" + found[0], name).lower()
