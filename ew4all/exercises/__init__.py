"""Exercises as files: read, checked, written, and the library of those that come with the package.

::

    file = load_exercise("caribbean-cascade")
    exercise, scenario = file.exercise, file.scenario()
"""

from ew4all.exercises.loading import (
    ExerciseFile,
    exercise_from,
    file_of,
    load_exercise,
    shipped,
    yaml_of,
)

__all__ = ["ExerciseFile", "exercise_from", "file_of", "load_exercise", "shipped", "yaml_of"]
