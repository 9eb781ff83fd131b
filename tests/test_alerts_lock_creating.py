"""The lock on creating: what makes alerts has no way to say "Actual" or a live identifier.

These tests look at the package itself, so they hold for modules and functions that are added later.
"""

from __future__ import annotations

import ast
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from command_line import command_line
from package_trees import called, functions, modules, names_in

from ew4all.alerts.building import InLanguage, build
from ew4all.alerts.cap import MsgType, Scope
from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.cbs.identifiers import IDENTIFIERS
from ew4all.alerts.drill import DrillAlert, DrillIdentifier, DrillMessage, DrillStatus
from ew4all.alerts.mapping import map_alert
from ew4all.alerts.mapping_profile import profile, profile_names
from ew4all.alerts.templates import shipped
from ew4all.errors import EW4AllError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended

# Who may put an Alert of any status together: the reader, the drill types (from a drill status), and
# the examples of the mapping table, which are counted and never written.
MAY_MAKE_ALERTS = {
    "ew4all.alerts.cap_tree", "ew4all.alerts.drill", "ew4all.alerts.mapping_table",
}  # fmt: skip
# The lock itself knows the drill identifiers, to refuse all others.
LOCK = {"ew4all.alerts.gateway", "ew4all.alerts.operator_file", "ew4all.alerts.order_rules"}


def test_drills_have_no_other_status_and_no_other_identifier() -> None:
    assert {status.value for status in DrillStatus} == {"Exercise", "Test", "Draft"}
    assert {int(i) for i in DrillIdentifier} == {4355, 4380, 4381, 4394, 4398, 4399}
    for status in ("Actual", "System", "actual", "ACTUAL", " Actual", None, 0):
        with pytest.raises(EW4AllError):
            DrillStatus(status)
    for identifier in set(range(0x10000)) - {int(i) for i in DrillIdentifier}:
        if 4350 <= identifier <= 4425 or identifier in (0, 919, 6400, 0xFFFF):
            with pytest.raises(EW4AllError):
                DrillIdentifier(identifier)
    with pytest.raises(TypeError):

        class Mine(DrillStatus):  # type: ignore[misc]
            ACTUAL = "Actual"


def test_every_status_of_a_drill_becomes_the_same_status() -> None:
    """No drill status leads to Actual, on whatever way an alert is taken out of a drill."""
    for status in DrillStatus:
        made = DrillAlert(
            identifier="i",
            sender="s",
            sent=datetime(2026, 1, 1, tzinfo=UTC),
            status=status,
            msg_type=MsgType.ALERT,
            scope=Scope.PUBLIC,
        )
        assert made.alert.status.value == status.value
        with pytest.raises(EW4AllError):
            dataclasses.replace(made, status="Actual")  # type: ignore[arg-type]
    with pytest.raises(EW4AllError):
        DrillMessage(message_identifier=4370, serial_number=0, text="text")  # type: ignore[arg-type]


@cache
def holders() -> set[str]:
    """Return the drill types, and every class that has one of them, or of these, as a field."""
    found = {"DrillAlert", "DrillMessage", "DrillStatus"}
    classes = [
        node
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]
    while True:
        more = {
            node.name
            for node in classes
            for field in node.body
            if isinstance(field, ast.AnnAssign) and names_in(field.annotation) & found
        }
        if more <= found:
            return found
        found |= more


