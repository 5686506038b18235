// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

/// @title An agent owner that calls somebody in the middle of the transaction that gives it a token
contract ReentrantReceiver is IERC721Receiver {
    address private _target;
    bytes private _data;
    uint256 private _callsLeft;

    /// @notice How often the armed call was made.
    uint256 public callsMade;
    /// @notice Whether the latest one to end succeeded.
    bool public succeeded;
    /// @notice What it returned or reverted with.
    bytes public returnData;

    /// @notice The next callbacks, up to `calls` of them, make this call.
    function arm(address target, bytes calldata data, uint256 calls) external {
        (_target, _data, _callsLeft) = (target, data, calls);
    }

    /// @notice Makes a call, for anyone; a revert is passed on.
    function execute(address target, bytes calldata data) external {
        (bool ok, bytes memory result) = target.call(data);
        if (ok) return;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        if (_callsLeft != 0) {
            --_callsLeft;
            ++callsMade;
            (bool ok, bytes memory result) = _target.call(_data);
            (succeeded, returnData) = (ok, result);
        }
        return IERC721Receiver.onERC721Received.selector;
    }
}
