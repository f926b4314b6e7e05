"""Open and read a book by memory map and row group, at a cost independent of its size."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from genomebook.book.annex import Annexes
from genomebook.book.annotation import Annotation
from genomebook.book.contents import Contents, Volumes
from genomebook.book.feature_schema import TRACKS
from genomebook.book.features import Features
from genomebook.book.genes import GeneNames
from genomebook.book.levels import Levels
from genomebook.book.lexicon import Lexicon
from genomebook.book.meta import BookMeta, read_meta
from genomebook.book.remote import lay_out
from genomebook.book.schema import GENES, OCCURRENCE_BLOCK, OCCURRENCES, STRENGTH_UNIT, SURPRISAL_UNIT
from genomebook.book.transcripts import Transcripts
from genomebook.book.volume import Volume
from genomebook.book.words import Place, Words
from genomebook.errors import DamagedBookError
from genomebook.files.checks import CheckedFolder, Flat
from genomebook.files.web import is_address
from genomebook.genome.regions import Addresses, Contig, Region
from genomebook.language.vocabulary import Vocabulary

__all__ = ["Book", "Place", "Volume", "Words"]


class Book:
    """A book on disk.

    Use `Book.open`; ``book["chrM"]`` is a `Volume`, by any name of the contig.
    """

    def __init__(self, path: Path, meta: BookMeta) -> None:
        self.path = path
        self.meta = meta
        self.title: str = meta.title
        self.assembly: str = meta.assembly
        self.digest: str = meta.digest
        self.signal: str = meta.signals.used
        self.signals: tuple[str, ...] = tuple(meta.signals.names)
        self.folder = CheckedFolder(path, meta.files, meta.checksums)
        self.contents = Contents(self.folder, meta)
        self.volumes = Volumes(self.contents)
        self.annex = Annexes(path, self.digest)  # tables that need it do not hold the book itself

    @classmethod
    def open(cls, path: Path | str) -> Book:
        """Open a book.

        Parameters
        ----------
        path : Path or str
            Its folder, or its address, ``https://…`` or ``s3://…`` (`genomebook.book.remote`).

        Raises
        ------
        RemoteError
            If the server of the address does not give it.
        BookError
            If there is no book.
        BookFormatError
            If it has another format version.
        DamagedBookError
            If ``book.json`` is unreadable or altered. Other files are checked when used, and completely by
            `genomebook.book.verify`.
        """
        path = lay_out(path) if isinstance(path, str) and is_address(path) else Path(path)
        return cls(path, read_meta(path))

    @property
    def vocabulary(self) -> Vocabulary:
        """Vocabulary of the book."""
        return self.contents.vocabulary

    @cached_property
    def lexicon(self) -> Lexicon:
        """Tables of its words."""
        return Lexicon(
            self.folder, self.annex, self.meta.parameters.shuffle.copies, self.meta.vocabulary.digest
        )

    @cached_property
    def first_words(self) -> NDArray[np.int64]:
        """First word of each volume, then the total: int64[volumes + 1]."""
        return self.contents.firsts("words")

    @cached_property
    def blocks(self) -> int:
        """Number of blocks of `OCCURRENCE_BLOCK` words; the last may be short."""
        return -(-int(self.first_words[-1]) // OCCURRENCE_BLOCK)

    @cached_property
    def occurrences(self) -> Flat:
        """Count of each id in each block, id after id: uint16[n_ids * blocks]."""
        return self.folder.flat(OCCURRENCES, "<u2", self.meta.vocabulary.ids * self.blocks)

    def __getitem__(self, name: str) -> Volume:
        """Volume by name or alias; RegionError when there is none."""
        if name in self.volumes:
            return self.volumes[name]
        known = self.addresses.volume(name)
        return self.volumes[known] if known else self.volumes[self.addresses.parse(name).volume]

    def __iter__(self) -> Iterator[Volume]:
        """Volumes in karyotype order."""
        return iter(self.volumes.values())

    def __len__(self) -> int:
        """Count volumes."""
        return len(self.volumes)

    @property
    def has_genes(self) -> bool:
        """Whether the book has genes."""
        return GENES in self.folder

    @cached_property
    def genes(self) -> GeneNames:
        """Genes by name; empty if the book has none."""
        if not self.has_genes:
            return GeneNames(pd.DataFrame(columns=["name", "gene_id", "volume", "start", "end"], dtype="str"))
        types = {
            "name": pa.large_string(),
            "gene_id": pa.large_string(),
            "start": pa.int64(),
            "end": pa.int64(),
        }
        path = self.folder.checked(GENES)
        try:
            with path.open("rb") as file:
                table = pq.ParquetFile(file, page_checksum_verification=True).read(
                    ["volume", *types], use_threads=False
                )
            genes = table.cast(pa.schema({"volume": pa.string(), **types})).to_pandas(use_threads=False)
        except (OSError, pa.ArrowException, ValueError) as error:
            reason = " ".join(str(error).split())
            raise DamagedBookError(
                f"{path}: not readable ({reason}); restore the file or rebuild the book"
            ) from None
        return GeneNames(genes)

    @cached_property
    def annotation(self) -> Annotation | None:
        """Classes of annotation by place; None before `genomebook.pipeline.lexicon.ground.ground`."""
        annex = self.annex("ground")
        if annex is None:
            return None
        return Annotation(annex, dict(zip(self.contents.names, self.contents.lengths, strict=True)))

    @cached_property
    def levels(self) -> Levels | None:
        """Zoom levels; None before `genomebook.pipeline.overview.overview`."""
        annex = self.annex("overview")
        if annex is None:
            return None
        return Levels(annex, dict(zip(self.contents.names, self.contents.lengths, strict=True)))

    @cached_property
    def transcripts(self) -> Transcripts:
        """Transcripts of the genes; empty if the book has none."""
        lengths = dict(zip(self.contents.names, self.contents.lengths, strict=True))
        return Transcripts(self.annex("transcripts"), lengths)

    @cached_property
    def features(self) -> Features:
        """Tracks by position: repeats, CpG islands, variants and the like; empty if the book has none."""
        lengths = dict(zip(self.contents.names, self.contents.lengths, strict=True))
        return Features.open(self.annex(TRACKS), lengths)

    @cached_property
    def contigs(self) -> list[Contig]:
        """Genome location of each volume, in book order."""
        return self.contents.contigs()

    @cached_property
    def addresses(self) -> Addresses:
        """Parser and formatter of addresses, including gene names."""
        return Addresses(self.contigs, self.genes.find, self.genes.names, self.assembly)

    def region(self, address: str | Region) -> Region:
        """Region of an address, such as ``chrM:3307-4262`` (1-based inclusive) or a gene.

        Raises
        ------
        RegionError
            The book has no such region.
        """
        return address if isinstance(address, Region) else self.addresses.parse(address)

    def read(self, address: str | Region) -> str:
        """Letters of the reference in a region, case and N kept."""
        region = self.region(address)
        return self[region.volume].sequence(region.start, region.end).decode("ascii")

    def words(self, address: str | Region) -> pd.DataFrame:
        """Words that overlap a region, whole, as a table.

        Returns
        -------
        DataFrame
            start, end (0-based half-open in the volume), word (letters, case kept; empty for a gap), id,
            strength (log-odds of a sentence end after it, nats), surprisal (bits).
        """
        region = self.region(address)
        words = self[region.volume].words(region.start, region.end)
        return pd.DataFrame(
            {
                "start": words.starts,
                "end": words.ends,
                "word": words.texts(),
                "id": words.ids,
                "strength": words.strength * STRENGTH_UNIT,
                "surprisal": words.surprisal * SURPRISAL_UNIT,
            }
        )

    def sentences(self, address: str | Region) -> pd.DataFrame:
        """Sentences that overlap a region, whole, as a table.

        Returns
        -------
        DataFrame
            Columns of `Volume.sentences`, and text: the words of each, with spaces between them. The index is
            the number of the sentence in its volume, from 0.
        """
        region = self.region(address)
        volume = self[region.volume]
        rows = volume.sentences(region.start, region.end)
        spans = zip(rows["start"], rows["end"], strict=True)
        return rows.assign(text=[" ".join(volume.words(start, end).texts()) for start, end in spans])
