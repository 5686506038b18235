// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A contract wallet that consents when its signer did
contract UnitWallet1271 is IERC1271 {
    error NotTheSigner(address recovered);

    address private immutable SIGNER;
    bool private immutable REVERTS;

    /// @param reverts Whether a wrong signature reverts instead of giving another value.
    constructor(address signer, bool reverts) {
        SIGNER = signer;
        REVERTS = reverts;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address recovered,,) = ECDSA.tryRecoverCalldata(hash, signature);
        if (recovered == SIGNER) return this.isValidSignature.selector;
        if (REVERTS) revert NotTheSigner(recovered);
        return 0xffffffff;
    }
}
