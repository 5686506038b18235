"""What each scenario of the workload is forced to read, write and log, in words.

Forced is what docs/specification.md promises: its events, its reads and reverts, its pause. Two things are given: where
the specification's storage layout puts each fact, with strings as Solidity lays them out, and OpenZeppelin's ERC-721.
Another layout makes one call cheaper and another one dearer. docs/gas.md says what these two cost.

A slot that a guarantee asks for once is listed once, however often the code reads it.
"""

from __future__ import annotations

from audit.gas.lower_bound import Forced

PAUSE = "pause flag"
OWNER = "owner"

# Whether the caller is the owner, an operator, approved, or the wallet: one call, four slots.
AFFILIATION = (OWNER, "operator approval", "agent's approval", "agent's state (wallet)")

URI_SLOTS = ("URI: its length", "URI: bytes 1-32", "URI: bytes 33-60")
REGISTERED = ("Transfer", "Registered", "MetadataSet")
REGISTERED_WITH_URI = ("Transfer", "MetadataUpdate", "Registered", "MetadataSet")
COUNTER = "last agent id (with the pause flag)"
BALANCE = "owner's balance"
STATE = "agent's state"
ENTRIES = tuple(f"entry {number}: {part}" for number in (1, 2, 3) for part in ("its length", "its value"))
ROLES = ("default admin", "admin's delay", "role of the admin", "role of the pauser")

FEEDBACK_READS = (PAUSE, *AFFILIATION)
TOTALS = "client's totals"
FEEDBACK = "feedback"
COUNTS = "agent's counts of clients and responses"
CLIENT_PLACE = "client's place in the agent's list"
TAG_ID = "tag's id"
TAG_TEXT = "tag's text"
TAG_COUNT = "number of tags (with the pause flag)"
REQUEST = "request (validator, agent)"
VERDICT = "verdict (time, tag, response)"
RESPONSE_HASH = "response's hash"
REQUESTED = ("request", "request's place in the agent's list", "request's place in the validator's list")
LIST_LENGTHS = ("length of the agent's list", "length of the validator's list")


def _register(*, creates: tuple[str, ...] = (), changes: tuple[str, ...] = (), entries: bool = False) -> Forced:
    """Registering with a URI of 60 bytes, and with three entries."""
    return Forced(
        creates=(*creates, OWNER, *URI_SLOTS, *((STATE, *ENTRIES) if entries else ())),
        changes=changes,
        events=REGISTERED_WITH_URI + ("MetadataSet",) * (3 if entries else 0),
    )


def _give(*, tags: int, creates: tuple[str, ...] = (), changes: tuple[str, ...] = ()) -> Forced:
    """Feedback with so many tags, each of them known."""
    return Forced(
        reads=FEEDBACK_READS + (TAG_ID,) * tags,
        creates=(*creates, FEEDBACK),
        changes=changes,
        events=("NewFeedback",),
        cold_accounts=1,
    )


def _new_client(*, tags: int) -> Forced:
    return _give(tags=tags, creates=(CLIENT_PLACE, TOTALS), changes=(COUNTS,))


def _read(*slots: str) -> Forced:
    return Forced(reads=slots, guarded=False)


def _numbered(slot: str, number: int) -> tuple[str, ...]:
    return (slot,) * number


FIRST_AGENT = Forced(creates=(OWNER, BALANCE), changes=(COUNTER,), events=REGISTERED)
LATER_AGENT = Forced(creates=(OWNER,), changes=(COUNTER, BALANCE), events=REGISTERED)
SET_WALLET_READS = (PAUSE, OWNER)
TRANSFER_EVENTS = ("Transfer", "MetadataSet")
APPROVAL = "agent's approval"
RECIPIENT, SENDER = "recipient's balance", "sender's balance"
RESPOND_READS = (REQUEST, *AFFILIATION)
METADATA_READS = (PAUSE, OWNER)

