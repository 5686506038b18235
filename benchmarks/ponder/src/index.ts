/** What each event changes, as in registry_api/projection.py, for the events that the benchmark sends. */
import { ponder, type Context, type Event } from "ponder:registry";
import { agentMetadata, agents, clients, feedback, history, ratings, responses, validations } from "ponder:schema";
import { zeroAddress } from "viem";

const WALLET_KEY = "agentWallet";

type IdentityEvent = Event<
  "Identity:Transfer" | "Identity:Registered" | "Identity:URIUpdated" | "Identity:AgentURICleared" | "Identity:MetadataSet"
>;

async function record(
  context: Context,
  event: IdentityEvent,
  agentId: bigint,
  kind: string,
  change: Record<string, string | null>,
) {
  await context.db.insert(history).values({
    agentId,
    block: event.block.number,
    logIndex: event.log.logIndex,
    time: event.block.timestamp,
    transaction: event.transaction.hash,
    kind,
    change: JSON.stringify(change),
  });
}

// IDENTITY

ponder.on("Identity:Transfer", async ({ event, context }) => {
  const { from, to, tokenId: agentId } = event.args;
  const time = event.block.timestamp;
  if (from === zeroAddress) {
    await context.db.insert(agents).values({
      agentId,
      owner: to,
      wallet: to,
      ownershipEpoch: 0,
      registeredBlock: event.block.number,
      registeredTime: time,
      registeredTransaction: event.transaction.hash,
      updatedTime: time,
      feedbackCount: 0,
      revokedCount: 0,
      clientCount: 0,
      responseCount: 0,
      validationCount: 0,
      answeredCount: 0,
    });
    await record(context, event, agentId, "registration", { owner: to });
    return;
  }
  await context.db.update(agents, { agentId }).set((agent) => ({
    owner: to,
    wallet: from === to ? agent.wallet : null,
    ownershipEpoch: agent.ownershipEpoch + (from === to ? 0 : 1),
    updatedTime: time,
  }));
  await record(context, event, agentId, "transfer", { sender: from, recipient: to });
});

ponder.on("Identity:Registered", async ({ event, context }) => {
  const { agentId, agentURI } = event.args;
  if (agentURI === "") return;
  await context.db.update(agents, { agentId }).set({ ownUri: agentURI });
  await record(context, event, agentId, "uri", { uri: agentURI });
});

ponder.on("Identity:URIUpdated", async ({ event, context }) => {
  const { agentId, newURI } = event.args;
  await context.db.update(agents, { agentId }).set({ ownUri: newURI, updatedTime: event.block.timestamp });
  await record(context, event, agentId, "uri", { uri: newURI });
});

ponder.on("Identity:AgentURICleared", async ({ event, context }) => {
  const { agentId } = event.args;
  await context.db.update(agents, { agentId }).set({ ownUri: null, updatedTime: event.block.timestamp });
  await record(context, event, agentId, "uri", { uri: null });
});

ponder.on("Identity:MetadataSet", async ({ event, context }) => {
  const { agentId, metadataKey: key, metadataValue: value } = event.args;
  const time = event.block.timestamp;
  if (key === WALLET_KEY) {
    const agent = await context.db.find(agents, { agentId });
    // A registration announces the wallet that the agent was minted with.
    if (agent === null || agent.registeredTransaction === event.transaction.hash) return;
    const wallet = value === "0x" ? null : value;
    await context.db.update(agents, { agentId }).set({ wallet, updatedTime: time });
    await record(context, event, agentId, "wallet", { wallet });
    return;
  }
  await context.db.update(agents, { agentId }).set({ updatedTime: time });
  await context.db.insert(agentMetadata).values({ agentId, key, value, time }).onConflictDoUpdate({ value, time });
  await record(context, event, agentId, "metadata", { key, value });
});

// REPUTATION

