"""Every error a user can cause: one line that names the place and the remedy.

The command line prints the message and exits with code 2; the app shows it in the page.
"""

from __future__ import annotations

from collections.abc import Iterable


class GenomebookWarning(UserWarning):
    """Something a user should know though all went on: one line; the command line prints it as a note."""


class GenomebookError(Exception):
    """Base class of all errors that are the input's fault, not the program's."""


class OptionError(GenomebookError):
    """An option or argument whose value is not possible, on the command line or in Python."""


class MissingExtraError(GenomebookError):
    """Optional packages that are not installed.

    Parameters
    ----------
    purpose : str
        What needs them.
    missing : iterable of str
        Names of the packages.
    extra : str
        The extra of genomebook that installs them.
    """

    def __init__(self, purpose: str, missing: Iterable[str], extra: str) -> None:
        super().__init__(f"{purpose} needs {', '.join(missing)}: pip install 'genomebook[{extra}]'")


class FastaError(GenomebookError):
    """A sequence file that is not usable: wrong letters, duplicate names, cut short, empty."""


class RegionError(GenomebookError):
    """An address (region string or gene name) that this book does not have."""


class AnnotationError(GenomebookError):
    """A gene or track file that cannot be read or does not fit the book."""


class VocabularyError(GenomebookError):
    """A vocabulary that is missing, damaged, or not the one that made the words."""


class CorpusError(GenomebookError):
    """A training corpus that is missing, damaged, or too small for what is asked of it."""


class ReaderError(GenomebookError):
    """A reader (scoring model) that is missing, damaged, or does not fit the vocabulary."""


class BookError(GenomebookError):
    """A book that cannot be opened, built or verified."""


class DamagedBookError(BookError):
    """A book one of whose files is missing, cut short or altered; the message names the file."""


class RemoteError(BookError):
    """A book on the web or in object storage that cannot be had: forbidden, absent, no answer."""


class BusyError(BookError):
    """A folder that another process is writing to."""


class BookFormatError(BookError):
    """A book written in a format version that this program does not read."""


class SharesError(GenomebookError):
    """A plan of shares, or a share of it, that is missing, damaged, or made by another version or input."""


class SearchError(GenomebookError):
    """A query that cannot be searched for in the book or the lexicon: not DNA, too long, empty."""


class SequenceError(GenomebookError):
    """A sequence that cannot be asked about: protein, empty, too long, all N."""


class QuestionError(GenomebookError):
    """A question that is not understood; the message says what can be asked."""


class DownloadError(GenomebookError):
    """A download that failed or whose checksum differs from the one expected."""


class ChecksumError(DownloadError):
    """A download whose checksum differs from the one expected."""


class TaskError(GenomebookError):
    """A task of Ask that is unknown, or whose data are missing, altered or not what its loader expects."""
