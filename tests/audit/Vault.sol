// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

contract Vault {
    mapping(address => uint256) public balances;
    address public owner;
    uint256 public FEE = 1;

    function deposit() external payable {
        balances[msg.sender] += msg.value;
    }

    function setOwner(address newOwner) external {
        owner = newOwner;
    }

    function withdraw() external {
        (bool ok,) = msg.sender.call{value: balances[msg.sender]}("");
        require(ok);
        balances[msg.sender] = 0;
    }
}