ponder.on("Reputation:NewFeedback", async ({ event, context }) => {
  const { agentId, clientAddress: client, feedbackIndex, value, valueDecimals: decimals, tag1, tag2 } = event.args;
  const time = event.block.timestamp;
  const seen = await context.db
    .insert(clients)
    .values({
      agentId,
      client,
      feedbackCount: 1,
      revokedCount: 0,
      firstBlock: event.block.number,
      firstLogIndex: event.log.logIndex,
      firstTime: time,
      lastTime: time,
    })
    .onConflictDoUpdate((row) => ({ feedbackCount: row.feedbackCount + 1, lastTime: time }));
  const agent = await context.db.update(agents, { agentId }).set((row) => ({
    clientCount: row.clientCount + (seen.feedbackCount === 1 ? 1 : 0),
    feedbackCount: row.feedbackCount + 1,
    lastFeedbackTime: time,
  }));
  await context.db.insert(feedback).values({
    agentId,
    client,
    feedbackIndex,
    value,
    decimals,
    tag1,
    tag2,
    endpoint: event.args.endpoint,
    uri: event.args.feedbackURI,
    hash: event.args.feedbackHash,
    ownershipEpoch: agent.ownershipEpoch,
    givenBlock: event.block.number,
    logIndex: event.log.logIndex,
    time,
    transaction: event.transaction.hash,
    responseCount: 0,
  });
  await context.db
    .insert(ratings)
    .values({ agentId, tag1, tag2, decimals, ...rating(1, value, decimals) })
    .onConflictDoUpdate((row) => rating(row.count + 1, row.sum + value, decimals));
});

ponder.on("Reputation:FeedbackRevoked", async ({ event, context }) => {
  const { agentId, clientAddress: client, feedbackIndex } = event.args;
  const { value, tag1, tag2, decimals } = await context.db
    .update(feedback, { agentId, client, feedbackIndex })
    .set({ revokedTime: event.block.timestamp });
  await context.db.update(agents, { agentId }).set((row) => ({ revokedCount: row.revokedCount + 1 }));
  await context.db.update(clients, { agentId, client }).set((row) => ({ revokedCount: row.revokedCount + 1 }));
  await context.db
    .update(ratings, { agentId, tag1, tag2, decimals })
    .set((row) => rating(row.count - 1, row.sum - value, decimals));
});

ponder.on("Reputation:ResponseAppended", async ({ event, context }) => {
  const { agentId, clientAddress: client, feedbackIndex, responder, responseURI, responseHash } = event.args;
  await context.db.update(agents, { agentId }).set((row) => ({ responseCount: row.responseCount + 1 }));
  await context.db
    .update(feedback, { agentId, client, feedbackIndex })
    .set((row) => ({ responseCount: row.responseCount + 1 }));
  await context.db.insert(responses).values({
    agentId,
    client,
    feedbackIndex,
    block: event.block.number,
    logIndex: event.log.logIndex,
    time: event.block.timestamp,
    transaction: event.transaction.hash,
    responder,
    uri: responseURI,
    hash: responseHash,
  });
});

function rating(count: number, sum: bigint, decimals: number) {
  return { count, sum, average: count === 0 ? null : Number(sum) / (count * 10 ** decimals) };
}

// VALIDATION

ponder.on("Validation:ValidationRequest", async ({ event, context }) => {
  const { agentId, validatorAddress: validator, requestHash, requestURI } = event.args;
  await context.db.update(agents, { agentId }).set((row) => ({ validationCount: row.validationCount + 1 }));
  await context.db.insert(validations).values({
    requestHash,
    agentId,
    validator,
    requestUri: requestURI,
    requestBlock: event.block.number,
    logIndex: event.log.logIndex,
    requestTime: event.block.timestamp,
    requestTransaction: event.transaction.hash,
    answerCount: 0,
  });
});

ponder.on("Validation:ValidationResponse", async ({ event, context }) => {
  const { agentId, requestHash, response, responseURI, responseHash, tag } = event.args;
  const { answerCount } = await context.db.update(validations, { requestHash }).set((row) => ({
    response,
    responseUri: responseURI,
    responseHash,
    tag,
    responseTime: event.block.timestamp,
    responseTransaction: event.transaction.hash,
    answerCount: row.answerCount + 1,
  }));
  if (answerCount === 1) {
    await context.db.update(agents, { agentId }).set((row) => ({ answeredCount: row.answeredCount + 1 }));
  }
});
