"""Make a book from nothing: download what is missing, then run every step whose inputs have changed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence

from genomebook.book.meta import read_meta
from genomebook.errors import DownloadError, GenomebookError, MissingExtraError, OptionError
from genomebook.files.atomic import existing_parent
from genomebook.files.locks import locked
from genomebook.files.progress import Advance, Stage, no_progress
from genomebook.genome.addresses import WebFile, letters_of
from genomebook.genome.download import size_of
from genomebook.genome.published import fetch_checked
from genomebook.options import require_extra
from genomebook.pipeline.make.costs import BYTES_PER_SECOND, COSTS, DOWNLOAD, StepsCourse, bytes_needed
from genomebook.pipeline.make.keys import is_done, key_of, known_annotation
from genomebook.pipeline.make.options import MakeOptions, Wanted, recorded, wanted
from genomebook.pipeline.make.state import MakeState, StepRecord
from genomebook.pipeline.make.steps import STEPS, Making, Step

UNPACKED = 4.0
"""Letters of a byte of packed FASTA, where the length of an assembly is not known."""


class Watch:
    """Who is told what `make` does; here, nobody."""

    def begin(self, step: str, what: str, number: int, of: int) -> None:
        """A step begins."""

    def stage(self, name: str, total: int) -> Advance:
        """A stage of the step begins."""
        return no_progress

    def end(self, step: str, how: str, seconds: float) -> None:
        """A step ends: ``done``, ``failed``, ``left out``."""

    def course(self, share: float, left: float | None) -> None:
        """How far everything is: its share that is done, and the seconds left."""

    def note(self, line: str) -> None:
        """Something that a person should know."""


class MakeResult:
    """What came of it: the steps that ran, and a line for each thing that went wrong."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.failures: list[str] = []


def make(options: MakeOptions, watch: Watch | None = None) -> MakeResult:
    """Make a book, or what is still missing of it.

    A step is done when it ended well from the same inputs and options, and what it made is still there. The
    sequence, the genes and the build are needed; when anything else fails, the rest goes on, and the failure
    is reported at the end.

    Parameters
    ----------
    options : MakeOptions
        What to make.
    watch : Watch, optional
        Told of everything.

    Returns
    -------
    MakeResult
        Steps that ran, and failures.

    Raises
    ------
    OptionError
        When the table does not have what is asked for, or something else lies where the book should.
    DownloadError
        When the sequence or the genes cannot be had.
    BookError
        When another command is making this book.
    GenomebookError
        When the book cannot be built.
    OSError
        When writing fails; the same call goes on.
    """
    files = wanted(options)
    state = MakeState(options.book)
    with locked(state.folder):
        state = MakeState(options.book)  # as it is now that nobody else can change it
        run = _MakeRun(options, files, state, watch or Watch())
        try:
            return run.all()
        finally:
            state.forget_now()


