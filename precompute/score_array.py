"""Job array: score a book with a neural reader, one task for each part of the work.

python precompute/score_array.py BOOK SCORES --task 0 --of 100    # and 1 to 99, anywhere, in any order
python precompute/score_array.py BOOK SCORES --join               # when all are done

Tasks share the folder SCORES.shares on a common file system. A share that is there is not scored again, so
a task that failed is simply run again. The result does not depend on the number of tasks.
score_array.sbatch runs it under Slurm.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import genomebook as gb
from genomebook.files.jobs import fresh_folder
from genomebook.models.registry import load_reader
from genomebook.pipeline.scores import Scoring, join_shares, plan_shares, score_share


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line; score the shares of one task, or join all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("book", type=Path)
    parser.add_argument("scores", type=Path)
    parser.add_argument("--reader", default="bilingual-mini")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--hidden", action="store_true", help="keep hidden states too")
    parser.add_argument("--task", type=int, default=0, help="number of this task, from 0")
    parser.add_argument("--of", type=int, default=1, help="how many tasks there are")
    parser.add_argument("--join", action="store_true", help="join the scored shares")
    options = parser.parse_args(arguments)
    if not 0 <= options.task < options.of:
        parser.error(f"--task {options.task}: tasks are numbered from 0 to {options.of - 1}")
    book = gb.open(options.book)
    reader = load_reader(options.reader, device=options.device, words=book.vocabulary)
    scoring = Scoring(book, reader, options.hidden)
    shares = plan_shares(scoring)
    folder = options.scores.with_name(f"{options.scores.name}.shares")
    folder.mkdir(parents=True, exist_ok=True)
    if not options.join:
        for share in shares[options.task :: options.of]:
            score_share(scoring, share, folder)
        return
    missing = [share.file for share in shares if not (folder / share.file).is_file()]
    if missing:
        parser.error(f"{folder}: {len(missing)} of {len(shares)} shares are missing, the first {missing[0]}")
    with fresh_folder(options.scores) as result:
        join_shares(scoring, shares, folder, result)
    shutil.rmtree(folder)
    print(f"{options.scores}: {len(shares)} shares joined")


if __name__ == "__main__":
    main()
