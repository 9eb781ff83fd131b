"""Paths of elements, such as ``/alert/info[2]/event``: from an element to its path, and back."""

from __future__ import annotations

from typing import Any

__all__ = ["Paths", "element_at", "local_name"]

# Elements that may be repeated always have their number, so that a path never changes its form.
_REPEATABLE = {
    "area",
    "category",
    "circle",
    "code",
    "eventCode",
    "geocode",
    "info",
    "parameter",
    "polygon",
    "resource",
    "responseType",
}


def local_name(element: Any) -> str:
    """Return the name of an element without its namespace."""
    tag: str = element.tag
    return tag[tag.rfind("}") + 1 :]


class Paths:
    """Paths below one element. They are mostly asked for in the order of the file, and cost little then."""

    def __init__(self, root: Any) -> None:
        self._root = root
        # For each parent and name: the child that was asked for last, and its number.
        self._last: dict[tuple[Any, str], tuple[Any, int]] = {}

    def of(self, element: Any) -> str:
        """Return the path of an element; what may be repeated has its number, counted from 1."""
        steps = []
        while element is not self._root:
            parent = element.getparent()
            local = local_name(element)
            number = self._number(element, parent)
            several = number > 1 or next(element.itersiblings(element.tag), None) is not None
            steps.append(f"{local}[{number}]" if several or local in _REPEATABLE else local)
            element = parent
        return "/" + "/".join([local_name(self._root), *reversed(steps)])

    def _number(self, element: Any, parent: Any) -> int:
        key = (parent, element.tag)
        last, number = self._last.get(key, (None, 0))
        if last is not element:
            if last is not None:
                for sibling in last.itersiblings(element.tag):
                    number += 1
                    if sibling is element:
                        break
                else:
                    last = None
            if last is None:
                number = 0
                for number, child in enumerate(parent.iterchildren(element.tag), 1):  # noqa: B007
                    if child is element:
                        break
            self._last[key] = (element, number)
        return number


def element_at(root: Any, path: str) -> Any:
    """Return the element at a path that begins with the root; None if there is none."""
    space = root.tag[: root.tag.rfind("}") + 1]
    steps = path.split("/")[2:]
    return root.find("/".join(f"{space}{step}" for step in steps)) if steps else root
