// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A set of addresses in memory
/// @notice Open addressing in a table at most half full: membership costs the same for ten addresses and ten thousand.
/// @dev The hash is multiply-shift by a factor drawn from the whole call's data. Who would make the table slow must
/// choose addresses that collide under a factor which depends on all of them. The zero address is never a member: it
/// is no client, responder or validator.
library AddressSet {
    struct Set {
        address[] table;
        uint256 factor;
        uint256 shift;
    }

    /// @notice An empty set with room for a number of addresses.
    /// @param size The number of addresses.
    /// @return set The set.
    function create(uint256 size) internal pure returns (Set memory set) {
        uint256 bits = 1;
        while (1 << bits < 2 * size) ++bits;
        set.table = new address[](1 << bits);
        set.factor = uint256(keccak256(msg.data)) | 1;
        set.shift = 256 - bits;
    }

    /// @notice The set of the addresses of a list.
    /// @param list The addresses; duplicates and zero are left out.
    /// @return set The set.
    function fromList(address[] calldata list) internal pure returns (Set memory set) {
        set = create(list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            insert(set, list[i]);
        }
    }

    /// @notice Puts an address into a set.
    /// @param set The set.
    /// @param account The address.
    /// @return fresh Whether it was not in the set before; false for zero.
    function insert(Set memory set, address account) internal pure returns (bool fresh) {
        if (account == address(0)) return false;
        uint256 slot = _find(set, account);
        fresh = set.table[slot] == address(0);
        if (fresh) set.table[slot] = account;
    }

    /// @notice Whether an address is in a set.
    /// @param set The set.
    /// @param account The address, not zero.
    /// @return Whether it is.
    function contains(Set memory set, address account) internal pure returns (bool) {
        return set.table[_find(set, account)] == account;
    }

    /// @dev The slot that holds the address, or the free one where it belongs.
    function _find(Set memory set, address account) private pure returns (uint256 slot) {
        address[] memory table = set.table;
        unchecked {
            // The product wraps on purpose; the table's length is a power of two, so the mask wraps the probe.
            slot = (uint256(uint160(account)) * set.factor) >> set.shift;
            while (table[slot] != address(0) && table[slot] != account) {
                slot = (slot + 1) & (table.length - 1);
            }
        }
    }
}
