"""What the service is beside: titiler as its documentation starts it, and a bare route of FastAPI; ``python -m benchmarks.load_rivals PORT``."""

from __future__ import annotations

import json
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from titiler.core.factory import TilerFactory


def rivals(document: Any) -> FastAPI:
    """Return an application of nothing but tiles of titiler, and a document at ``/json``."""
    app = FastAPI()
    app.include_router(TilerFactory().router)

    @app.get("/json")
    async def get_json() -> Any:
        return document

    return app


if __name__ == "__main__":
    told = json.loads(sys.stdin.readline())
    uvicorn.run(
        rivals(told), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False
    )
