"""A small exercise that is well, and changes of it."""

from __future__ import annotations

from typing import Any

from ew4all.sim.decisions import NetworkChange, PowerChange
from ew4all.sim.exercise import (
    After,
    Comparison,
    Condition,
    Exercise,
    Expectation,
    Handout,
    Inject,
    InjectChannel,
    Objective,
    Phase,
    Reader,
    Role,
    RoleKind,
    Team,
)

GAUGE = Inject(
    "gauge", "The gauge rises", "The gauge at the bridge has risen by a metre.", time_s=600.0, sender="Water authority",
    audience=("duty",), channel=InjectChannel.PHONE, expected_action="Look at the forecast, call the mayor.", hazard="flood",
)  # fmt: skip
OUTAGE = Inject(
    "outage", "Sites fall silent", "Operator North reports that its sites are without power.",
    after=After(inject="gauge", delay_s=900.0), sender="Operator North", audience=("duty", "mayor"),
    channel=InjectChannel.EMAIL, expected_action="Use channels that need no network.",
    effects=(PowerChange(on=False, zone="V1"), NetworkChange(0.4, zone="V1")), hazard="network",
)  # fmt: skip
PRESS = Inject(
    "press", "A reporter asks", "Why has nobody been warned?", time_s=1800.0,
    conditions=(Condition("people_warned_share", Comparison.LESS, 0.5), Condition("alert_issued", Comparison.IS, 0.0)),
    until_s=3000.0, sender="Radio Valley", audience=("mayor",), channel=InjectChannel.MEDIA,
    expected_action="Say what is known and when more will be.", discussion_s=300.0,
)  # fmt: skip
EXERCISE = Exercise(
    "valley", "Flood in the valley", 5400.0, "valley-flash-flood",
    purpose="To decide in time.",
    speed=3.0,
    teams=(Team("duty", "Duty officers", "Water authority"), Team("mayor", "Mayor's office")),
    roles=(
        Role("lead", "Lead facilitator", RoleKind.FACILITATOR),
        Role("officer", "Duty officer", RoleKind.PLAYER, "duty"),
        Role("judge", "Evaluator", RoleKind.EVALUATOR),
    ),
    injects=(GAUGE, OUTAGE, PRESS),
    objectives=(Objective("decide", "Decide in time"),),
    expectations=(
        Expectation(
            "issued", "An alert is issued.", "decide", team="mayor", inject="gauge", within_s=1200.0, points=3.0,
            decision="issue_alert",
        ),
    ),
    handouts=(Handout("Facilitator's guide", "guide.md", Reader.FACILITATOR),),
    phases=(Phase("First signs"), Phase("The wave", 1800.0, 6.0)),
)  # fmt: skip


def messages(faults: Any, *, advice: bool = False) -> dict[str, str]:
    """Return what is said of each path, as ``injects.0.after``."""
    return {".".join(map(str, f.path)): f.message for f in faults if f.is_advice is advice}
