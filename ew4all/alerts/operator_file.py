"""The operator's configuration file: who may send what, where to, and who must agree.

It lies outside every scenario, is named by its full path by the program that sends, and is looked
for nowhere. Whatever is doubtful in it is refused: a missing or unknown key, a private key or a
file that others can read or change, one key for two persons. Switched off unless it says
``enabled = true``.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Destination"]


@dataclass(frozen=True)
class Destination:
    """A network element that the operator named, and what may be sent to it.

    `interface` is one of cbsp, sbcap, s1ap, ngap. `statuses` are the CAP statuses and
    `identifiers` the message identifiers that may go there.
    """

    name: str
    interface: str
    host: str
    port: int
    statuses: frozenset[str]
    identifiers: frozenset[int]
