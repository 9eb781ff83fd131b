"""Everything that ew4all raises on purpose.

::

    EW4AllError
    ├── InputError (ValueError)          the input is at fault: exit code 2
    │   ├── MissingCrsError              a layer does not say where on Earth it lies
    │   ├── NoIntersectionError          two layers that must meet lie apart
    │   │   └── SwappedAxesError         ... because latitude and longitude are exchanged
    │   ├── GeometryError                a shape that cannot be read one way only
    │   ├── EmptyLayerError              a layer without a single usable shape
    │   ├── ColumnError (KeyError)       a table without the column that was named
    │   ├── TableValueError              a row of a table whose value is not what its column needs
    │   ├── ZoneIdError                  zone identifiers that are null or repeated
    │   ├── PopulationUnitError          people per cell or per area: not told and not plain
    │   ├── PopulationValueError         negative or infinite people
    │   ├── CoverageValueError           a coverage raster that is neither a share nor a level
    │   ├── UnknownTechnologyError       not one of 2g, 3g, 4g, 5g
    │   ├── AssumptionError              an assumption that does not exist or is out of range
    │   ├── OptionError                  options that are missing, repeated or exclude each other
    │   ├── GridMismatchError            arrays that must share a grid do not
    │   ├── EmptySelectionError          no cell can be addressed for a warning area
    │   ├── CohortExplosionError         people fold to more rows than a run can play
    │   ├── CapError                     a CAP file that cannot be used
    │   ├── FaultyFileError              a file with faults, all of which it tells
    │   │   ├── ScenarioError            ... a scenario
    │   │   └── ExerciseError            ... an exercise, as YAML or as a spreadsheet
    │   ├── GeocodeError                 a geocode that no table knows, or a table that cannot be used
    │   ├── TemplateError                a message template, or words for it, that cannot be used
    │   ├── MessageError                 a cell-broadcast message that cannot be built
    │   ├── DecodeError                  bytes that are not what they are said to be
    │   ├── MappingError                 a mapping table or a country's file that cannot be used
    │   ├── AuditError                   an audit log that was changed or cut
    │   ├── ExerciseLogError             a log of an exercise that was changed or cut, or an event that cannot follow
    │   ├── ConflictError                somebody else changed the same thing first
    │   ├── QuestionnaireError           a filled questionnaire that cannot be used
    │   └── StaleSidecarError            a prepared file that no longer belongs to its raster
    ├── ReadError (OSError)              a file that cannot be opened or decoded: exit code 2
    ├── WriteError (OSError)             a file that cannot be written: exit code 1
    ├── SigningError                     a signature that could not be made; nothing goes out: exit code 1
    ├── RefusedError                     the gateway does not send: exit code 1
    ├── ServiceError                     a service refused a request of ours, or failed: exit code 1
    └── TransportError (OSError)         a peer that does not answer or breaks the protocol: exit code 1

Each message says what is wrong, where, why it matters and what to do.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AssumptionError",
    "AuditError",
    "CapError",
    "CohortExplosionError",
    "ColumnError",
    "ConflictError",
    "CoverageValueError",
    "DecodeError",
    "EW4AllError",
    "EmptyLayerError",
    "EmptySelectionError",
    "ExerciseError",
    "ExerciseLogError",
    "FaultyFileError",
    "GeocodeError",
    "GeometryError",
    "GridMismatchError",
    "InputError",
    "MappingError",
    "MessageError",
    "MissingCrsError",
    "NoIntersectionError",
    "OptionError",
    "PopulationUnitError",
    "PopulationValueError",
    "QuestionnaireError",
    "ReadError",
    "RefusedError",
    "ScenarioError",
    "ServiceError",
    "SigningError",
    "StaleSidecarError",
    "SwappedAxesError",
    "TableValueError",
    "TemplateError",
    "TransportError",
    "UnknownTechnologyError",
    "WriteError",
    "ZoneIdError",
]


class EW4AllError(Exception):
    """Root of every error that this package raises on purpose."""


class InputError(EW4AllError, ValueError):
    """The input is at fault; nothing was computed."""


class MissingCrsError(InputError):
    """A layer does not say in which coordinate reference system it is."""


class NoIntersectionError(InputError):
    """Two layers that must meet lie apart."""


class SwappedAxesError(NoIntersectionError):
    """Latitude and longitude are exchanged."""


class GeometryError(InputError):
    """A shape that cannot be read in one way only."""


class EmptyLayerError(InputError):
    """A layer without a single usable shape or cell."""


class ColumnError(InputError, KeyError):
    """A table lacks the column that was named."""

    def __str__(self) -> str:
        """Return the message itself: KeyError would show its representation."""
        return str(self.args[0]) if self.args else ""


class TableValueError(InputError):
    """A row of a table whose value is not what its column needs."""


class ZoneIdError(InputError):
    """Zone identifiers that are null or repeated."""


class PopulationUnitError(InputError):
    """Whether a raster holds people per cell or per area is neither told nor plain."""


class PopulationValueError(InputError):
    """Negative or infinite people."""


class CoverageValueError(InputError):
    """A coverage raster that is neither a share of 0..1 nor a level with a threshold."""


class UnknownTechnologyError(InputError):
    """A technology that is not one of 2g, 3g, 4g, 5g."""


class AssumptionError(InputError):
    """An assumption that does not exist or whose value is out of range."""


class OptionError(InputError):
    """Options that are missing, repeated or exclude each other."""


class GridMismatchError(InputError):
    """Arrays that must share a grid do not."""


class EmptySelectionError(InputError):
    """No cell can be addressed for a warning area."""


class CohortExplosionError(InputError):
    """People fold to more rows than a run can play, since too many inputs multiply."""


class CapError(InputError):
    """A CAP file that cannot be used."""


class FaultyFileError(InputError):
    """A file with faults.

    Attributes
    ----------
    findings
        Each with ``line``, ``column``, ``path`` and ``message``.
    more
        Faults beside them, where there are very many.
    """

    def __init__(self, message: str, findings: tuple[Any, ...] = (), more: int = 0) -> None:
        """Hold the faults beside the message that shows the first of them."""
        super().__init__(message)
        self.findings, self.more = findings, more

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the faults when it crosses processes."""
        return type(self), (str(self), self.findings, self.more)


