"""A client of the service (`ew4all serve`): files in, jobs, their results out.

::

    from ew4all.client import Client

    with Client("http://127.0.0.1:8000") as client:
        job = client.execute("reach", {"population": client.upload("people.tif", role="population"), ...})
        print(job.wait().results()["reach"])

It needs nothing of the package but its errors, so that it starts at once; see docs/client.md.
"""

from __future__ import annotations

from ew4all.client.documents import Document, Documents
from ew4all.client.jobs import Job
from ew4all.client.keys import Keys
from ew4all.client.layers import Layer
from ew4all.client.runs import Runs
from ew4all.client.session import Client
from ew4all.errors import ServiceError, TransportError

__all__ = [
    "Client",
    "Document",
    "Documents",
    "Job",
    "Keys",
    "Layer",
    "Runs",
    "ServiceError",
    "TransportError",
]
