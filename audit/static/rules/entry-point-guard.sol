contract EntryPoints {
    // ruleid: entry-point-without-guard
    function bare(uint256 x) external {
        stored = x;
    }
    // ruleid: entry-point-without-guard
    function bareOverride(uint256 x) public override whenNotPaused returns (uint256 y) {
        stored = x;
    }
    // ok: entry-point-without-guard
    function guarded(uint256 x) external nonReentrant {
        stored = x;
    }
    // ok: entry-point-without-guard
    function guardedOverride(uint256 x) public override(A, B) nonReentrant whenNotPaused returns (uint256 y) {
        stored = x;
    }
    // ok: entry-point-without-guard
    function byRole(uint256 x) external onlyRole(ADMIN) {
        stored = x;
    }
    // ok: entry-point-without-guard
    function read() external view returns (uint256) {
        return stored;
    }
    // ok: entry-point-without-guard
    function calculate(uint256 x) public pure virtual override returns (uint256) {
        return x;
    }
    // ok: entry-point-without-guard
    function _helper(uint256 x) private {
        stored = x;
    }
}
