"""YAML as plain values, and where in the text each key and each value stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ew4all.scenario.findings import Finding, path_text, short

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

__all__ = ["Mark", "MarkedText", "Path", "read_marked"]

Path: TypeAlias = tuple[str | int, ...]

_TAG: Final = "tag:yaml.org,2002:"
_MOST_VALUES: Final = 100_000
_MOST_CHARACTERS: Final = 2_000_000
_DEEPEST: Final = 50


class Mark(NamedTuple):
    """A place in the text, both counted from 1."""

    line: int
    column: int


@dataclass
class MarkedText:
    """Values of a document, the places of keys and values by path, and what is wrong with it as YAML."""

    value: Any = None
    keys: dict[Path, Mark] = field(default_factory=dict)
    values: dict[Path, Mark] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    what: str = "scenario"

    def place(self, path: Path, *, of_key: bool = False) -> Mark:
        """Return where a path stands in the text; the place of the nearest section around it where it is not there itself."""
        for length in range(len(path), -1, -1):
            known = self.keys if of_key else self.values
            other = self.values if of_key else self.keys
            part = path[:length]
            mark = known.get(part) or other.get(part)
            if mark is not None:
                return mark
            of_key = True  # a section is pointed at by its name
        return Mark(1, 1)


def read_marked(text: str, *, what: str = "scenario") -> MarkedText:
    """Read one YAML 1.2 document; what is wrong is a finding, not an exception.

    Times and dates stay text. Tags that make objects are refused, and so is a document that grows by its own aliases.

    Parameters
    ----------
    what
        What the document holds, in findings: `ew4all WHAT new` writes one.
    """
    out = MarkedText(what=what)
    if len(text) > _MOST_CHARACTERS:
        out.findings.append(
            Finding(1, 1, "", f"the file has {len(text):,} characters; {article(what)} has at most {_MOST_CHARACTERS:,}")
        )  # fmt: skip
        return out
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        line, column = (1, 1) if at is None else (at.line + 1, at.column + 1)
        out.findings.append(
            Finding(line, column, "", f"this is no YAML: {what}; check indentation, colons and quotes")
        )  # fmt: skip
        return out
    except YAMLError as error:
        out.findings.append(Finding(1, 1, "", f"this is no YAML: {error}"))
        return out
    if node is None:
        out.findings.append(
            Finding(1, 1, "", f"the file is empty; `ew4all {what} new` writes one to begin with")
        )
        return out
    try:
        out.value = _Reader(out).value(node, ())
    except _TooMuchError:
        # What was read so far is no scenario: nothing more can be said of it.
        out.value = None
    return out


def article(what: str) -> str:
    """Return a word with its article."""
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


class _TooMuchError(Exception):
    """The document cannot be read to its end; a finding says why."""


class _Reader:
    """Walks through the nodes of a document once."""

    def __init__(self, out: MarkedText) -> None:
        self.out = out
        self.seen = 0
        self.nodes: set[int] = set()
        self.around: list[int] = []

    def value(self, node: Node, path: Path) -> Any:
        mark = Mark(node.start_mark.line + 1, node.start_mark.column + 1)
        self.out.values[path] = mark
        self.seen += 1
        self.nodes.add(id(node))
        self._must_end(node, path, mark)
        self.around.append(id(node))
        try:
            return self._value(node, path, mark)
        finally:
            self.around.pop()

    def _must_end(self, node: Node, path: Path, mark: Mark) -> None:
        """Refuse what never ends, is nested too deeply, or holds too much."""
        if id(node) in self.around:
            said = "this alias stands within what it names, so that it grows without end; write out what is meant"
        elif len(self.around) > _DEEPEST:
            said = f"this is nested more than {_DEEPEST} deep, as no {self.out.what} is; check brackets and indentation"
        elif self.seen <= _MOST_VALUES:
            return
        elif len(self.nodes) < self.seen:
            said = f"with its aliases written out the file has more than {_MOST_VALUES:,} values, the most of {article(self.out.what)}; use fewer"
        else:
            said = (
                f"the file has more than {_MOST_VALUES:,} values (this is the next), the most of {article(self.out.what)}; "
                "put long lists into files of their own, such as a polygon for alert.area"
            )
        self.finding(mark, path, said)
        raise _TooMuchError

    def _value(self, node: Node, path: Path, mark: Mark) -> Any:
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, k)) for k, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path, mark)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            at = Mark(key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, ScalarNode):
                self.finding(at, path, "a key is a word, not a list or a mapping")
                continue
            name = str(key.value)
            inner = (*path, name)
            if name in found:
                first = self.out.keys[inner].line
                self.finding(
                    at,
                    inner,
                    f"{name} stands here a second time (first in line {first}); leave one of them",
                )
                continue
            self.out.keys[inner] = at
            found[name] = self.value(value, inner)
        return found

    def _scalar(self, node: ScalarNode, path: Path, mark: Mark) -> Any:
        tag, text = str(node.tag), str(node.value)
        kind = tag.removeprefix(_TAG)
        if kind in {"str", "timestamp"}:
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        try:
            if kind == "int":
                return int(
                    text.replace("_", ""), 0 if text.lstrip("+-")[:2] in {"0x", "0o"} else 10
                )
            if kind == "float":
                return _float(text)
        except ValueError:
            self.finding(mark, path, f"{short(text)} is no number")
            return None
        self.finding(mark, path, f"the tag {tag} is not for {self.out.what}s; leave it out")
        return None

    def finding(self, mark: Mark, path: Path, message: str) -> None:
        self.out.findings.append(Finding(*mark, path_text(path), message))


def _float(text: str) -> float:
    plain = text.replace("_", "").lower()
    for word, value in ((".inf", "inf"), (".nan", "nan")):
        plain = plain.replace(word, value)
    return float(plain)
