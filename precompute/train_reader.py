"""Train a reader: corpus, pretraining, boundaries learnt in English, export.

python precompute/train_reader.py work --dna GRCh38.fa.gz --english books.jsonl.gz --hold-out chr22

Run it again after an interruption: finished folders are kept, and pretraining resumes from its last save.
On several GPUs start it with ``accelerate launch``. The reader is in work/reader.

To train a reader further, on pairs of sequence and description too (``genomebook pairs`` makes them):

python precompute/train_reader.py work ... --start bilingual-mini/ --pairs pairs.jsonl --pairs-share 0.25
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from genomebook.training.boundaries.heads import BoundaryTuning
from genomebook.training.boundaries.train import boundaries
from genomebook.training.corpora.corpus import Corpus, CorpusSources, documents, is_held_out, make_corpus
from genomebook.training.pretraining.pretrain import ModelSetup, PretrainingSchedule, pretrain
from genomebook.training.pretraining.sizes import read_size
from genomebook.training.shipping.export import ship


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, run the stages that are not done yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--dna", type=Path, action="append", required=True)
    parser.add_argument("--english", type=Path, action="append", required=True)
    parser.add_argument("--skip", action="append", default=[], help="contig to leave out")
    parser.add_argument("--hold-out", action="append", default=[], help="contig to test on")
    parser.add_argument("--words", default="words-4096")
    parser.add_argument("--size", default="mini", help="of sizes.toml, or FILE.toml:NAME")
    parser.add_argument("--start", type=Path, help="checkpoint to start from; its vocabularies are kept")
    parser.add_argument("--pairs", type=Path, action="append", default=[], help="pairs of sequence and text")
    parser.add_argument("--pairs-share", type=float, default=0.0, help="share of windows that are pairs")
    parser.add_argument("--dna-share", type=float, default=0.5, help="share of windows that are DNA")
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=16, help="windows in a step")
    parser.add_argument("--english-size", type=int, default=6144, help="ids of the English BPE")
    parser.add_argument("--boundary-steps", type=int, default=600)
    options = parser.parse_args(arguments)
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "corpus").exists():
        sources = CorpusSources(
            tuple(options.dna), tuple(options.english), tuple(options.skip), tuple(options.hold_out),
            tuple(options.pairs), options.start,
        )  # fmt: skip
        make_corpus(
            sources, work / "corpus", words=options.words, kind="two-script",
            english_size=options.english_size, one_script=False, stage=lambda name, total: lambda done: None,
        )  # fmt: skip
    corpus = Corpus(work / "corpus")
    if not (work / "pretrained" / "reader.json").exists():
        shape = ModelSetup("causal", read_size(options.size), options.start)
        schedule = PretrainingSchedule(
            options.steps, options.rows, options.dna_share, options.rate, pairs_share=options.pairs_share
        )
        pretrain(corpus, work / "pretrained", shape, schedule, print)
    if not (work / "tuned" / "reader.json").exists():
        texts = [text for path in options.english for text in documents(path)]
        train, test = ([text for text in texts if is_held_out(text) == held] for held in (False, True))
        tuning = BoundaryTuning(steps=options.boundary_steps, rows=options.rows, dna_share=0.25)
        boundaries(
            work / "pretrained", train, test, corpus.tokens("dna", "train"), output=work / "tuned",
            result=work / "boundaries.json", tuning=tuning, seed=0, report=print,
        )  # fmt: skip
    if not (work / "reader").exists():
        ship(work / "tuned", work / "reader")
    print(f"{work / 'reader'}: trained; build or score a book with --reader {work / 'reader'}")


if __name__ == "__main__":
    main()
