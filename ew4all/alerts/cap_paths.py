"""Paths of elements, such as ``/alert/info[2]/event``: from an element to its path, and back."""

from __future__ import annotations

from typing import Any

__all__ = ["Paths", "element_at", "local_name"]

# Children of a block up to which looking through them is quicker than a table of them.
_FEW = 50

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
    """Paths below one element. Numbers of siblings are counted once, however many paths are asked for."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._numbers: dict[Any, dict[Any, tuple[int, int]]] = {}

    def of(self, element: Any) -> str:
        """Return the path of an element; what may be repeated has its number, counted from 1."""
        steps = []
        while element is not self._root:
            parent = element.getparent()
            number, total = self._place(element, parent)
            local = local_name(element)
            steps.append(f"{local}[{number}]" if total > 1 or local in _REPEATABLE else local)
            element = parent
        return "/" + "/".join([local_name(self._root), *reversed(steps)])

    def _place(self, element: Any, parent: Any) -> tuple[int, int]:
        if len(parent) > _FEW:
            return self._among(parent)[element]
        same = list(parent.iterchildren(element.tag))
        return same.index(element) + 1, len(same)

    def _among(self, parent: Any) -> dict[Any, tuple[int, int]]:
        """Return, for each child, its number among those of its name, and how many there are."""
        numbers = self._numbers.get(parent)
        if numbers is None:
            children = list(parent)
            totals: dict[Any, int] = {}
            places = []
            for child in children:
                totals[child.tag] = totals.get(child.tag, 0) + 1
                places.append(totals[child.tag])
            numbers = {
                child: (place, totals[child.tag])
                for child, place in zip(children, places, strict=True)
            }
            self._numbers[parent] = numbers
        return numbers


def element_at(root: Any, path: str) -> Any:
    """Return the element at a path that begins with the root; None if there is none."""
    space = root.tag[: root.tag.rfind("}") + 1]
    steps = path.split("/")[2:]
    return root.find("/".join(f"{space}{step}" for step in steps)) if steps else root
