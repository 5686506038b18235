contract Forbidden {
    function origin() external view returns (address) {
        // ruleid: tx-origin
        return tx.origin;
    }
    function sender() external view returns (address) {
        // ok: tx-origin
        return msg.sender;
    }
    function bare() external view returns (uint256 result) {
        // ruleid: inline-assembly
        assembly {
            result := sload(0)
        }
    }
    function annotated() external view returns (uint256 result) {
        // ruleid: inline-assembly
        assembly ("memory-safe") {
            result := sload(0)
        }
    }
    function plain() external view returns (uint256 result) {
        // ok: inline-assembly
        result = stored;
    }
    function end() external {
        // ruleid: selfdestruct
        selfdestruct(payable(msg.sender));
    }
    function pausing() external {
        // ok: selfdestruct
        _pause();
    }
    function recover(bytes32 digest) external pure returns (address) {
        // ruleid: ecrecover
        return ecrecover(digest, 27, 0, 0);
    }
    function recoverChecked(bytes32 digest) external pure returns (address) {
        // ok: ecrecover
        return ECDSA.recover(digest, signature);
    }
    // ruleid: payable-function
    function donate() external payable {
        total += msg.value;
    }
    // ruleid: payable-function
    function donateAgain() public payable override nonReentrant {
        total += msg.value;
    }
    // ok: payable-function
    function register() external nonReentrant {
        total += 1;
    }
    function draw() external view returns (uint256) {
        // ruleid: predictable-value
        return uint256(blockhash(block.number - 1));
    }
    function drawAgain() external view returns (uint256) {
        // ruleid: predictable-value
        return block.prevrandao;
    }
    function time() external view returns (uint256) {
        // ok: predictable-value
        return block.timestamp;
    }
    function key(string calldata a, string calldata b) external pure returns (bytes32) {
        // ruleid: packed-hash
        return keccak256(abi.encodePacked(a, b));
    }
    function keyOfOne(string calldata a) external pure returns (bytes32) {
        // ok: packed-hash
        return keccak256(abi.encodePacked(a));
    }
    function encodedKey(string calldata a, string calldata b) external pure returns (bytes32) {
        // ok: packed-hash
        return keccak256(abi.encode(a, b));
    }
}
