"""docs/operations.md against the program."""

from __future__ import annotations

from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from audit import markdown
from registry_api import metrics
from registry_api.config import Settings
from tests.layout import PROJECT

TABLES = markdown.tables((PROJECT / "docs" / "operations.md").read_text(encoding="utf-8"))


def row_of(collector: MetricWrapperBase) -> tuple[str, str, str]:
    """A metric as the document has it."""
    [about] = collector.describe()
    name = f"{about.name}_total" if isinstance(collector, Counter) else about.name
    return f"`{name}`", ", ".join(collector._labelnames), about.documentation


def test_metrics__in_the_document__are_those_of_the_program() -> None:
    every = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    assert TABLES["Metric", "Labels", "What it counts"] == [row_of(one) for one in every]


def test_tiers__in_the_document__are_those_of_the_program() -> None:
    tiers = Settings.model_fields["tiers"].default
    told = {
        (row[0].strip("`"), tier): int(cell.replace(",", ""))
        for row in TABLES["Kind", "Requests", *tiers]
        for tier, cell in zip(tiers, row[2:], strict=True)
    }
    assert told == {
        (kind, name): getattr(tier, kind) for name, tier in tiers.items() for kind in type(tier).model_fields
    }
