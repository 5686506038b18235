"""The tables at the end of the demo, read from the chain."""

from __future__ import annotations

import statistics

from rich.console import Console
from rich.table import Table

from registries.demo.chain import DemoError, expect
from registries.demo.ratings import UNITS
from registries.demo.roster import DATA_PREFIX, cid, read_data_uri
from registries.demo.scores import scores_of
from registries.demo.stage import Agent, Stage
from registries.demo.steps import BASE_URI, NO_WALLET

SCORES_CAPTION = "Averages of what is not revoked, at the finest precision among the ratings."


def print_tables(console: Console, stage: Stage) -> None:
    """All tables, one below the other.

    :raises DemoError: if what the chain says does not agree with itself
    """
    for table in (agents_table(stage), scores_table(stage), refusals_table(stage), gas_table(stage)):
        console.print()
        console.print(table)


def agents_table(stage: Stage) -> Table:
    """Who the agents are, whose, paid where, described where."""
    table = Table(title="Agents", title_justify="left")
    for column in ("id", "name", "owner", "wallet", "URI", "owners before"):
        table.add_column(column, justify="right" if column in {"id", "owners before"} else "left")
    for agent in stage.agents.values():
        wallet = stage.wallet_of(agent.id)
        uri = stage.identity.functions.tokenURI(agent.id).call()
        table.add_row(
            str(agent.id),
            name_of(agent, uri),
            stage.wallets.name(stage.owner_of(agent.id)),
            "none" if wallet == NO_WALLET else stage.wallets.name(wallet),
            uri_kind(uri),
            str(stage.identity.functions.ownershipEpoch(agent.id).call()),
        )
    return table


def scores_table(stage: Stage) -> Table:
    """The average of each agent for each pair of tags."""
    table = Table(title="Scores by tag", title_justify="left", caption=SCORES_CAPTION, caption_justify="left")
    for column in ("id", "agent", "tag1", "tag2", "ratings", "average", "unit"):
        table.add_column(column, justify="right" if column in {"id", "ratings", "average"} else "left")
    for agent in stage.agents.values():
        name = agent.example.file["name"]
        for score in scores_of(stage, agent):
            unit = UNITS.get(score.tag1, "")
            table.add_row(str(agent.id), name, score.tag1, score.tag2, str(score.count), f"{score.value:,}", unit)
        table.add_section()
    return table


def refusals_table(stage: Stage) -> Table:
    """What was tried and did not work."""
    table = Table(title="Refused, as it should be", title_justify="left")
    for column in ("who", "what it does", "error"):
        table.add_column(column)
    for refusal in stage.chain.refusals:
        table.add_row(stage.wallets.name(refusal.sender), refusal.what, refusal.reason.split("(")[0])
    return table


def gas_table(stage: Stage) -> Table:
    """The gas of each function, from the receipts."""
    table = Table(title="Gas of each call", title_justify="left")
    for column in ("function", "calls", "min", "median", "max"):
        table.add_column(column, justify="left" if column == "function" else "right")
    for function, figures in sorted(stage.chain.gas_used.items()):
        spread = (min(figures), int(statistics.median(figures)), max(figures))
        table.add_row(function, str(len(figures)), *(f"{figure:,}" for figure in spread))
    return table


def name_of(agent: Agent, uri: str) -> str:
    """An agent's name: from the chain if its file is there, otherwise from the example that its URI stands for.

    :raises DemoError: if an ipfs URI is not the one of the example
    """
    if uri.startswith(DATA_PREFIX):
        return str(read_data_uri(uri)["name"])
    if uri.startswith("ipfs://"):
        expect(uri, f"ipfs://{cid(agent.example.content)}", f"the CID of agent {agent.id}")
    return str(agent.example.file["name"])


def uri_kind(uri: str) -> str:
    """The kind of a URI, with its size if the file is in it."""
    if uri.startswith("data:"):
        return f"data: {len(uri):,} bytes"
    if uri.startswith(f"{BASE_URI}/"):
        return "auto, https"
    kind, separator, _ = uri.partition("://")
    if not separator:
        raise DemoError(f"not a URI: {uri!r}")
    return kind
