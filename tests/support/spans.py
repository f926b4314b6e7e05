"""Intervals of a class."""

from __future__ import annotations

from genomebook.annotation.classes import AnnotationClasses


def spans(classes: AnnotationClasses, name: str, volume: str = "chr2") -> list[list[int]]:
    intervals: list[list[int]] = classes.spans[volume][classes.names.index(name)].tolist()
    return intervals
