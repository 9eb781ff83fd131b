"""API keys: made, listed and revoked by administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ew4all.errors import TransportError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from ew4all.client.wire import Wire

__all__ = ["Keys"]

_ATTEMPTS: Final = 3


class Keys:
    """Keys of a service."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def create(
        self, name: str, role: str = "viewer", expires: dt.datetime | None = None
    ) -> dict[str, Any]:
        """Make a key; its `secret` is shown this once.

        Parameters
        ----------
        role
            ``viewer``, ``analyst``, ``facilitator`` or ``administrator``.
        expires
            With its offset from UTC; without end by default.
        """
        body: dict[str, Any] = {"name": name, "role": role}
        if expires is not None:
            body["expires"] = expires.isoformat()
        for _ in range(_ATTEMPTS):
            made = dict(self._wire.read(self._wire.post("/v1/keys", json=body)))
            if made.get("secret"):
                return made
            # The first answer was lost, and with it the secret, which the service does not keep.
            self.revoke(made["id"])
        msg = f"the answers with the secret of the key {name!r} were lost {_ATTEMPTS} times; those keys are revoked"
        raise TransportError(msg)

    def get(self, identifier: str) -> dict[str, Any]:
        """Return what is known of a key."""
        return dict(self._wire.get(self._path(identifier)))

    def list(self) -> Iterator[dict[str, Any]]:
        """Yield keys, the newest first, and what became of them (`state`)."""
        return self._wire.pages("/v1/keys", "keys")

    def revoke(self, identifier: str) -> None:
        """Revoke a key at once."""
        self._wire.send("DELETE", self._path(identifier))

    def _path(self, identifier: str) -> str:
        return "/v1/keys/" + quote(identifier, safe="")
