"""The lock: an exercise can never warn the public, whatever calls whatever.

These tests look at the package itself, so they hold for modules and functions that are added later.
`test_alerts_lock_creating` looks at what creates alerts, this file at what sends.
"""

from __future__ import annotations

import ast
import asyncio
import copy
import dataclasses
import gc
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from made_gateway import MESSAGE, PEER, made_operator
from package_trees import called, functions, modules, names_in, reaching

from ew4all.alerts import gateway
from ew4all.alerts.gateway import Sendable
from ew4all.alerts.wire.cbsp_client import CbspClient
from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

GATEWAY = "ew4all.alerts.gateway"
SECRETS = {"_GRANTS", "_Grant", "_grant", "_sendable"}
# Who may know the type, and why.
MAY_IMPORT = {
    "ew4all.alerts.wire.cbsp_client": {"Sendable"},  # the transport
    "ew4all.alerts.wire.cbsp_active": {"Sendable"},  # keeps what it was sent by, for a restart
    "ew4all.alerts.wire.cbsp_ledger": {"Sendable"},
}
MAY_CONNECT = {"ew4all.alerts.wire.cbsp_link"}
# The lock itself knows the drill identifiers to refuse all others.
LOCK = {GATEWAY, "ew4all.alerts.operator_file", "ew4all.alerts.order_rules"}


# Nothing but the gateway makes a Sendable


def test_nothing_outside_the_gateway_returns_one() -> None:
    guilty = [
        f"{name}.{function.name}"
        for name, tree in modules().items()
        if name != GATEWAY
        for function in functions(tree)
        if "Sendable" in names_in(function.returns)
    ]
    assert guilty == []
    inside = {f.name for f in functions(modules()[GATEWAY]) if "Sendable" in names_in(f.returns)}
    assert inside == {"authorise", "_decide", "_sendable"}


def test_nobody_else_imports_the_gateway_or_its_secrets() -> None:
    for name, tree in modules().items():
        if name == GATEWAY:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert GATEWAY not in {alias.name for alias in node.names}, name
            elif isinstance(node, ast.ImportFrom):
                taken = {alias.name for alias in node.names}
                if node.module == GATEWAY:
                    assert taken <= MAY_IMPORT.get(name, set()), f"{name} imports {taken}"
                assert node.module != "ew4all.alerts" or "gateway" not in taken, name
            elif isinstance(node, ast.Attribute):
                assert node.attr not in SECRETS, f"{name}:{node.lineno}"
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                # By name, as importlib takes it; a docstring has more words.
                assert node.value.strip() != GATEWAY, f"{name}:{node.lineno}"


def test_no_other_module_makes_one() -> None:
    makers = [name for name, tree in modules().items() if "Sendable" in set(called(tree))]
    assert makers == []
    forging = [
        f"{name}:{node.lineno}"
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node).endswith("__new__(Sendable)")
    ]
    assert [place.partition(":")[0] for place in forging] == [GATEWAY]


def ways_to_forge() -> dict[str, Any]:
    class LooksLike:
        """Has the same methods, and says that it is one."""

        __class__ = Sendable  # type: ignore[assignment]

        def release(self, **_: Any) -> tuple[Any, ...]:
            return (MESSAGE,)

    return {
        "call": lambda _: Sendable(),  # type: ignore[call-arg]
        "call with": lambda _: Sendable(None),  # type: ignore[arg-type]
        "new": lambda _: Sendable.__new__(Sendable, None),  # type: ignore[arg-type]
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
        "pickle": lambda real: pickle.loads(pickle.dumps(real)),
        "replace": dataclasses.replace,
        "reduce": lambda real: real.__reduce_ex__(2),
        "old reduce": lambda real: object.__reduce__(real) and real.__reduce__(),
        "subclass": lambda _: type("Mine", (Sendable,), {}),
        "attribute": lambda real: setattr(real, "messages", (MESSAGE,)),
        "force": lambda real: object.__setattr__(real, "messages", (MESSAGE,)),
        "delete": lambda real: delattr(real, "destination"),
        "object": lambda _: object.__new__(Sendable).release(**PEER),
        "class": lambda _: Sendable.release(LooksLike(), **PEER),  # type: ignore[arg-type]
        "property": lambda _: Sendable.destination.fget(object.__new__(Sendable)),  # type: ignore[attr-defined]
        "record": lambda _: object.__new__(Sendable).record("sent"),
        "grant": lambda _: gateway._Grant.messages,
    }  # fmt: skip


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Sendable:
    return made_operator(tmp_path_factory.mktemp("lock") / "operator").sendable(MESSAGE)


