"""A feed as the host names it; nobody else can name one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ew4all.api.process_inputs import ReachInputs

__all__ = ["FeedSettings"]

Longitude = Annotated[float, Field(ge=-180.0, le=180.0)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0)]


class FeedSettings(BaseModel):
    """One feed: RSS 2.0, Atom, or CAP itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    title: str = Field(default="", max_length=200)
    url: str = Field(description="address, http or https")
    hosts: tuple[str, ...] = Field(
        default=(), description="other hosts that its entries may link to, as `host` or `host:port`"
    )
    every_s: float = Field(default=300.0, ge=10.0, description="how often it is asked for, s")
    bbox: tuple[Longitude, Latitude, Longitude, Latitude] | None = Field(
        default=None, description="west, south, east, north: alerts elsewhere are listed, no more"
    )
    reach: dict[str, Any] | None = Field(
        default=None,
        description="inputs of the process `reach` but for the alert; without them, no reach is computed",
    )
    signature: Literal["optional", "required"] = "optional"
    anchors: tuple[Path, ...] = Field(
        default=(), description="PEM files of certificates that are trusted to sign"
    )

    @field_validator("url")
    @classmethod
    def _must_be_web(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = "the address of a feed begins with http:// or https://, and names a host"
            raise ValueError(msg)
        return url

    @field_validator("reach")
    @classmethod
    def _must_be_reach(cls, inputs: dict[str, Any] | None) -> dict[str, Any] | None:
        if inputs is None:
            return None
        taken = {"cap", "area"} & set(inputs)
        if taken:
            msg = f"{sorted(taken)[0]} is the alert's, and cannot be set"
            raise ValueError(msg)
        return ReachInputs.model_validate(inputs).model_dump(mode="json", exclude_none=True)

    @property
    def origins(self) -> frozenset[str]:
        """Hosts, with their ports where they are told, that may be asked on behalf of this feed."""
        return frozenset({urlsplit(self.url).netloc.rpartition("@")[2].lower(), *self.hosts})
