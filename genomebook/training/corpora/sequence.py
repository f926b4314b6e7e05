"""Records of FASTA files to train on, opened together."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from genomebook.genome.fasta import Genome, Record, unpack
from genomebook.genome.names import canonical


def canonical_names(contigs: Iterable[str]) -> frozenset[str]:
    """Canonical names of contigs."""
    return frozenset(canonical(contig) for contig in contigs)


@contextmanager
def open_records(
    fastas: Iterable[Path], skip: Sequence[str] = (), only: Sequence[str] | None = None
) -> Iterator[list[tuple[Genome, Record]]]:
    """Unpack FASTA files into temporary folders and give their records.

    Parameters
    ----------
    fastas : iterable of Path
        Plain or packed.
    skip, only : sequence of str
        Contigs to leave out; contigs to keep. Any alias of a contig will do.
    """
    left_out, kept = canonical_names(skip), None if only is None else canonical_names(only)
    with ExitStack() as stack:
        records = []
        for fasta in fastas:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            unpack(fasta, folder)
            genome = stack.enter_context(Genome(folder))
            for record in genome.records:
                contig = canonical(record.contig)
                if contig not in left_out and (kept is None or contig in kept):
                    records.append((genome, record))
        yield records
