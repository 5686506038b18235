"""What the read API says of the demo's agents, held against the chain."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from registries.demo.chain import DemoError
from registries.demo.read_api import ReadAPI, replay_score
from registries.demo.scores import read_feedback
from registries.demo.stage import Agent, Stage
from registries.demo.steps import NO_WALLET

Group = tuple[str, str, int]
"""Both tags and the number of decimals: what may be averaged."""

AVERAGE_PLACES = 4
"""Decimals of an average in the API, more than the feedback has."""

SCALE, BEST = "starred", 90
"""The search in the table: a tag, and the least average."""

CAPTION = (
    "Figures and names are the API's, checked against the chain. Files at https: are of servers that do not exist."
)


def agree(told: object, read: object, what: str) -> None:
    """Fails the demo unless the API says what the chain says.

    :raises DemoError: if the two differ
    """
    if told != read:
        raise DemoError(f"{what}: the read API says {told!r}, the chain {read!r}")


def expect_agreement(stage: Stage, api: ReadAPI) -> str:
    """Compares the API's totals, agents and averages with the chain.

    :returns: how much was compared, in words
    :raises DemoError: if something differs
    """
    registry = api.get("/registry")
    block = stage.chain.web3.eth.get_block(registry["at"]["block"])
    agree(registry["at"]["block_hash"], stage.chain.web3.to_hex(block["hash"]), "the hash of the block")
    totals = {name: registry["data"][name] for name in ("agents", "feedback")}
    count = stage.identity.functions.totalAgents().call()
    agree(totals, {"agents": count, "feedback": len(stage.given)}, "how much there is")
    groups = 0
    for agent in stage.agents.values():
        _expect_agent(stage, agent, api.get(f"/agents/{agent.id}")["data"])
        told = {
            (group["tag1"], group["tag2"], group["decimals"]): (group["count"], Decimal(group["average"]))
            for group in api.get(f"/agents/{agent.id}/reputation")["data"]
            if group["count"]
        }
        read = groups_of(stage, agent)
        agree(told, read, f"the reputation of {stage.name(agent)}")
        groups += len(read)
    return f"{count} agents and {groups} averages are those of the chain, at block {block['number']}"


def _expect_agent(stage: Stage, agent: Agent, told: dict[str, Any]) -> None:
    functions = stage.identity.functions
    wallet = stage.wallet_of(agent.id)
    read = {
        "owner": stage.owner_of(agent.id),
        "wallet": None if wallet == NO_WALLET else wallet,
        "uri": functions.tokenURI(agent.id).call(),
        "ownership_epoch": functions.ownershipEpoch(agent.id).call(),
    }
    agree({**{name: told[name] for name in read}, "uri": told["uri"] or told["auto_uri"]}, read, stage.name(agent))


def groups_of(stage: Stage, agent: Agent) -> dict[Group, tuple[int, Decimal]]:
    """The number and the average of an agent's feedback in each group, from the chain."""
    _, _, values, decimals, tag1s, tag2s, _ = read_feedback(stage, agent, include_revoked=False)
    groups: defaultdict[Group, list[int]] = defaultdict(list)
    for tag1, tag2, places, value in zip(tag1s, tag2s, decimals, values, strict=True):
        groups[tag1, tag2, places].append(value)
    return {group: (len(given), _average(given, group[2])) for group, given in groups.items()}


def _average(values: list[int], decimals: int) -> Decimal:
    unit = Decimal(1).scaleb(-decimals - AVERAGE_PLACES)
    return (Decimal(sum(values)).scaleb(-decimals) / len(values)).quantize(unit, ROUND_HALF_EVEN)


# ---------------------------------------------------------------------------------------------------------- THE TABLE


