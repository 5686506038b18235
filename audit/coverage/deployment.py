"""Other builds of contracts in the place of the project's own, for the tests."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from ethpm_types import Bytecode, ContractType

import tests.evm


def with_creation_codes(codes: Mapping[str, bytes]) -> Callable[[str], ContractType]:
    """A contract of the project by its name, with another creation code if there is one."""
    project_contract = tests.evm.compiled

    @functools.cache
    def compiled(name: str) -> ContractType:
        contract_type = project_contract(name)
        if name not in codes:
            return contract_type
        return contract_type.model_copy(update={"deployment_bytecode": Bytecode(bytecode=f"0x{codes[name].hex()}")})

    return compiled
