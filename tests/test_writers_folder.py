"""An output folder is filled whole or not at all."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from ew4all.errors import EmptyLayerError, OptionError, WriteError
from ew4all.writers.folder import RECORD, RECORD_SCHEMA, output_folder, outputs_of, writing
from ew4all.writers.plain_table import write_text


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def fill(folder: str | Path, *names: str, fault: BaseException | None = None) -> None:
    with output_folder(folder) as out:
        for name in names:
            (out / name).write_text("new")
        if fault is not None:
            raise fault


def record(*names: str) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return f'{{"schema": "{RECORD_SCHEMA}", "outputs": [{listed}]}}'


def test_new_folder_with_its_parents(tmp_path: Path) -> None:
    with output_folder(tmp_path / "a" / "b") as out:
        (out / "x.csv").write_text("1")
        assert not (tmp_path / "a" / "b" / "x.csv").exists()
    assert tree(tmp_path) == {"a": "folder", "a/b": "folder", "a/b/x.csv": "1"}


def test_replaces_its_own_names_and_keeps_other_files(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("old")
    (tmp_path / "mine.txt").write_text("mine")
    with output_folder(tmp_path) as out:
        (out / "x.csv").write_text("new")
    assert tree(tmp_path) == {"mine.txt": "mine", "x.csv": "new"}


def test_files_of_an_earlier_run_do_not_linger(tmp_path: Path) -> None:
    """Without coverage there is no uncovered.tif: that of the run before would be misread."""
    with output_folder(tmp_path) as out:
        (out / "x.csv").write_text("1")
        (out / "uncovered.tif").write_text("1")
        (out / RECORD).write_text(record("x.csv", "uncovered.tif", RECORD))
    (tmp_path / "mine.tif").write_text("mine")
    assert outputs_of(tmp_path) == [RECORD, "uncovered.tif", "x.csv"]
    with output_folder(tmp_path) as out:
        (out / "x.csv").write_text("2")
        (out / RECORD).write_text(record("x.csv", RECORD))
    assert set(tree(tmp_path)) == {"mine.tif", RECORD, "x.csv"}


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[1]",
        '{"outputs": ["mine.txt"]}',
        f'{{"schema": "{RECORD_SCHEMA}", "outputs": "mine.txt"}}',
        record("../mine.txt", "nested/x", "/etc/hostname"),
    ],
)
def test_record_of_somebody_else_removes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / RECORD).write_text(text)
    (folder / "mine.txt").write_text("mine")
    with output_folder(folder) as out:
        (out / "x.csv").write_text("1")
    assert set(tree(folder)) == {"mine.txt", RECORD, "x.csv"}
    assert (tmp_path / "mine.txt").exists()


@pytest.mark.parametrize(
    "fault",
    [
        EmptyLayerError("no polygon"),
        ZeroDivisionError(),
        KeyboardInterrupt(),
        WriteError("cannot write x.csv: No space left on device"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_an_error_leaves_everything_as_it_was(tmp_path: Path, fault: BaseException) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "x.csv").write_text("old")
    before = tree(tmp_path)
    for folder in (tmp_path / "old", tmp_path / "new" / "er"):
        with pytest.raises(type(fault)):
            fill(folder, "x.csv", fault=fault)
        assert tree(tmp_path) == before


def test_write_error_names_folder_and_file(tmp_path: Path) -> None:
    with (
        pytest.raises(WriteError, match=r"cannot write x\.csv: No space left.*\(in .*here\)"),
        output_folder(tmp_path / "here") as out,
        writing(out / "x.csv"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_file_in_the_place_of_the_folder_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with (
        pytest.raises(OptionError, match="is a file; name a folder"),
        output_folder(tmp_path / "out"),
    ):
        pass
    assert tree(tmp_path) == {"out": "mine"}


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(WriteError, match=r"cannot write into the output folder .*Not a directory"),
        output_folder(tmp_path / "file" / "out"),
    ):
        pass
    assert tree(tmp_path) == {"file": "mine"}


def test_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by taking permissions away: root would not notice."""

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with (
        pytest.raises(WriteError, match="Permission denied; choose another with --out"),
        output_folder(tmp_path / "new" / "out"),
    ):
        pass
    assert tree(tmp_path) == {}


def test_folder_of_an_output_name_stops_before_anything_is_moved(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")
    (tmp_path / "b.csv").mkdir()
    before = tree(tmp_path)
    with pytest.raises(WriteError, match=r"cannot write b\.csv: there is a folder of that name"):
        fill(tmp_path, "a.csv", "b.csv")
    assert tree(tmp_path) == before


def test_move_that_fails_half_way_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        (tmp_path / name).write_text(f"old {name}")
    before = tree(tmp_path)
    move = Path.replace

    def broken(self: Path, target: Path) -> Path:
        if self.parent.name == "new" and self.name == "b":
            raise OSError(errno.EIO, "Input/output error")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(WriteError, match="cannot write b: Input/output error"):
        fill(tmp_path, *"abcd")
    monkeypatch.undo()
    assert tree(tmp_path) == before


def test_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with output_folder(tmp_path / "link") as out:
        (out / "x").write_text("1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "x").read_text() == "1"


def test_a_folder_without_a_name_is_not_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OptionError, match="has no name"):
        fill("", "x.csv")
    assert tree(tmp_path) == {}


def test_a_file_by_itself_is_named_by_its_whole_path(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=re.escape(f"cannot write {tmp_path / 'no' / 'x.csv'}: ")):
        write_text(tmp_path / "no" / "x.csv", "1")
    with (
        pytest.raises(WriteError, match=r"cannot write x\.csv: .*\(in .*here\)"),
        output_folder(tmp_path / "here") as work,
        writing(work / "x.csv"),
    ):
        raise OSError(28, "No space left on device")
