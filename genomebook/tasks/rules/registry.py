"""Kinds of rules that a file of weights may hold."""

from __future__ import annotations

from importlib import import_module

from genomebook.tasks.rules.base import PackedRule, StoredRule

_PLACES = {
    "composition": ("composition", "CompositionRule"),
    "gapped": ("kmers", "KmerRule"),
    "k-mers": ("kmers", "KmerRule"),
    "motifs": ("motifs", "MotifRule"),
    "network": ("network", "NetworkRule"),
    "probe": ("probe", "ProbeRule"),
}
"""Module of this folder and class of each kind; imported when a rule of that kind is opened."""


def unpack(kind: str, packed: PackedRule) -> StoredRule:
    """Make the rule of a file.

    Raises
    ------
    KeyError
        For a kind that does not exist, or arrays that are missing.
    """
    module, name = _PLACES[kind]
    opened: type[StoredRule] = getattr(import_module(f"genomebook.tasks.rules.{module}"), name)
    return opened.unpack(packed)
