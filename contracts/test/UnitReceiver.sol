// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IERC8004Identity} from "../interfaces/IERC8004Identity.sol";

/// @title A contract account without a receiver hook
contract UnitAccount {
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        (bool success, bytes memory result) = target.call(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }
}

/// @title A contract account with a receiver hook that answers as told and remembers what it was asked
contract UnitReceiver is UnitAccount, IERC721Receiver {
    enum Answer {
        Accept,
        WrongValue,
        RevertWithError,
        RevertWithoutData
    }

    struct Asked {
        address operator;
        address from;
        uint256 tokenId;
        bytes data;
    }

    error Refused(uint256 tokenId);

    Answer private immutable ANSWER;
    Asked private _asked;

    constructor(Answer answer) {
        ANSWER = answer;
    }

    function asked() external view returns (Asked memory) {
        return _asked;
    }

    function onERC721Received(address operator, address from, uint256 tokenId, bytes calldata data)
        external
        returns (bytes4)
    {
        _asked = Asked(operator, from, tokenId, data);
        if (ANSWER == Answer.RevertWithError) revert Refused(tokenId);
        if (ANSWER == Answer.RevertWithoutData) {
            assembly ("memory-safe") {
                revert(0, 0)
            }
        }
        return ANSWER == Answer.WrongValue ? bytes4(0xdeadbeef) : this.onERC721Received.selector;
    }
}

/// @title A contract that registers in its own constructor
contract UnitConstructorRegistrant {
    constructor(IERC8004Identity identity) {
        identity.register();
    }
}
