contract Values {
    function narrow(uint256 x, int256 y) external view returns (uint256) {
        // ruleid: unchecked-cast
        uint64 a = uint64(x);
        // ruleid: unchecked-cast
        int128 b = int128(y);
        // ruleid: unchecked-cast
        uint32 c = uint32(block.timestamp);
        // ok: unchecked-cast
        uint256 d = uint256(a);
        // ok: unchecked-cast
        bytes32 e = bytes32(x);
        // ok: unchecked-cast
        uint64 f = SafeCast.toUint64(x);
        // ok: unchecked-cast
        uint256 g = type(uint64).max;
        // ruleid: unchecked-cast
        int256 h = int256(x);
        return d;
    }
    function late(uint256 deadline) external view {
        // ruleid: block-time-comparison
        if (deadline < block.timestamp) revert Expired(deadline);
        // ruleid: block-time-comparison
        if (block.timestamp >= deadline + 1) revert Expired(deadline);
        // ok: block-time-comparison
        uint256 latest = block.timestamp + 5 minutes;
    }
    // ruleid: agent-id-not-indexed
    event Bare(uint256 agentId, address owner);
    // ruleid: agent-id-not-indexed
    event Late(
        address indexed owner,
        uint256 agentId
    );
    // ok: agent-id-not-indexed
    event Indexed(uint256 indexed agentId, address owner);
    // ok: agent-id-not-indexed
    error Unknown(uint256 agentId);

    // ruleid: event-with-timestamp
    event Timed(uint256 indexed agentId, uint256 timestamp);
    // ok: event-with-timestamp
    event Untimed(uint256 indexed agentId, string key);
}