class _MakeRun:
    """One run of `make`."""

    def __init__(self, options: MakeOptions, files: Wanted, state: MakeState, watch: Watch) -> None:
        self.options, self.files, self.state, self.watch = options, files, state, watch
        self.made = MakeResult()
        self.steps = [step for name, step in STEPS.items() if name not in options.skip]
        self.course = StepsCourse({}, self._told)

    def all(self) -> MakeResult:
        _check_place(self.options, self.state)
        self.state.record.options = recorded(self.options)
        self.state.downloads.mkdir(exist_ok=True)
        missing = self._missing()
        self._plan(missing)
        self.state.save()
        if missing:
            self._download(missing)
        making = self._making()
        for number, step in enumerate(self.steps, 2):
            if not is_done(step, making):
                self._step(step, making, number)
        return self.made

    def _told(self, step: str, share: float, left: float | None) -> None:
        self.watch.course(self.course.share, left)
        self.state.note(step, share, left)

    def _making(self) -> Making:
        known = known_annotation(self.files, self.state)
        return Making(self.options, self.files, self.state, known, self.watch.note)

    def _missing(self) -> list[WebFile]:
        """Files to download: those never had, and those gone that a step still needs."""
        making = self._making()
        left = [step for step in self.steps if not is_done(step, making)]
        reads = {name for step in left for name in step.files(making)}
        files: list[WebFile] = []
        for file in self.files.sequence:
            gone = not self.state.is_here(file.name, file.url)
            if self.state.known(file.name, file.url) is None or (
                gone and any(s.name == "build" for s in left)
            ):
                files.append(file)
        for name, track in self.files.annotation.items():
            gone = not self.state.is_here(track.name, track.url)
            if self.state.known(track.name, track.url) is None or (gone and name in reads):
                files.append(track)
        return files

    def _plan(self, missing: Sequence[WebFile]) -> None:
        """Estimate what is left, and refuse to begin what the disk will not hold."""
        sizes = {file.url: file.bytes or size_of(file.url) for file in missing}
        making = self._making()
        if not is_done(STEPS["build"], making):
            packed = sum(sizes.get(file.url, 0) for file in self.files.sequence)
            known = letters_of(self.files.assembly, self.files.chromosomes)
            self.state.record.letters = known or int(UNPACKED * packed)
        letters = self.state.record.letters
        left = [step.name for step in self.steps if not is_done(step, making)]
        expected = {name: COSTS[name].seconds(letters) for name in left}
        if missing:
            expected = {DOWNLOAD: 1 + sum(sizes.values()) / BYTES_PER_SECOND, **expected}
        self.course = StepsCourse(expected, self._told)
        begun = sum(
            part.stat().st_size
            for file in missing
            if (part := self.state.place(f"{file.name}.part")).is_file()
        )
        download = max(sum(sizes.values()) - begun, 0)
        rest = bytes_needed(left, letters)
        free = shutil.disk_usage(existing_parent(self.options.book)).free
        if download + rest > free:
            raise OptionError(
                f"{self.options.book}: needs about {_gb(download + rest)} ({_gb(download)} to download, "
                f"{_gb(rest)} for the book and its index), the disk has {_gb(free)} free; make room there or "
                "choose another -o"
            )

    def _download(self, missing: Sequence[WebFile]) -> None:
        began = time.monotonic()
        self.watch.begin(DOWNLOAD, "get the sequence and its annotation", 1, len(self.steps) + 1)
        self.course.begin(DOWNLOAD)
        needed = {file.url for file in (*self.files.sequence, *self.files.genes.values())}
        for file in missing:
            advance: Advance | None = None
            seen = 0

            def report(done: int, total: int, name: str = file.name) -> None:
                nonlocal advance, seen
                advance = advance or self.course.stage(1 / len(missing), total, self.watch.stage(name, total))
                advance(done - seen)
                seen = done

            try:
                _, checked = fetch_checked(file, self.state.downloads, report)
            except DownloadError as error:
                if file.url in needed:
                    raise
                self._failed(str(error))
                continue
            self.state.downloaded(file.name, file.url, checked)
            if checked == "length only":
                self.watch.note(f"{file.name}: no checksum is published for it; its length was checked")
        self.made.ran.append(DOWNLOAD)
        self.course.end()
        self.watch.end(DOWNLOAD, "done", time.monotonic() - began)

    def _failed(self, line: str) -> None:
        self.made.failures.append(line)
        self.watch.note(line)

    def _step(self, step: Step, making: Making, number: int) -> None:
        began, key = time.monotonic(), key_of(step, making)
        self.watch.begin(step.name, step.what, number, len(self.steps) + 1)
        self.course.begin(step.name)
        before = self.state.record.steps.get(step.name)
        self.state.resumes = before is not None and (before.state, before.key) == ("begun", key)
        self.state.record.steps[step.name] = StepRecord("begun", key, made=before.made if before else "")
        self.state.save()
        how, why = "done", ""
        try:
            if step.name == "atlas":
                require_extra("the atlas", "lexicon", "umap")
            step.run(making, self._stages(step))
        except MissingExtraError as error:
            how, why = "left out", str(error)
            self.watch.note(f"{step.name} is left out: {error}")
        except GenomebookError as error:
            if step.name == "build":
                raise
            how, why = "failed", str(error)
            self._failed(f"{step.name}: {error}")
        seconds = time.monotonic() - began
        made = read_meta(self.options.book).digest if step.name == "build" else ""
        self.state.record.steps[step.name] = StepRecord(how, key, round(seconds, 1), why, made)  # type: ignore[arg-type]
        if step.name == "build":
            self._learn(read_meta(self.options.book).counts.letters)
        self.state.save()
        self.made.ran.append(step.name)
        self.course.end()
        self.watch.end(step.name, how, seconds)

    def _learn(self, letters: int) -> None:
        """Expect of the later steps what they cost for the letters that there really are."""
        self.state.record.letters = letters
        self.course.expect({step.name: COSTS[step.name].seconds(letters) for step in self.steps[1:]})

    def _stages(self, step: Step) -> Stage:
        shares = COSTS[step.name].stages

        def stage(name: str, total: int) -> Advance:
            return self.course.stage(shares.get(name, 0.0), total, self.watch.stage(name, total))

        return stage


def _check_place(options: MakeOptions, state: MakeState) -> None:
    """Refuse to replace a book that this command did not make, or made with other options."""
    book = options.book
    if not book.exists():
        return
    build = state.record.steps.get("build")
    try:
        own = build is not None and read_meta(book).digest == build.made
    except GenomebookError as error:
        if options.replace:
            return
        raise OptionError(f"{book}: lies there and is no whole book ({error}); choose another -o") from None
    if options.replace:
        return
    if not own:
        raise OptionError(
            f"{book}: was not made by this command; choose another -o, or give --replace to make it anew"
        )
    before, now = state.record.options, recorded(options)
    names = ("assembly", "chromosomes", "source", "words")
    changed = [f"--{name}" for name in names if before and getattr(before, name) != getattr(now, name)]
    if changed:
        raise OptionError(
            f"{book}: was made with another {', '.join(changed)}; choose another -o, or give --replace to "
            "make it anew"
        )


def _gb(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