TRANSACTIONS: dict[tuple[str, str], Forced] = {
    # The only agent before which there is none: the counter's slot is empty.
    ("register()", "registry's first agent"): Forced(creates=(COUNTER, OWNER, BALANCE), events=REGISTERED),
    ("register()", "account's first agent"): FIRST_AGENT,
    ("register()", "account's later agent"): LATER_AGENT,
    ("register()", "agent 1,000, account's first"): FIRST_AGENT,
    ("register()", "agent 1,001, account's later"): LATER_AGENT,
    ("register(string)", "60 B, account's first agent"): _register(creates=(BALANCE,), changes=(COUNTER,)),
    ("register(string)", "60 B, account's later agent"): _register(changes=(COUNTER, BALANCE)),
    # The number of keys is kept because it has a limit.
    ("register(string,entries)", "60 B and 3 entries, account's first agent"): _register(
        creates=(BALANCE,), changes=(COUNTER,), entries=True
    ),
    ("register(string,entries)", "60 B and 3 entries, account's later agent"): _register(
        changes=(COUNTER, BALANCE), entries=True
    ),
    ("setMetadata", "32 B, agent's first key"): Forced(
        reads=METADATA_READS, creates=("its length", "its value", STATE), events=("MetadataSet",)
    ),
    ("setMetadata", "32 B, agent's later key"): Forced(
        reads=METADATA_READS, creates=("its length", "its value"), changes=(STATE,), events=("MetadataSet",)
    ),
    # The length is read, because it tells whether the key is a new one.
    ("setMetadata", "32 B to other 32 B"): Forced(
        reads=(*METADATA_READS, "its length"), changes=("its value",), events=("MetadataSet",)
    ),
    ("setMetadata", "1,024 B, agent's later key"): Forced(
        reads=METADATA_READS,
        creates=("its length", *_numbered("its value, a word", 32)),
        changes=(STATE,),
        events=("MetadataSet",),
    ),
    ("setMetadata", "32 B to nothing"): Forced(
        reads=METADATA_READS, changes=(STATE,), clears=("its length", "its value"), events=("MetadataSet",)
    ),
    # Both URIs are of one length and begin with the same 32 bytes: to know it, both slots are read.
    ("setAgentURI", "60 B to other 60 B"): Forced(
        reads=(PAUSE, OWNER, *URI_SLOTS[:2]), changes=URI_SLOTS[2:], events=("MetadataUpdate", "URIUpdated")
    ),
    ("setAgentURI", "nothing to 60 B"): Forced(
        reads=(PAUSE, OWNER), creates=URI_SLOTS, events=("MetadataUpdate", "URIUpdated")
    ),
    ("setAgentWallet", "agent's first change"): Forced(
        reads=SET_WALLET_READS, creates=(STATE,), events=("MetadataSet",), signatures=1
    ),
    ("setAgentWallet", "agent's later change"): Forced(
        reads=SET_WALLET_READS, changes=(STATE,), events=("MetadataSet",), signatures=1
    ),
    ("setAgentWallet", "wallet was cleared"): Forced(
        reads=SET_WALLET_READS, changes=(STATE,), events=("MetadataSet",), signatures=1
    ),
    ("unsetAgentWallet", "wallet was set"): Forced(reads=(OWNER,), changes=(STATE,), events=("MetadataSet",)),
    ("approve", "owner approves"): Forced(
        reads=(OWNER, "opt-out of the approved"), creates=(APPROVAL,), events=("Approval",)
    ),
    ("approve", "owner clears the approval"): Forced(reads=(OWNER,), clears=(APPROVAL,), events=("Approval",)),
    # A transfer ends the approval; here there is none, which has to be read. No pause stops it.
    ("transferFrom", "agent's first change, sender keeps none"): Forced(
        reads=(APPROVAL,), creates=(RECIPIENT, STATE), changes=(OWNER,), clears=(SENDER,), events=TRANSFER_EVENTS
    ),
    ("transferFrom", "agent's later change, sender keeps none"): Forced(
        reads=(APPROVAL,), creates=(RECIPIENT,), changes=(OWNER, STATE), clears=(SENDER,), events=TRANSFER_EVENTS
    ),
    ("transferFrom", "agent's later change, sender keeps another agent"): Forced(
        reads=(APPROVAL,), creates=(RECIPIENT,), changes=(OWNER, STATE, SENDER), events=TRANSFER_EVENTS
    ),
    ("setOperatorOptOut", "first time"): Forced(creates=("opt-out",), events=("OperatorOptOutSet",)),
    ("giveFeedback", "short, agent's first client"): _give(tags=1, creates=(COUNTS, CLIENT_PLACE, TOTALS)),
    ("giveFeedback", "short, new client"): _new_client(tags=1),
    ("giveFeedback", "short, new client, agent has 100 clients"): _new_client(tags=1),
    ("giveFeedback", "full, new client"): _new_client(tags=2),
    ("giveFeedback", "short, same client"): _give(tags=1, changes=(TOTALS,)),
    ("giveFeedback", "full, same client"): _give(tags=2, changes=(TOTALS,)),
    ("giveFeedback", "two tags, same client"): _give(tags=2, changes=(TOTALS,)),
    ("revokeFeedback", "a client's first feedback"): Forced(changes=(FEEDBACK, TOTALS), events=("FeedbackRevoked",)),
    ("appendResponse", "first on the feedback"): Forced(
        reads=(PAUSE,), creates=("responder's count",), changes=(FEEDBACK, COUNTS), events=("ResponseAppended",)
    ),
    ("appendResponse", "same responder again"): Forced(
        reads=(PAUSE,), changes=("responder's count", FEEDBACK, COUNTS), events=("ResponseAppended",)
    ),
    ("appendResponse", "other responder"): Forced(
        reads=(PAUSE,), creates=("responder's count",), changes=(FEEDBACK, COUNTS), events=("ResponseAppended",)
    ),
    ("validationRequest", "first of agent and validator"): Forced(
        reads=(PAUSE, *AFFILIATION), creates=(*REQUESTED, *LIST_LENGTHS), events=("ValidationRequest",), cold_accounts=1
    ),
    ("validationRequest", "later of agent and validator"): Forced(
        reads=(PAUSE, *AFFILIATION),
        creates=REQUESTED,
        changes=LIST_LENGTHS,
        events=("ValidationRequest",),
        cold_accounts=1,
    ),
    ("validationResponse", "first, with the first use of a tag"): Forced(
        reads=RESPOND_READS,
        creates=(TAG_COUNT, TAG_ID, TAG_TEXT, VERDICT, RESPONSE_HASH, "agent's totals"),
        events=("ValidationResponse",),
        cold_accounts=1,
    ),
    ("validationResponse", "first, with a known tag"): Forced(
        reads=(PAUSE, TAG_ID, *RESPOND_READS),
        creates=(VERDICT, RESPONSE_HASH),
        changes=("agent's totals",),
        events=("ValidationResponse",),
        cold_accounts=1,
    ),
    # The hash is the same as before: to know it, it is read.
    ("validationResponse", "again"): Forced(
        reads=(PAUSE, TAG_ID, RESPONSE_HASH, *RESPOND_READS),
        changes=(VERDICT, "agent's totals"),
        events=("ValidationResponse",),
        cold_accounts=1,
    ),
}

