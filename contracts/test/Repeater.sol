// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

error CallFailed();

/// @dev Makes one call from an address of its own, and leaves no code.
contract Puppet {
    constructor(address target, bytes memory data) {
        (bool success,) = target.call(data);
        if (!success) revert CallFailed();
    }
}

/// @title A spammer that writes thousands of entries in one transaction
/// @dev For tests.
contract Repeater {
    /// @notice The same call again and again, from one address.
    function asOne(address target, bytes calldata data, uint256 times) external {
        for (uint256 i = 0; i < times; ++i) {
            (bool success,) = target.call(data);
            if (!success) revert CallFailed();
        }
    }

    /// @notice The same call again and again, each time from a new address.
    function asMany(address target, bytes calldata data, uint256 times) external {
        for (uint256 i = 0; i < times; ++i) {
            new Puppet(target, data);
        }
    }

    /// @notice Different calls, from one address.
    function each(address target, bytes[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success,) = target.call(calls[i]);
            if (!success) revert CallFailed();
        }
    }
}
