import { createConfig } from "ponder";
import { parseAbi } from "viem";

const identity = parseAbi([
  "event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)",
  "event Registered(uint256 indexed agentId, string agentURI, address indexed owner)",
  "event URIUpdated(uint256 indexed agentId, string newURI, address indexed updatedBy)",
  "event AgentURICleared(uint256 indexed agentId)",
  "event MetadataSet(uint256 indexed agentId, string indexed indexedMetadataKey, string metadataKey, bytes metadataValue)",
]);

const reputation = parseAbi([
  "event NewFeedback(uint256 indexed agentId, address indexed clientAddress, uint64 feedbackIndex, int128 value, uint8 valueDecimals, string indexed indexedTag1, string tag1, string tag2, string endpoint, string feedbackURI, bytes32 feedbackHash)",
  "event FeedbackRevoked(uint256 indexed agentId, address indexed clientAddress, uint64 indexed feedbackIndex)",
  "event ResponseAppended(uint256 indexed agentId, address indexed clientAddress, uint64 feedbackIndex, address indexed responder, string responseURI, bytes32 responseHash)",
]);

const validation = parseAbi([
  "event ValidationRequest(address indexed validatorAddress, uint256 indexed agentId, string requestURI, bytes32 indexed requestHash)",
  "event ValidationResponse(address indexed validatorAddress, uint256 indexed agentId, bytes32 indexed requestHash, uint8 response, string responseURI, bytes32 responseHash, string tag)",
]);

/** A setting that the benchmark gives. */
function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run python -m benchmarks.ponder_comparison`);
  return value;
}

const place = (registry: string) => ({
  chain: "baseSepolia" as const,
  address: given(`REGISTRY_${registry}`) as `0x${string}`,
  startBlock: Number(given("START_BLOCK")),
});

export default createConfig({
  database: { kind: "postgres", connectionString: given("DATABASE_URL") },
  chains: {
    baseSepolia: {
      id: 84532,
      // Ponder begins with 20 requests a second to each URL, for the sake of public nodes. This node is ours: as many
      // URLs as lift that to the most that it ever allows one.
      rpc: Array.from({ length: 25 }, () => given("PONDER_RPC_URL_84532")),
      // As its guide says for anvil.
      disableCache: true,
    },
  },
  contracts: {
    Identity: { abi: identity, ...place("IDENTITY") },
    Reputation: { abi: reputation, ...place("REPUTATION") },
    Validation: { abi: validation, ...place("VALIDATION") },
  },
});
