contract EntryPoints {
    // ruleid: entry-point-without-pause
    function unpaused(uint256 x) external nonReentrant {
        stored = x;
    }
    // ok: entry-point-without-pause
    function pausable(uint256 x) external nonReentrant whenNotPaused returns (uint256 y) {
        stored = x;
    }
}
