"""Alerts: every rule fires and stays quiet, is about what the program counts, and tells where to read on."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry_api.metrics import REGISTRY
from tests.operations.alert_cases import CASES, Case
from tests.programs import installed

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "operations" / "prometheus"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
NAMES = [rule["alert"] for rule in RULES]
SEVERITIES = {"page", "warn", "info"}


def run(program: str, *words: str) -> str:
    """What a program says, which ends well."""
    done = subprocess.run([installed(program), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def metrics_in(expression: str) -> set[str]:
    """The names of metrics in an expression."""
    return set(re.findall(r"\b(?:registry_api_\w+|up)\b", expression))


def counted() -> set[str]:
    """The names of all series that the program can have."""
    found = set()
    for metric in REGISTRY.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(metric.type, [""])
        found |= {metric.name + suffix for suffix in suffixes}
    return found


def test_rules__are_what_prometheus_reads() -> None:
    assert f"{len(RULES)} rules found" in run("promtool", "check", "rules", "--lint-fatal", str(FOLDER / "alerts.yml"))
    run("promtool", "check", "config", str(FOLDER / "prometheus.yml"))
    run("amtool", "check-config", str(FOLDER / "alertmanager.yml"))


def test_rules__all_have_a_case_a_severity_and_a_section() -> None:
    assert sorted(CASES) == sorted(NAMES)
    assert len(set(NAMES)) == len(NAMES)
    assert {rule["labels"]["severity"] for rule in RULES} == SEVERITIES
    sections = set(re.findall(r"^### (\w+)$", (ROOT / "docs" / "api-runbook.md").read_text(), re.MULTILINE))
    assert set(NAMES) <= sections


def test_rules__are_about_metrics_that_the_program_counts() -> None:
    for rule in RULES:
        named = metrics_in(rule["expr"])
        assert named
        assert named <= counted() | {"up"}, rule["alert"]


@pytest.mark.parametrize("name", NAMES)
def test_rule__fires_when_it_should_and_stays_quiet_when_it_should_not(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    tests = [_test(name, case, case.fires, firing=True), _test(name, case, case.quiet, firing=False)]
    path = tmp_path / "test.yml"
    path.write_text(
        yaml.safe_dump({"rule_files": [str(FOLDER / "alerts.yml")], "evaluation_interval": "1m", "tests": tests})
    )
    run("promtool", "test", "rules", str(path))


def _test(name: str, case: Case, series: dict[str, str], *, firing: bool) -> dict[str, Any]:
    return {
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}", alertstate="firing"}})',
                "eval_time": f"{case.after}m",
                "exp_samples": [{"labels": "{}", "value": 1}] if firing else [],
            }
        ],
    }


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [("severity=page", "pager"), ("severity=warn", "chat"), ("severity=info", "log")],
)
def test_alerts__of_each_severity__go_to_its_receiver(labels: str, receiver: str) -> None:
    config = f"--config.file={FOLDER / 'alertmanager.yml'}"
    assert run("amtool", "config", "routes", "test", config, labels).strip() == receiver


def test_inhibitions__name_alerts_that_exist() -> None:
    config = yaml.safe_load((FOLDER / "alertmanager.yml").read_text())
    for rule in config["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            value = re.split(r"=~?", matcher, maxsplit=1)[1].strip(' "')
            assert set(value.split("|")) <= set(NAMES), matcher


def test_dashboard__shows_what_the_program_counts() -> None:
    dashboard = json.loads((ROOT / "operations" / "grafana" / "dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(expressions) >= 12
    for expression in expressions:
        named = metrics_in(expression)
        assert named
        assert named <= counted(), expression
    places = [tuple(panel["gridPos"][one] for one in "xywh") for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)