VIEWS: dict[tuple[str, str], Forced] = {
    **{("getSummary", f"{count} clients x 10, no tag"): _read(*_numbered(TOTALS, count)) for count in (1, 10, 100)},
    **{
        ("getSummary", f"{count} clients x 10, tag1"): _read(
            TAG_ID, *_numbered(TOTALS, count), *_numbered(FEEDBACK, 10 * count)
        )
        for count in (1, 10, 100)
    },
    ("readAllFeedback", "100 clients x 10, listed"): _read(
        *_numbered(TOTALS, 100), *_numbered(FEEDBACK, 1000), *_numbered(TAG_TEXT, 2)
    ),
    ("readAllFeedback", "100 clients x 10, all"): _read(
        COUNTS,
        *_numbered(CLIENT_PLACE, 100),
        *_numbered(TOTALS, 100),
        *_numbered(FEEDBACK, 1000),
        *_numbered(TAG_TEXT, 2),
    ),
    ("readAllFeedback", "100 clients x 10, listed, tag1"): _read(
        TAG_ID, *_numbered(TOTALS, 100), *_numbered(FEEDBACK, 1000), TAG_TEXT
    ),
    ("getClients", "100 clients"): _read(COUNTS, *_numbered(CLIENT_PLACE, 100)),
    ("readFeedback", "two tags"): _read(FEEDBACK, *_numbered(TAG_TEXT, 2)),
    ("getLastIndex", "4 feedbacks"): _read(TOTALS),
    ("getResponseCount", "one feedback, 2 responders, 3 responses"): _read(FEEDBACK),
    ("getResponseCount", "whole agent, 100 clients x 10"): _read(COUNTS),
    ("ownerOf", "any agent"): _read(OWNER),
    # An unknown agent reverts.
    ("tokenURI", "60 B"): _read(OWNER, *URI_SLOTS),
    ("getAgentWallet", "set"): _read(STATE),
    ("getMetadata", "32 B"): _read("its length", "its value"),
    ("getMetadata", "1,024 B"): _read("its length", *_numbered("its value, a word", 32)),
}

DEPLOYMENTS: dict[tuple[str, str], Forced] = {
    ("deployment", "identity registry"): Forced(
        creates=(*ROLES, "role of the registry's admin"), events=("RoleGranted",) * 3, guarded=False
    ),
    # The wire is probed.
    **{
        ("deployment", f"{name} registry"): Forced(
            creates=ROLES, events=("RoleGranted",) * 2, cold_accounts=1, guarded=False
        )
        for name in ("reputation", "validation")
    },
}

# What a new tag does, and what a known one does instead. The number of tags shares its slot with the pause flag.
NEW_TAG = Forced(creates=(TAG_ID, TAG_TEXT), changes=(TAG_COUNT,), guarded=False)
KNOWN_TAG = _read(TAG_ID, PAUSE)
