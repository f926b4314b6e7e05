"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genomebook.files.web import is_address
from genomebook.options import require_extra


def _book_path(text: str) -> Path:
    """Folder of a book; of a book at an address, the copy of it that is filled as it is read."""
    if not is_address(text):
        return Path(text)
    from genomebook.book.remote import lay_out

    return lay_out(text)


BookPath = Annotated[
    Path,
    typer.Argument(metavar="BOOK", help="Folder of a book.", parser=_book_path),
]
BookOrAddress = Annotated[str, typer.Argument(metavar="BOOK", help="Folder of a book, or its address.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder to make.")]
Result = Annotated[Path, typer.Option(metavar="FILE.json", help="Figures; a table goes beside it.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")]
ReaderName = Annotated[str, typer.Option("--reader", help="A shipped model, or a checkpoint folder.")]
Annotation = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="BED, narrowPeak, GFF3, GTF or UCSC table; may be repeated."),
]
English = Annotated[list[Path], typer.Option(metavar="FILE", help="Plain text or .jsonl; may be repeated.")]
Skip = Annotated[list[str] | None, typer.Option(help="Contig to leave out; may be repeated.")]
HoldOut = Annotated[
    list[str] | None, typer.Option(help="Contig for testing only, left out of training; may be repeated.")
]
Steps = Annotated[int, typer.Option(min=1, help="Steps of the optimiser.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")]
Workers = Annotated[int, typer.Option(min=0, help="Threads; 0: one per core.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads; 0: all.")]


def require_torch() -> None:
    """Check that the training libraries are installed."""
    require_extra("training", "train", "torch", "transformers", "accelerate")
