/** The same facts as registry_api/tables.py keeps, under the same names, with the same indexes. */
import { index, onchainTable, primaryKey } from "ponder";

export const agents = onchainTable(
  "agents",
  (t) => ({
    agentId: t.bigint().primaryKey(),
    owner: t.hex().notNull(),
    wallet: t.hex(),
    ownUri: t.text(),
    ownershipEpoch: t.integer().notNull(),
    registeredBlock: t.bigint().notNull(),
    registeredTime: t.bigint().notNull(),
    registeredTransaction: t.hex().notNull(),
    updatedTime: t.bigint().notNull(),
    feedbackCount: t.integer().notNull(),
    revokedCount: t.integer().notNull(),
    clientCount: t.integer().notNull(),
    responseCount: t.integer().notNull(),
    validationCount: t.integer().notNull(),
    answeredCount: t.integer().notNull(),
    lastFeedbackTime: t.bigint(),
  }),
  (table) => ({
    byOwner: index().on(table.owner, table.agentId),
    byWallet: index().on(table.wallet, table.agentId),
    byRegistration: index().on(table.registeredTime, table.agentId),
    byUpdate: index().on(table.updatedTime, table.agentId),
  }),
);

export const agentMetadata = onchainTable(
  "agent_metadata",
  (t) => ({
    agentId: t.bigint().notNull(),
    key: t.text().notNull(),
    value: t.hex().notNull(),
    time: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.agentId, table.key] }),
    byKey: index().on(table.key, table.agentId),
  }),
);

export const history = onchainTable(
  "history",
  (t) => ({
    agentId: t.bigint().notNull(),
    block: t.bigint().notNull(),
    logIndex: t.integer().notNull(),
    time: t.bigint().notNull(),
    transaction: t.hex().notNull(),
    kind: t.text().notNull(),
    change: t.text().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.agentId, table.block, table.logIndex] }) }),
);

export const feedback = onchainTable(
  "feedback",
  (t) => ({
    agentId: t.bigint().notNull(),
    client: t.hex().notNull(),
    feedbackIndex: t.bigint().notNull(),
    value: t.bigint().notNull(),
    decimals: t.integer().notNull(),
    tag1: t.text().notNull(),
    tag2: t.text().notNull(),
    endpoint: t.text().notNull(),
    uri: t.text().notNull(),
    hash: t.hex().notNull(),
    ownershipEpoch: t.integer().notNull(),
    givenBlock: t.bigint().notNull(),
    logIndex: t.integer().notNull(),
    time: t.bigint().notNull(),
    transaction: t.hex().notNull(),
    revokedTime: t.bigint(),
    responseCount: t.integer().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.agentId, table.client, table.feedbackIndex] }),
    byAgent: index().on(table.agentId, table.givenBlock, table.logIndex),
    byClient: index().on(table.client, table.givenBlock, table.logIndex),
  }),
);

export const responses = onchainTable(
  "responses",
  (t) => ({
    agentId: t.bigint().notNull(),
    client: t.hex().notNull(),
    feedbackIndex: t.bigint().notNull(),
    block: t.bigint().notNull(),
    logIndex: t.integer().notNull(),
    time: t.bigint().notNull(),
    transaction: t.hex().notNull(),
    responder: t.hex().notNull(),
    uri: t.text().notNull(),
    hash: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.agentId, table.client, table.feedbackIndex, table.block, table.logIndex] }),
  }),
);

export const clients = onchainTable(
  "clients",
  (t) => ({
    agentId: t.bigint().notNull(),
    client: t.hex().notNull(),
    feedbackCount: t.integer().notNull(),
    revokedCount: t.integer().notNull(),
    firstBlock: t.bigint().notNull(),
    firstLogIndex: t.integer().notNull(),
    firstTime: t.bigint().notNull(),
    lastTime: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.agentId, table.client] }),
    byClient: index().on(table.client, table.firstTime),
    byAgent: index().on(table.agentId, table.firstBlock, table.firstLogIndex),
  }),
);

export const ratings = onchainTable(
  "ratings",
  (t) => ({
    agentId: t.bigint().notNull(),
    tag1: t.text().notNull(),
    tag2: t.text().notNull(),
    decimals: t.integer().notNull(),
    count: t.integer().notNull(),
    sum: t.bigint().notNull(),
    average: t.doublePrecision(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.agentId, table.tag1, table.tag2, table.decimals] }),
    byAverage: index().on(table.tag1, table.average, table.agentId),
  }),
);

export const validations = onchainTable(
  "validations",
  (t) => ({
    requestHash: t.hex().primaryKey(),
    agentId: t.bigint().notNull(),
    validator: t.hex().notNull(),
    requestUri: t.text().notNull(),
    requestBlock: t.bigint().notNull(),
    logIndex: t.integer().notNull(),
    requestTime: t.bigint().notNull(),
    requestTransaction: t.hex().notNull(),
    response: t.integer(),
    responseUri: t.text(),
    responseHash: t.hex(),
    tag: t.text(),
    responseTime: t.bigint(),
    responseTransaction: t.hex(),
    answerCount: t.integer().notNull(),
  }),
  (table) => ({
    byAgent: index().on(table.agentId, table.requestBlock, table.logIndex),
    byValidator: index().on(table.validator, table.requestBlock, table.logIndex),
  }),
);
