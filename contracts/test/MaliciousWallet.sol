// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title An ERC-1271 wallet that answers in every way but the one it should
contract MaliciousWallet {
    enum Mode {
        ApproveEverything,
        Revert,
        BurnGas,
        ReturnBomb, // the right magic, and half a megabyte after it
        WrongMagic,
        ShortReturn, // the right magic in 4 bytes instead of 32
        DirtyReturn, // the right magic, then ones where the word should be zero
        Reenter // approves if the armed call succeeds
    }

    error Refused();

    uint256 private constant BOMB_SIZE = 500_000;

    Mode private _mode;
    address private _target;
    bytes private _data;

    function setMode(Mode mode) external {
        _mode = mode;
    }

    function arm(address target, bytes calldata data) external {
        (_mode, _target, _data) = (Mode.Reenter, target, data);
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        Mode mode = _mode;
        bytes4 magic = IERC1271.isValidSignature.selector;
        if (mode == Mode.Revert) revert Refused();
        if (mode == Mode.WrongMagic) return 0xffffffff;
        if (mode == Mode.BurnGas) _burnGas();
        if (mode == Mode.ReturnBomb) _return(magic, BOMB_SIZE);
        if (mode == Mode.ShortReturn) _return(magic, 4);
        if (mode == Mode.DirtyReturn) _return(magic | (bytes32(type(uint256).max) >> 32), 32);
        if (mode == Mode.Reenter) {
            (bool ok,) = _target.call(_data);
            if (!ok) revert Refused();
        }
        return magic;
    }

    function _burnGas() private pure {
        assembly ("memory-safe") {
            invalid()
        }
    }

    function _return(bytes32 word, uint256 size) private pure {
        assembly {
            mstore(0, word)
            return(0, size)
        }
    }
}
