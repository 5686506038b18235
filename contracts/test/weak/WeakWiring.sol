// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIdentityRegistry} from "../../interfaces/IIdentityRegistry.sol";

/// @title Deliberately weak: a registry that takes any address for an identity registry, the weakness V17
/// @dev For tests.
contract WeakWiring {
    error Refused();

    event NewFeedback(uint256 indexed agentId, address indexed clientAddress, int128 value);

    IIdentityRegistry private immutable IDENTITY;
    address public immutable ADMIN;

    // Weak: nothing is checked, so that two swapped arguments deploy without a sound.
    constructor(address identity, address admin) {
        IDENTITY = IIdentityRegistry(identity);
        ADMIN = admin;
    }

    function giveFeedback(uint256 agentId, int128 value) external {
        if (IDENTITY.isAuthorizedOrOwner(msg.sender, agentId)) revert Refused();
        emit NewFeedback(agentId, msg.sender, value);
    }

    function getIdentityRegistry() external view returns (address) {
        return address(IDENTITY);
    }
}

/// @dev Announces every interface and knows none: what a careless or hostile contract may answer to ERC-165. Its answer
/// to the probe is one word, or an error that is not the expected one.
contract BoastfulIdentity {
    error SomethingElse(uint256 agentId);

    bool private immutable REVERTS;

    constructor(bool reverts) {
        REVERTS = reverts;
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId != 0xffffffff;
    }

    function isAffiliated(address, uint256 agentId) external view returns (bool) {
        if (REVERTS) revert SomethingElse(agentId);
        return false;
    }
}
