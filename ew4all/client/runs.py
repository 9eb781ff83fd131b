"""Runs: scenarios that are played."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ew4all.client.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ew4all.client.wire import Wire

__all__ = ["Runs"]


class Runs:
    """Runs of a service; each is a job of the process `run`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def start(
        self,
        scenario: str,
        replicas: int | None = None,
        seed: int | None = None,
        priority: int = 0,
    ) -> Job:
        """Play a scenario.

        Parameters
        ----------
        scenario
            ``scenario:ID``, ``scenario:ID@VERSION``, ``upload:ID``, or the name of one that comes with ew4all.
        """
        asked = {"scenario": scenario, "replicas": replicas, "seed": seed, "priority": priority}
        body = {name: value for name, value in asked.items() if value is not None}
        run = self._wire.read(self._wire.post("/v1/runs", json=body))
        return Job(self._wire, {**run, "jobID": run["id"], "processID": "run"})

    def get(self, identifier: str) -> dict[str, Any]:
        """Return a run: how it stands; when it is done, `summary` and `layers`."""
        return dict(self._wire.get(self._path(identifier)))

    def curves(self, identifier: str, zone: str = "all") -> dict[str, Any]:
        """Return people over time by channel and stage, of a zone."""
        return dict(self._wire.get(self._path(identifier) + "/curves", {"zone": zone}))

    def list(
        self, status: str | None = None, scenario: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield runs, the newest first, without `summary` and `layers`."""
        return self._wire.pages("/v1/runs", "runs", {"status": status, "scenario": scenario})

    def _path(self, identifier: str) -> str:
        return "/v1/runs/" + quote(identifier, safe="")
