contract EntryPoints {
    // ruleid: entry-point-without-event
    function silent(uint256 x) external nonReentrant whenNotPaused {
        stored = x;
    }
    // ruleid: entry-point-without-event
    function silentByRole(uint256 x) public onlyRole(ADMIN) {
        _store(x);
    }
    // ok: entry-point-without-event
    function announced(uint256 x) external nonReentrant whenNotPaused {
        stored = x;
        emit Stored(x);
    }
    // ok: entry-point-without-event
    function announcedInBlock(uint256 x) external nonReentrant whenNotPaused {
        unchecked {
            stored = x;
            emit Stored(x);
        }
    }
    // ok: entry-point-without-event
    function inherited(uint256 x) public override nonReentrant {
        super.inherited(x);
    }
    // ok: entry-point-without-event
    function registering() external nonReentrant whenNotPaused returns (uint256 agentId) {
        address from;
        (agentId, from) = _register("");
    }
    // ok: entry-point-without-event
    function writingMetadata(uint256 agentId) external nonReentrant whenNotPaused {
        _setMetadata(agentId, "a", "b");
    }
    // ok: entry-point-without-event
    function writingTheWallet(uint256 agentId) external nonReentrant {
        _writeWallet(agentId, address(0));
    }
    // ok: entry-point-without-event
    function pausing() external onlyRole(PAUSER) {
        _pause();
    }
    // ok: entry-point-without-event
    function unpausing() external onlyRole(PAUSER) {
        _unpause();
    }
}
