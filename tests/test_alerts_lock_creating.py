"""The lock on creating: what makes alerts has no way to say "Actual" or a live identifier.

These tests look at the package itself, so they hold for modules and functions that are added later.
"""

from __future__ import annotations

import ast
import dataclasses
from datetime import UTC, datetime

import pytest
from package_trees import called, functions, modules, names_in

from ew4all.alerts.cap import MsgType, Scope
from ew4all.alerts.drill import DrillAlert, DrillIdentifier, DrillMessage, DrillStatus
from ew4all.errors import EW4AllError

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


def creators() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Return every function that gives a drill: those are the entry points that create."""
    return [
        (name, function)
        for name, tree in modules().items()
        for function in functions(tree)
        if names_in(function.returns) & {"DrillAlert", "DrillMessage", "DrillStatus"}
    ]


def test_what_creates_takes_no_status_but_that_of_a_drill() -> None:
    assert creators()
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
