"""The JSON Schema of scenario files, for editors."""

from __future__ import annotations

from typing import Any, Final

from ew4all.scenario.document import SCHEMA, Scenario

__all__ = ["ADDRESS", "json_schema"]

ADDRESS: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the schema; it knows types, names and ranges, and leaves what needs several sections to `scenario check`."""
    made = Scenario.model_json_schema(by_alias=True)
    made["properties"]["population"] |= {
        "description": "People; it may be left out where there is a demo."
    }
    # A demo fills the sections that are left out.
    made["required"] = [name for name in made["required"] if name != "population"]
    made["anyOf"] = [{"required": ["population"]}, {"required": ["demo"]}]
    return {"$schema": ADDRESS, "$id": SCHEMA, **made, "title": "Scenario of ew4all"}
