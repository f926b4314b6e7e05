"""How the constants of the signals were set.

Run ``python -m benchmarks.segmentation.calibrate FASTA --track BED --letters SAFETENSORS -o JSON``.

Words and letters are counted on one part of the training sequence and signals measured on another, since
text is less surprising to a reader that has counted it. *transfer* and *switch* are log-odds already and
keep a slope of 1; of the others one standard deviation becomes one nat. The offset is the one at which
sentences and paragraphs are as long as the English ones of `genomebook.segmentation.priors`. *combined* is a
logistic regression: is there an edge of the track (repeats) within 10 letters of this gap? Its target is the
only place where annotation enters. Nothing here sees chromosomes 1 and 21, nor chr2:1-2333275.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.positions import is_near
from genomebook.annotation.tracks import AnnotationTrack, edges, read_tracks
from genomebook.book.schema import STRENGTH_UNIT
from genomebook.files.atomic import aside
from genomebook.genome.fasta import Genome, Record, unpack
from genomebook.genome.regions import Contig
from genomebook.genome.stretches import starts_of
from genomebook.language.alphabet import GAP
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.letters import Letters
from genomebook.models.ngram import NgramReader
from genomebook.models.registry import load_reader
from genomebook.segmentation import signals
from genomebook.segmentation.boundaries import word_ends
from genomebook.segmentation.decode import segment
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE
from genomebook.segmentation.scorer import BoundaryScorer
from genomebook.segmentation.signals import Calibration, Scale

LOG_ODDS = ("transfer", "switch")
"""Signals that are log-odds already."""

NEAR = 10
"""Letters from an edge within which a gap between words is called an edge."""


class CalibrationSample:
    """Words of some records, parted by gaps, and what is measured on them."""

    def __init__(
        self, records: Mapping[str, NDArray[np.uint8]], encoder: Encoder, tracks: list[AnnotationTrack]
    ) -> None:
        ids: list[NDArray[np.uint16]] = []
        label: list[NDArray[np.float64]] = []
        for name, letters in records.items():
            words = encoder.encode(letters)
            volume = _Sized(name, len(letters))
            places = np.concatenate([np.empty(0, np.int64), *(edges(track, volume) for track in tracks)])
            ends = word_ends(words, letters, encoder.vocabulary)
            near = is_near(ends, np.unique(places), NEAR) if len(places) else np.full(len(words), np.nan)
            ids += [words, np.array([GAP], np.uint16)]
            label += [near.astype(np.float64), np.array([np.nan])]
        self.ids = np.concatenate(ids)
        self.label = np.concatenate(label)
        self.is_gap = self.ids == GAP
        self.breaks = (self.is_gap | np.append(self.is_gap[1:], True)).astype(np.uint8)

    def ends(self, units: NDArray[np.int8], prior: NDArray[np.int32]) -> NDArray[np.int64]:
        """Sentence ends, gaps left out."""
        ends = segment(units.astype(np.int32), self.breaks, prior)
        kept: NDArray[np.int64] = ends[~self.is_gap[starts_of(ends)]]
        return kept


class _Sized:
    def __init__(self, name: str, length: int) -> None:
        self.name, self.length = name, length


def find_scale(raw: NDArray[np.float64], sample: CalibrationSample, as_it_is: bool = False) -> Scale:
    """Find slope and offset of both levels; the English mean lengths decide the offsets.

    Parameters
    ----------
    raw : float64[n, 2]
        Raw signals of the sample's words.
    sample : CalibrationSample
        The words.
    as_it_is : bool
        Slope 1; else one over the standard deviation.
    """
    inner = sample.breaks == 0
    spread = raw[inner].std(axis=0)
    slopes = (1.0, 1.0) if as_it_is else (round(float(1 / spread[0]), 6), round(float(1 / spread[1]), 6))
    centre = -raw[inner].mean(axis=0) * slopes

    def scaled(sentence: float, paragraph: float) -> NDArray[np.int8]:
        return Scale(slopes, (centre[0] + sentence, centre[1] + paragraph)).units(raw)

    n_words = int((~sample.is_gap).sum())

    def words_per_sentence(offset: float) -> float:
        return n_words / len(sample.ends(scaled(offset, 0)[:, 0], SENTENCE.units()))

    first = _bisect(words_per_sentence, SENTENCE.mean())
    ends = sample.ends(scaled(first, 0)[:, 0], SENTENCE.units())

    def sentences_per_paragraph(offset: float) -> float:
        strength = scaled(first, offset)[ends - 1, 1].astype(np.int32)
        return len(ends) / len(segment(strength, sample.breaks[ends - 1], PARAGRAPH.units()))

    second = _bisect(sentences_per_paragraph, PARAGRAPH.mean())
    offsets = (round(float(centre[0]) + first, 4), round(float(centre[1]) + second, 4))
    return Scale(slopes, offsets)


def _bisect(mean_length: Callable[[float], float], wanted: float) -> float:
    """Offset in steps of `STRENGTH_UNIT` at which lengths fall to the wanted mean."""
    low, high = -40.0, 40.0
    while high - low > STRENGTH_UNIT:
        middle = (low + high) / 2
        low, high = (low, middle) if mean_length(middle) < wanted else (middle, high)
    return high


def logistic(x: NDArray[np.float64], y: NDArray[np.float64], ridge: float = 1.0) -> NDArray[np.float64]:
    """Weights float64[d + 1] (the last is the constant) of a logistic regression, by Newton's method."""
    x = np.column_stack([x, np.ones(len(x))])
    weight = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ weight))
        curvature = (x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(weight))
        weight += np.linalg.solve(curvature, x.T @ (y - p) - ridge * weight)
    return weight