class ScenarioError(FaultyFileError):
    """A scenario file with faults."""


class ExerciseError(FaultyFileError):
    """An exercise with faults: its YAML file, or the table of injects that it is read from."""


class GeocodeError(InputError):
    """A geocode that no table knows, or a table of geocodes that cannot be used."""


class TemplateError(InputError):
    """A message template, or words for its places, that cannot be used."""


class MessageError(InputError):
    """A cell-broadcast message that cannot be built."""


class DecodeError(InputError):
    """Bytes that are not what they are said to be."""


class MappingError(InputError):
    """A mapping table or a country's file that cannot be used."""


class AuditError(InputError):
    """An audit log that was changed or cut."""


class ExerciseLogError(InputError):
    """A log of an exercise that was changed or cut, or an event that cannot follow those in it."""


class ConflictError(InputError):
    """Somebody else changed the same thing first; nothing of theirs was overwritten."""


class QuestionnaireError(InputError):
    """A filled questionnaire that cannot be used."""


class StaleSidecarError(InputError):
    """A prepared file that no longer belongs to its raster."""


class ReadError(EW4AllError, OSError):
    """A file cannot be opened or decoded."""


class WriteError(EW4AllError, OSError):
    """A file cannot be written."""


class SigningError(EW4AllError):
    """A signature could not be made; what was to be signed does not go out."""


class RefusedError(EW4AllError):
    """The gateway does not send."""


class ServiceError(EW4AllError):
    """A service refused a request, or failed; see RFC 9457.

    Attributes
    ----------
    status
        HTTP status.
    code
        Word for programs, such as ``unknown-layer``; ``http-502`` where the answer had none.
    detail
        What the service says.
    errors
        What is wrong where: mappings with ``pointer`` (RFC 6901), ``detail`` and ``code``.
    request_id
        Name of the request in the log of the service; empty where it has told none.
    retry_after_s
        When to ask again, seconds; None where the service does not say.
    """

    def __init__(
        self,
        message: str,
        status: int = 0,
        code: str = "",
        detail: str = "",
        errors: tuple[Any, ...] = (),
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        """Hold the fields of the problem document beside the message that tells them."""
        super().__init__(message)
        self.status, self.code, self.detail, self.errors = status, code, detail, errors
        self.request_id, self.retry_after_s = request_id, retry_after_s

    @property
    def pointer(self) -> str | None:
        """Where the first fault is, such as ``#/inputs/area``; None where none is told."""
        return next((str(one["pointer"]) for one in self.errors if "pointer" in one), None)

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the fields when it crosses processes."""
        more = (self.status, self.code, self.detail, self.errors)
        return type(self), (str(self), *more, self.request_id, self.retry_after_s)


class TransportError(EW4AllError, OSError):
    """A peer does not answer, or breaks the protocol."""
