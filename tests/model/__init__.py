"""The specification in executable form: the three registries in plain Python, without a chain.

Accounts are addresses as text, roles and hashes are 32 bytes, times are seconds since the epoch. The functions are
those of the ABIs in snake case, with their arguments in the same order; whoever changes something says `sender=`. A
refused call raises `ModelRevert` and leaves no trace, because every function checks first and writes afterwards. What
happened is appended to `Chain.events`. Averages are exact fractions, cut off once.

Signing is outside: a `Consent` says who signed what. Limits of the storage layout that it takes millions of calls to
reach (ids, epochs, tags, responses) are left to the tests of the layout.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.model.chain import ZERO, Chain, Code, Consent, Event, Hook, ModelRevert
from tests.model.identity import Identity
from tests.model.registry import Registry, Setup
from tests.model.reputation import Reputation
from tests.model.validation import Validation

__all__ = ["ZERO", "Chain", "Code", "Consent", "Event", "Hook", "Model", "ModelRevert", "Registry", "Setup"]


class Model:
    """A deployment of the three registries."""

    def __init__(self, chain: Chain, addresses: Mapping[str, str], setup: Setup, registry_admin: str) -> None:
        """Deploys them, in this order.

        :param addresses: the registries' addresses, by the names of the contracts
        """
        self.chain = chain
        self.identity = Identity(chain, addresses[Identity.NAME], setup, registry_admin)
        self.reputation = Reputation(self.identity, addresses[Reputation.NAME], setup)
        self.validation = Validation(self.identity, addresses[Validation.NAME], setup)

    def __getitem__(self, name: str) -> Registry:
        """A registry by the name of its contract."""
        return {model.NAME: model for model in (self.identity, self.reputation, self.validation)}[name]
