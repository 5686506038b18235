"""Other builds of contracts in the place of the project's own, for the tests."""

from __future__ import annotations

from collections.abc import Mapping

from ethpm_types import Bytecode

import tests.evm
from audit.coverage.build import CODE_SIZE_LIMIT


def deploy_instead(codes: Mapping[str, bytes]) -> None:
    """From now on, the tests deploy these contracts by other codes, which may be larger than a chain allows."""
    for name, code in codes.items():
        bytecode = Bytecode(bytecode=f"0x{code.hex()}")
        tests.evm.stand_in(name, tests.evm.contract_type(name).model_copy(update={"deployment_bytecode": bytecode}))
    tests.evm.code_size_limit = CODE_SIZE_LIMIT