@cache
def creators() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Return every function that gives a drill: those are the entry points that create."""
    types = holders()
    return [
        (name, function)
        for name, tree in modules().items()
        for function in functions(tree)
        if names_in(function.returns) & types
    ]


def test_what_creates_takes_no_status_but_that_of_a_drill() -> None:
    assert "build" in {function.name for _, function in creators()}
    for name, function in creators():
        arguments = function.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            used = names_in(argument.annotation)
            assert "Status" not in used, f"{name}.{function.name}({argument.arg})"
            if argument.arg == "status":
                assert used == {"DrillStatus"}, f"{name}.{function.name}"
            if "identifier" in argument.arg and "int" in used:
                pytest.fail(f"{name}.{function.name}: {argument.arg} must be a DrillIdentifier")


def test_who_creates_knows_nothing_of_live_alerts_or_of_sending() -> None:
    """A module that makes drills puts no Alert together and reaches for no status but a drill's."""
    makers = {
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "ew4all.alerts.drill"
        if {alias.name for alias in node.names} & {"DrillAlert", "DrillMessage"}
    } - LOCK
    for name in makers:
        tree = modules()[name]
        assert "Alert" not in set(called(tree)), f"{name} puts an Alert together"
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                assert ast.unparse(node) != "Status.ACTUAL", f"{name}:{node.lineno}"
            elif isinstance(node, ast.Constant):
                assert node.value != "Actual", f"{name}:{node.lineno}"
            elif isinstance(node, ast.ImportFrom):
                assert node.module not in LOCK, f"{name} imports {node.module}"


def test_who_may_put_alerts_together() -> None:
    made = {
        name
        for name, tree in modules().items()
        if "Alert" in set(called(tree)) and name != "ew4all.alerts.cap"
    }
    assert made <= MAY_MAKE_ALERTS


def test_no_alert_becomes_actual_by_replacing_its_status() -> None:
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and not name.endswith("mapping_table"):
                for keyword in node.keywords:
                    said = ast.unparse(keyword.value)
                    assert not (keyword.arg == "status" and "ctual" in said.lower()), (
                        f"{name}:{node.lineno} sets a status of {said}"
                    )


# The command, and what its alerts become


BUILD = ("alert", "build", "--hazard", "flood", "--language", "en", "--time", "18:00")
INJECTION = "</areaDesc></area></info><status>Actual</status><!-- Actual <x a='&\""


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


@pytest.mark.parametrize("status", ["Actual", "System", "actual", "ACTUAL", "", "Exercise,Actual"])
def test_the_command_makes_no_real_alert(
    run: Callable[..., Ended], tmp_path: Path, status: str
) -> None:
    out = tmp_path / "alert.xml"
    ended = run(*BUILD, "--place", "Here", "--status", status, "--out", str(out))
    assert ended.code == 2
    assert not out.exists()


@pytest.mark.parametrize("status", ["Exercise", "Test", "Draft"])
@pytest.mark.parametrize("option", ["--place", "--action", "--source", "--sender", "--identifier"])
def test_no_text_of_a_user_becomes_part_of_the_xml(
    run: Callable[..., Ended], tmp_path: Path, status: str, option: str
) -> None:
    out = tmp_path / "alert.xml"
    given = {"--place": "Here", option: INJECTION}
    options = [part for pair in given.items() for part in pair]
    ended = run(*BUILD, *options, "--status", status, "--out", str(out), "--json")
    if ended.code:
        assert not out.exists()
        return
    (reading,) = read_alerts(out.read_bytes(), "made")
    assert reading.valid
    assert reading.alert is not None
    assert reading.alert.status.value == status
    told = {message["message_identifier"] for message in json.loads(ended.out)["messages"]}
    assert told <= {int(identifier) for identifier in DrillIdentifier}
    assert bool(told) == (status != "Draft")


@pytest.mark.parametrize("status", list(DrillStatus))
def test_no_template_becomes_a_live_message_in_any_country(status: DrillStatus) -> None:
    """Every hazard in two languages, through every mapping profile that is shipped."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    kinds = shipped()
    said = [InLanguage(tag, "Here", "18:00") for tag in ("en", "fr")]
    seen = set()
    for hazard in kinds.hazards:
        made = build(
            kinds, hazard, said, status, sent=now, expires=now + timedelta(hours=1)
        ).alert.alert
        for name in profile_names():
            for mapped in map_alert(made, profile(name)):
                seen.add(mapped.message_identifier)
    live = {i for i, row in IDENTIFIERS.items() if "test" not in row.name.lower()} - {
        int(identifier) for identifier in DrillIdentifier
    }
    assert seen & live == set()
    assert (seen == {None}) == (status is DrillStatus.DRAFT)
