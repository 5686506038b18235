"""The feedback that the demo gives: several scales, several clients."""

from __future__ import annotations

from dataclasses import dataclass

UNITS = {
    "starred": "of 100",
    "reachable": "yes = 1",
    "ownerVerified": "yes = 1",
    "uptime": "%",
    "successRate": "%",
    "responseTime": "ms",
    "blocktimeFreshness": "blocks",
    "revenues": "USD",
    "tradingYield": "%",
}


@dataclass(frozen=True)
class Rating:
    """A feedback to give.

    :ivar agent: the example's slug
    :ivar client: the role of who gives it
    :ivar with_file: whether a feedback file comes with it, as a data: URI
    """

    agent: str
    client: str
    value: int
    decimals: int
    tag1: str
    tag2: str = ""
    endpoint: str = ""
    with_file: bool = False


RATINGS = (
    Rating("trip-planner", "client 1", 92, 0, "starred", with_file=True),
    Rating("trip-planner", "client 2", 87, 0, "starred"),
    Rating("trip-planner", "client 3", 11, 0, "starred"),
    Rating("trip-planner", "client 4", 100, 0, "starred"),
    Rating("trip-planner", "client 1", 9977, 2, "uptime", endpoint="https://trip-planner.example/"),
    Rating("trip-planner", "client 2", 9990, 2, "uptime", endpoint="https://trip-planner.example/"),
    Rating("trip-planner", "client 1", 560, 0, "responseTime"),
    Rating("market-data", "client 1", 84, 0, "responseTime", endpoint="https://mcp.market-data.example/"),
    Rating("market-data", "client 2", 91, 0, "responseTime", endpoint="https://mcp.market-data.example/"),
    # Two clients, two precisions: the average keeps the finer one.
    Rating("market-data", "client 1", 9999, 2, "uptime"),
    Rating("market-data", "client 3", 98, 0, "uptime"),
    Rating("market-data", "client 1", 98, 0, "successRate", with_file=True),
    Rating("market-data", "client 2", 2, 0, "blocktimeFreshness"),
    Rating("contract-auditor", "client 2", 97, 0, "starred", "solidity", with_file=True),
    Rating("contract-auditor", "client 3", 88, 0, "starred", "vyper"),
    Rating("name-concierge", "client 1", 1, 0, "reachable"),
    Rating("name-concierge", "client 4", 1, 0, "reachable"),
    Rating("name-concierge", "client 1", 1, 0, "ownerVerified"),
    Rating("yield-keeper", "client 1", 31, 1, "tradingYield", "month"),
    Rating("yield-keeper", "client 2", -8, 1, "tradingYield", "month"),
    Rating("yield-keeper", "client 3", 42, 1, "tradingYield", "month"),
    Rating("yield-keeper", "client 1", 124, 1, "tradingYield", "year"),
    Rating("translator", "client 3", 90, 0, "starred"),
    Rating("translator", "client 4", 95, 0, "starred"),
    Rating("weather-oracle", "client 2", 99, 0, "successRate"),
    Rating("weather-oracle", "client 3", 4, 0, "blocktimeFreshness"),
    Rating("legal-clerk", "client 3", 73, 0, "starred"),
    Rating("freight-dispatcher", "client 4", 9812, 2, "uptime"),
    Rating("freight-dispatcher", "client 4", 1840250, 2, "revenues"),
)