@pytest.mark.parametrize("way", ways_to_forge())
def test_it_cannot_be_forged(real: Sendable, way: str) -> None:
    with pytest.raises((RefusedError, TypeError, AttributeError)):
        ways_to_forge()[way](real)
    assert real.release(**PEER) == (MESSAGE,), "and the real one is as it was"


def test_a_handle_holds_nothing(real: Sendable) -> None:
    """Messages cannot be taken out of it without the line in the audit log."""
    assert not hasattr(real, "__dict__")
    assert [type(held) for held in gc.get_referents(real)] == [type]
    assert "forged" in repr(object.__new__(Sendable))


def test_a_forged_one_has_the_hash_of_a_real_one(real: Sendable) -> None:
    class Twin:
        def __hash__(self) -> int:
            return hash(real)

        def __eq__(self, other: object) -> bool:
            return True

    with pytest.raises(RefusedError, match="not made by the gateway"):
        Sendable.release(Twin(), **PEER)  # type: ignore[arg-type]


# Transports


class LooksLikeOne:
    """What a transport that asks the object itself would fall for."""

    order_digest = "0" * 64

    def release(self, **_: Any) -> tuple[Any, ...]:
        return (dataclasses.replace(MESSAGE, message_identifier=4370),)

    def record(self, *_: Any) -> None:
        return None


@pytest.mark.parametrize(
    "wrong", [MESSAGE, (MESSAGE,), object.__new__(Sendable), LooksLikeOne(), None],
    ids=["message", "messages", "forged", "look-alike", "nothing"],
)  # fmt: skip
def test_the_transport_takes_nothing_else(wrong: Any) -> None:
    """It is refused before anything is looked at: no connection is open here."""
    with pytest.raises((RefusedError, TypeError)):
        asyncio.run(CbspClient("127.0.0.1").send(wrong))


