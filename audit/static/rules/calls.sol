contract Calls {
    function writeAfterCallback(uint256 agentId) external {
        // ruleid: callback-not-last
        _checkReceiver(from, agentId);
        stored = agentId;
    }
    function emitAfterCallback(uint256 agentId) external {
        // ruleid: callback-not-last
        ERC721Utils.checkOnERC721Received(msg.sender, from, to, agentId, "");
        emit Registered(agentId);
    }
    function callAfterCallback(address to, uint256 agentId) external {
        // ruleid: callback-not-last
        IERC721Receiver(to).onERC721Received(msg.sender, from, agentId, "");
        _setMetadata(agentId, "a", "b");
    }
    function callbackLast(uint256 agentId) external {
        stored = agentId;
        emit Registered(agentId);
        // ok: callback-not-last
        _checkReceiver(from, agentId);
    }
    function otherCallbackLast(uint256 agentId) external {
        super.transferFrom(from, to, agentId);
        // ok: callback-not-last
        ERC721Utils.checkOnERC721Received(msg.sender, from, to, agentId, "");
    }

    function minting(uint256 agentId) external {
        // ruleid: unsafe-mint
        _safeMint(msg.sender, agentId);
        // ruleid: unsafe-mint
        _safeTransfer(msg.sender, to, agentId, "");
        // ok: unsafe-mint
        _mint(msg.sender, agentId);
    }

    // ruleid: write-after-call
    function writeAfterCall(uint256 agentId) external {
        IDENTITY.ownerOf(agentId);
        _checkSize(agentId);
        stored = agentId;
    }
    // ruleid: write-after-call
    function writeAfterCheck(uint256 agentId) external {
        if (!IDENTITY.isAuthorizedOrOwner(msg.sender, agentId)) revert NotAuthorized(agentId);
        records[agentId].count = 1;
    }
    // ruleid: write-after-call
    function emitAfterCheck(uint256 agentId) external {
        if (IDENTITY.isAffiliated(msg.sender, agentId)) {
            revert SelfFeedback(agentId);
        }
        emit Given(agentId);
    }
    // ruleid: write-after-call
    function writeAfterOurCheck(uint256 agentId) external {
        _checkNotAffiliated(agentId, msg.sender);
        stored = agentId;
    }
    // ruleid: write-after-call
    function writeAfterConsent(uint256 agentId) external {
        _checkConsent(agentId, msg.sender);
        agents[agentId].wallet = msg.sender;
    }
    // ok: write-after-call
    function writeBeforeCall(uint256 agentId) external {
        stored = agentId;
        IDENTITY.ownerOf(agentId);
    }
    // ok: write-after-call
    function noCall(uint256 agentId) external {
        if (stored == agentId) revert Known(agentId);
        stored = agentId;
        emit Given(agentId);
    }

    function lowLevel(address target) external {
        // ruleid: low-level-call
        target.call("");
        // ruleid: low-level-call
        target.call{value: 1}("");
        // ruleid: low-level-call
        target.staticcall("");
        // ruleid: low-level-call
        target.delegatecall("");
        // ok: low-level-call
        IERC1271(target).isValidSignature(digest, signature);
    }
}
