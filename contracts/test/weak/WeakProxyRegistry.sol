// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";

/// @dev The proxy: an ERC-1967 one.
contract WeakProxy is ERC1967Proxy {
    constructor(address implementation, bytes memory data) ERC1967Proxy(implementation, data) {}
}

/// @title Deliberately weak: a registry behind a proxy, the weakness V16
/// @dev For tests.
contract WeakProxyRegistry {
    error Refused();

    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

    address public admin;
    mapping(uint256 agentId => address owner) public ownerOf;
    uint256 internal _lastAgentId;

    function initialize(address admin_) external {
        if (admin != address(0)) revert Refused();
        admin = admin_;
    }

    function register() external returns (uint256 agentId) {
        agentId = ++_lastAgentId;
        ownerOf[agentId] = msg.sender;
        emit Transfer(address(0), msg.sender, agentId);
    }

    // Weak: one account replaces the code, at once.
    function upgradeTo(address implementation) external {
        if (msg.sender != admin) revert Refused();
        ERC1967Utils.upgradeToAndCall(implementation, "");
    }
}

/// @dev What the admin, or who stole its key, puts in its place.
contract ThievingRegistry is WeakProxyRegistry {
    function take(uint256 agentId) external {
        emit Transfer(ownerOf[agentId], msg.sender, agentId);
        ownerOf[agentId] = msg.sender;
    }
}
