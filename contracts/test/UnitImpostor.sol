// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IIdentityRegistry} from "../interfaces/IIdentityRegistry.sol";

/// @title Something that is not an identity registry and says that it is
/// @dev Whatever else it is asked, it answers the same bytes, as a result or as a revert.
contract UnitImpostor is IERC165 {
    bool private immutable ANNOUNCES;
    bool private immutable ANNOUNCES_ANYTHING;
    bool private immutable REVERTS;
    bytes private _answer;

    constructor(bool announces, bool announcesAnything, bool reverts, bytes memory answer) {
        (ANNOUNCES, ANNOUNCES_ANYTHING, REVERTS) = (announces, announcesAnything, reverts);
        _answer = answer;
    }

    fallback() external {
        bytes memory answer = _answer;
        if (REVERTS) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
        assembly {
            return(add(answer, 32), mload(answer))
        }
    }

    function supportsInterface(bytes4 interfaceId) external view returns (bool) {
        if (ANNOUNCES_ANYTHING || interfaceId == type(IERC165).interfaceId) return true;
        return ANNOUNCES && interfaceId == type(IIdentityRegistry).interfaceId;
    }
}
