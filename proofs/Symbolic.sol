// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The cheat codes of Foundry that the proofs use, as Halmos has them
interface IVm {
    function assume(bool condition) external pure;
    function getCode(string calldata artifact) external view returns (bytes memory);
    function load(address account, bytes32 slot) external view returns (bytes32);
    function prank(address sender) external;
    function warp(uint256 time) external;
}

/// @title The cheat codes of Halmos that the proofs use
interface ISvm {
    function createBool(string calldata name) external view returns (bool);
    function createBytes32(string calldata name) external view returns (bytes32);
    function createCalldata(string calldata contractName) external view returns (bytes memory);
    function enableSymbolicStorage(address account) external;
}

/// @title What every proof is made of
/// @dev A function check_... is a claim about all values of its arguments. Halmos follows every path of it and asks a
/// solver for values that make an assert fail. A function refute_... claims too much on purpose: unless it is
/// refuted, the claim beside it holds only because nothing gets as far as its assert.
abstract contract Symbolic {
    IVm internal constant VM = IVm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    ISvm internal constant SVM = ISvm(0xF3993A62377BCd56AE39D773740A5390411E8BC9);

    /// @dev Deploys what the compiler made of a contract, instead of compiling it anew into the proof.
    function _deploy(string memory name, bytes memory arguments) internal returns (address deployed) {
        // By its path: for "file:contract", Halmos looks into out/, which is another build.
        string memory artifact = string.concat("proofs/out/", name, ".sol/", name, ".json");
        bytes memory code = bytes.concat(VM.getCode(artifact), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        assert(deployed != address(0));
    }

    /// @dev Where a mapping keeps the value of a key.
    function _place(uint256 key, uint256 mappingSlot) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(key, mappingSlot)));
    }
}
