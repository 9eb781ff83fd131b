"""What channels look at of a CAP alert: its languages, and the pages of the message that it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.readers.whole_file import whole_file

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

__all__ = ["said_by"]

PROFILE = "eu-alert"
"""By which the length of the message is worked out; the profiles take the same texts."""


def said_by(path: str | Path) -> dict[str, Any]:
    """Return the `languages` and `pages` of the alert in a file, as far as it tells them.

    A file that holds no alert, or several, tells nothing here: whoever takes its area says what is wrong with it.

    Raises
    ------
    ReadError
        The file cannot be read.
    """
    # The messages of every gateway and core network: a scenario without a CAP alert need not import them.
    from ew4all.alerts.cap_xml import read_alerts
    from ew4all.alerts.encoding import encode_alert
    from ew4all.alerts.mapping import Action
    from ew4all.alerts.mapping_profile import profile

    alerts = [reading.alert for reading in read_alerts(whole_file(path), str(path))]
    if len(alerts) != 1 or alerts[0] is None or not alerts[0].infos:
        return {}
    alert = alerts[0]
    # Who understands a text is told by language alone: en-US is read by whoever reads en.
    tags = (info.language.partition("-")[0].lower() for info in alert.infos)
    said: dict[str, Any] = {"languages": tuple(dict.fromkeys(tags))}
    sent = [
        len(message.pages)
        for message in encode_alert(alert, profile(PROFILE))
        if message.mapped.action is Action.WRITE_REPLACE
    ]
    if sent:
        said["pages"] = max(sent)
    return said