def test_only_the_transport_opens_connections() -> None:
    wanted = {"socket", "asyncio", "ssl", "http", "urllib", "smtplib", "ftplib", "telnetlib",
              "requests", "httpx", "aiohttp", "socketserver", "xmlrpc"}  # fmt: skip
    opens = {"open_connection", "create_connection", "start_server", "create_server", "urlopen",
             "open_unix_connection", "create_datagram_endpoint", "socket"}  # fmt: skip
    for name, tree in modules().items():
        if not name.startswith("ew4all.alerts") or name in MAY_CONNECT:
            continue
        imported = {
            (alias.name if isinstance(node, ast.Import) else str(node.module)).partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert imported & wanted <= {"asyncio"}, f"{name} imports {imported & wanted}"
        assert set(called(tree)) & opens == set(), name


def test_only_the_client_uses_the_link() -> None:
    users = {
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "ew4all.alerts.wire.cbsp_link"
        and any(alias.name == "Link" for alias in node.names)
    }
    assert users == {"ew4all.alerts.wire.cbsp_client"}


# Who cannot open the gateway


def test_no_chain_of_imports_leads_to_the_gateway_but_from_the_transport() -> None:
    """An API, a simulation or an exercise that is added later is held to this as well."""
    assert reaching(GATEWAY) == {"ew4all.alerts.wire.cbsp_client"}
    assert reaching("ew4all.alerts.operator_keys") >= {GATEWAY}, "chains are followed"


def test_the_gateway_is_not_even_loaded() -> None:
    """Not by the library, the studies, the command line, or what analyses alerts."""
    started = (
        "import ew4all; [getattr(ew4all, name) for name in ew4all.__all__]",
        "import ew4all.library, ew4all.study, ew4all.target_library, ew4all.demo",
        "import ew4all.cli, ew4all.cli.alert.encode, ew4all.cli.alert.sign, ew4all.cli.alert.audit",
        "import ew4all.alerts.encoding, ew4all.alerts.mapping, ew4all.alerts.signature",
    )
    check = f"assert {GATEWAY!r} not in sys.modules"
    code = "; ".join(["import sys", *(f"{step}; {check}" for step in started)])
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_command_sends_or_opens_the_gateway() -> None:
    from typer.main import get_command

    from ew4all.cli import app

    pending: list[Any] = [get_command(app)]
    names = set()
    while pending:
        command = pending.pop()
        children = getattr(command, "commands", {})
        pending += children.values()
        names |= set(children)
        for option in command.params:
            spelled = {word for name in option.opts for word in name.lower().split("-")}
            assert spelled & {"gateway", "destination", "send", "broadcast", "confirm"} == set()
    assert {"sign", "verify", "audit", "encode"} <= names
    assert names & {"send", "broadcast", "publish", "transmit", "authorise", "gateway"} == set()


def test_the_lock_reads_no_environment_and_has_no_default_place() -> None:
    """Nothing but the path that a program gives decides which operator's file is read."""
    for name in (*LOCK, "ew4all.alerts.guarded_file", "ew4all.alerts.confirmation",
                 "ew4all.alerts.audit", "ew4all.alerts.order"):  # fmt: skip
        tree = modules()[name]
        assert names_in(tree) & {"environ", "getenv", "home", "cwd", "expanduser", "platformdirs",
                                 "argv"} == set(), name  # fmt: skip
    (opened,) = (f for f in functions(modules()[GATEWAY]) if f.name == "open")
    assert opened.args.defaults == [], "the configuration has no default"


def test_no_check_of_the_lock_is_an_assertion() -> None:
    """``python -O`` leaves assertions out."""
    for name in (*LOCK, "ew4all.alerts.guarded_file", "ew4all.alerts.confirmation",
                 "ew4all.alerts.operator_keys", "ew4all.alerts.audit", "ew4all.alerts.order"):  # fmt: skip
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(modules()[name])), name


# Types


SNIPPET = """
from ew4all.alerts.cap import Status
from ew4all.alerts.drill import DrillAlert, DrillIdentifier, DrillMessage, DrillStatus
from ew4all.alerts.gateway import Gateway, Message, Order, Sendable
from ew4all.alerts.wire.cbsp_client import CbspClient

async def fine(client: CbspClient, gateway: Gateway, order: Order) -> None:
    await client.send(gateway.authorise(order, ()))
    DrillMessage(message_identifier=DrillIdentifier.EXERCISE, serial_number=0, text="t")

async def wrong(client: CbspClient, order: Order, message: Message, alert: DrillAlert) -> None:
    await client.send(order)  # wrong
    await client.send(message)  # wrong
    await client.send(None)  # wrong
    Sendable()  # wrong
    Sendable("token")  # wrong
    alert.status = DrillStatus.TEST  # wrong
    DrillStatus.ACTUAL  # wrong
    DrillIdentifier.PRESIDENTIAL  # wrong
    DrillMessage(message_identifier=4370, serial_number=0, text="t")  # wrong
    given: DrillStatus = Status.ACTUAL  # wrong

class Mine(Sendable): ...  # wrong
"""


@pytest.mark.slow
def test_the_type_checker_sees_it(repository: Path, tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    path = tmp_path / "snippet.py"
    path.write_text(SNIPPET, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11"]
    command += ["--no-error-summary", "--cache-dir", str(tmp_path / "cache"), str(path)]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    told = {
        int(line.split(":")[1])
        for line in result.stdout.splitlines()
        if line.startswith(str(path)) and ": error:" in line
    }
    lines = SNIPPET.splitlines()
    wanted = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    assert told == wanted, result.stdout + result.stderr
