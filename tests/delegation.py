"""A few opcodes before a contract's code: from then on each call runs them first, and then the code, by delegation."""

from __future__ import annotations

from tests.evm import EVM

CODE_ADDRESS = "0x" + "c0de" * 10
"""Where the contract's own code goes, out of the way."""


def run_first(evm: EVM, address: str, before: bytes) -> None:
    """Puts instructions before a contract's code, which keeps its storage and its address.

    :param before: they begin at position 0, leave nothing on the stack, and end by falling through or for good
    """
    evm.set_code(CODE_ADDRESS, bytes(evm.raw.get_code(address) or b""))
    copy_calldata = bytes.fromhex("365f5f37")  # CALLDATASIZE, PUSH0, PUSH0, CALLDATACOPY
    delegate = bytes.fromhex(f"5f5f365f73{CODE_ADDRESS[2:]}5af4")  # DELEGATECALL with all gas and all of the calldata
    copy_output = bytes.fromhex("3d5f5f3e")  # RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY
    code = before + copy_calldata + delegate + copy_output
    # PUSH1 target, JUMPI, RETURNDATASIZE, PUSH0, REVERT, and at the target JUMPDEST, RETURNDATASIZE, PUSH0, RETURN
    end = bytes([0x60, len(code) + 6, 0x57]) + bytes.fromhex("3d5ffd" + "5b3d5ff3")
    evm.set_code(address, code + end)