def print_answers(console: Console, stage: Stage, api: ReadAPI) -> None:
    """What the API answers to some questions, and where to ask them.

    :raises DemoError: if an answer is not what the chain says
    """
    rated, described = stage.agents["trip-planner"], stage.agents["translator"]
    group = f"/agents/{rated.id}/reputation/group"
    document = api.fetch(group, tag1=SCALE)
    table = Table(title="Answers of the read API", title_justify="left", caption=CAPTION, caption_justify="left")
    for column in ("question", "answer"):
        table.add_column(column, overflow="fold")
    table.add_row(f"/agents?tag={SCALE}&min_score={BEST}", _well_rated(stage, api))
    table.add_row("/agents?service=A2A&file=valid", _with_service(stage, api, "A2A"))
    table.add_row(f"/agents?owner={stage.wallets['buyer'].address}", _owned(stage, api, "buyer"))
    table.add_row(f"/agents/{described.id}", _described(stage, api.get(f"/agents/{described.id}")["data"]))
    table.add_row(f"{group}?tag1={SCALE}", _group(stage, rated, json.loads(document)["data"]))
    table.add_row("registry-api score, given that answer", replay_score(document))
    console.print()
    console.print(table)

    console.print(f"\nThe read API answers at {api.url}; in a browser:")
    for what, url in {
        "what it can be asked": api.at("/docs"),
        "agents": api.at("/agents", tag=SCALE, min_score=BEST),
        "one agent": api.at(f"/agents/{described.id}"),
        "its reputation": api.at(f"/agents/{described.id}/reputation"),
        "a score with all its inputs": api.at(group, tag1=SCALE),
    }.items():
        console.print(f"  {what:28} {url}", soft_wrap=True)


def _well_rated(stage: Stage, api: ReadAPI) -> str:
    found = api.get("/agents", tag=SCALE, min_score=BEST)["data"]
    read = {
        agent.id
        for agent in stage.agents.values()
        for (tag1, _, _), (_, average) in groups_of(stage, agent).items()
        if tag1 == SCALE and average >= BEST
    }
    agree({one["agent_id"] for one in found}, read, f"who has an average of at least {BEST}")
    return _names(found)


def _with_service(stage: Stage, api: ReadAPI, kind: str) -> str:
    found = api.get("/agents", service=kind, file="valid")["data"]
    read = {
        agent.id
        for agent in stage.agents.values()
        if agent.example.kind in {"data", "ipfs"}
        and kind in {service["name"] for service in agent.example.file["services"]}
    }
    agree({one["agent_id"] for one in found}, read, f"who has a file that names {kind}")
    return _names(found)


def _owned(stage: Stage, api: ReadAPI, role: str) -> str:
    owner = stage.wallets[role].address
    found = api.get("/agents", owner=owner)["data"]
    read = {agent.id for agent in stage.agents.values() if stage.owner_of(agent.id) == owner}
    agree({one["agent_id"] for one in found}, read, f"the agents of the {role}")
    return _names(found)


def _names(found: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"{one['agent_id']} {one['file']['name'] or '(file ' + one['file']['state'] + ')'}" for one in found
    )


def _described(stage: Stage, told: dict[str, Any]) -> str:
    file = told["file"]
    back = "names this agent back" if file["lists_agent"] else "does not name this agent"
    services = ", ".join(service["kind"] for service in file["services"])
    return f"{file['name']} of {stage.wallets.name(told['owner'])}: {services}; its file is {file['state']} and {back}"


def _group(stage: Stage, agent: Agent, told: dict[str, Any]) -> str:
    summary, result = told["summary"], told["result"]
    count, average = summary["count"], Decimal(summary["average"])
    agree((count, average), groups_of(stage, agent)[SCALE, "", 0], f"the {SCALE} of {stage.name(agent)}")
    evidence, needed = _short(result["evidence"]), told["policy"]["minimum_evidence"]
    return (
        f"{count} ratings, average {_short(average)}, median {_short(summary['median'])};"
        f" level {result['decision']['level']}: evidence {evidence}, it takes {needed}"
    )


def _short(number: str | Decimal) -> str:
    return f"{Decimal(number).normalize():f}"