def calibrate(
    counted: Mapping[str, NDArray[np.uint8]],
    measured: Mapping[str, NDArray[np.uint8]],
    tracks: list[AnnotationTrack],
    words: str,
    reader: str,
) -> tuple[Calibration, dict[str, float]]:
    """Set the constants.

    Parameters
    ----------
    counted, measured : mapping of str to uint8[n]
        Letters by record: counted for the tables; measured on.
    tracks : list of AnnotationTrack
        What the combination learns from; records without its edges are left out of the fit.
    words, reader : str
        Vocabulary; neural reader.

    Returns
    -------
    Calibration, dict
        The constants; figures of the fit.
    """
    vocabulary = load_vocabulary(words)
    encoder = Encoder(vocabulary)
    chunks = ([encoder.encode(letters)] for letters in counted.values())
    ngram = NgramReader.count("calibration", vocabulary, chunks)
    letters = Letters.count("calibration", counted.values())
    neural = load_reader(reader, threads=4)
    sample = CalibrationSample(measured, encoder, tracks)
    scorer = BoundaryScorer(vocabulary, ngram, letters, neural, Calibration({}, {}))
    _, raw = scorer.raw(sample.ids, np.flatnonzero(sample.is_gap), 0, len(sample.ids))
    scales = {name: find_scale(values, sample, name in LOG_ODDS) for name, values in raw.items()}
    units = {name: scales[name].units(values) for name, values in raw.items()}
    known = (sample.breaks == 0) & np.isfinite(sample.label)
    weights, figures = {}, {"words": float(len(sample.ids)), "fitted": float(known.sum())}
    for name, parts in (("combined", ("surprise", "switch")), ("combined+", tuple(raw))):
        x = np.stack([units[part][known, 1] * STRENGTH_UNIT for part in parts], axis=1)
        found = logistic(x, sample.label[known])
        weights[name] = {part: round(float(w), 4) for part, w in zip(parts, found, strict=False)}
        total = signals.combined(units, weights[name])
        scales[name] = find_scale(total, sample)
    return Calibration(scales, weights), figures


def _records(
    fasta: Path, skip: set[str], measure: set[str]
) -> tuple[dict[str, NDArray[np.uint8]], dict[str, NDArray[np.uint8]], list[Contig]]:
    """Letters of the records to count and of those to measure on."""
    counted: dict[str, NDArray[np.uint8]] = {}
    measured: dict[str, NDArray[np.uint8]] = {}
    contigs: list[Contig] = []
    with TemporaryDirectory() as folder:
        records: list[Record] = unpack(fasta, Path(folder))
        with Genome(Path(folder)) as genome:
            for record in records:
                if record.contig in skip:
                    continue
                letters = np.array(genome.letters(record.name))
                (measured if record.contig in measure else counted)[record.name] = letters
                if record.contig in measure:
                    contigs.append(Contig(record.name, record.length, record.contig, record.origin))
    return counted, measured, contigs


def main() -> None:
    """Read the command line, write the constants and the table of letters."""
    parser = argparse.ArgumentParser(
        description="Set the constants of the signals; count the letters that ship."
    )
    parser.add_argument("fasta", type=Path)
    parser.add_argument("--track", type=Path, required=True)
    parser.add_argument("--skip", nargs="*", default=["chr1", "chr2", "chr21"])
    parser.add_argument("--measure", nargs="*", default=["chr6", "chr22"])
    parser.add_argument("--words", default="words-4096")
    parser.add_argument("--reader", default="bilingual-mini")
    parser.add_argument("--letters", type=Path, required=True, help="safetensors file of counts to write")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    counted, measured, contigs = _records(options.fasta, set(options.skip), set(options.measure))
    Letters.count("letters", [*counted.values(), *measured.values()]).write(options.letters)
    tracks = read_tracks(options.track, contigs)
    found, figures = calibrate(counted, measured, tracks, options.words, options.reader)
    content = {
        "format": "genomebook-signals-1",
        "measured_on": sorted(measured),
        "scales": {n: {"slope": s.slope, "offset": s.offset} for n, s in found.scales.items()},
        "weights": found.weights,
    }
    with aside(options.output) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({**content, **figures}, indent=1))


if __name__ == "__main__":
    main()
