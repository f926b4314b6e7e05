"""Tasks of GUE, the benchmark of DNABERT-2: transcription factors, promoters, splice sites."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from genomebook.tasks.examples import split_files
from genomebook.tasks.frozen_embeddings import frozen_embeddings
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, DataSheet, Examples, Published, Task

_COMMIT = "3ec5048b3dcc68bcb1d0a144b7c038af79d52ccf"
_REPOSITORY = f"https://raw.githubusercontent.com/wds-seu/DeepGene/{_COMMIT}/data/GUE"


def gue_files(part: str, digests: dict[str, str]) -> dict[str, DataFile]:
    """Files of a task of GUE by split.

    Parameters
    ----------
    part : str
        Folder of the task.
    digests : dict of str to str
        SHA-256 of each file by split; empty for one that has not been seen here, without which the task can
        be loaded too.
    """
    return {
        split: DataFile(
            f"benchmarks/GUE/{part}/{split}.csv.gz",
            digest,
            f"{_REPOSITORY}/{part}/{split}.csv",
            f"fetch GUE/{part}/{split}.csv of DNABERT-2's GUE (Apache-2.0)",
            needed=bool(digest),
        )
        for split, digest in digests.items()
    }


def _dnabert2(value: float) -> tuple[Published, ...]:
    why = "the same files of train, dev and test; a transformer of 117 M weights, pre-trained on 135 genomes"
    return (Published("DNABERT-2", "MCC", value, "Zhou et al., ICLR 2024", True, why),)


_TF = {
    0: (71.99, "930080e019fb92961cbd71998839466c2fc4c34da8fc174999a2ed04ef46822f",
        "17ff638046d146102a86b727adc9ddead9f1f1793577a38961e1f3319da7f738",
        "d29934d0df424a91ef70f6a62671d9d1c4661b485d7010983b49c8bcfba6aeab"),
    1: (76.06, "29dc3c962cc4e4d7161238bb4d0b84583f7794b246a622f81bf30e83e3ae8685",
        "fbffd591300e9ef192d131c139322cbe8e3fb87fae4f52236f64588d3975b8d1",
        "8995d9d9176d56aa6e3a7014dfcf61ad45bc25a59fba1faca9864250ce42008a"),
    2: (66.52, "7f7483c2179242b6f42dd3578640e1496478e56e627e8fabd2ac79e088b1cbaa",
        "002168deb50cebb8dc94a9268e220d0ffa49068e4d9ae28b5873b74ba287c4a1",
        "78de7c31aea4393b98387f6768cc9144fc912c9391c6b20d27028e355a95c4f1"),
    3: (58.54, "c4191038363919af593d4f68428e00e6320e3a35902575f1c5c0828954e25a88",
        "b878776f73bd503a371d1d8c0a77058da409ff3f3799901e017f764b07a0d0ef",
        "56d8d76fdcf98c8a444b26794099ef26185872371f62a7565f602181dd533903"),
    4: (77.43, "7b43fcec55a8ae0f44e826566be776984c37200a175c684ec2e68650aebd483c",
        "4a18b9d9a6a4f77f6978d251b784ab554c127aca89c9fdb4546d81c20a47c436",
        "55f4ad82c52c7ced861c5df835e5b11e3b2b15d53f4d7743f47bda6b2844b980"),
}  # fmt: skip

_CORE = {
    "all": (69.37, "a36e0bbf2b59e01479bb904534d310041b493fec9221ccd74b518893d74054ed",
            "98dd5d2b5df3c93cad9fa0a4a36078d28fa95b7bf9ab73fb2e5ba1fa74877f2b",
            "b1babbb52abd0fb5328eccc4ce8ab60d0a58d28bdc88c30f8e2140cf1684ce0c"),
    "notata": (68.04, "78bfa494d14fa12f3a661fbd37b8d252f3cf9edf4a8f98d60832fb56e6f9aab9",
               "ced43fdbc8c76187fe0589dfeef07f4554c3374837236b80b02eea392795d548",
               "1ef44c266ca1368e8b438f6b0565b865aa203de8e1c89fc513357311b58bf97c"),
    "tata": (74.17, "6ff19d1296628f1ff30f663f154596aeda27e2c48b8d8c35926029a33c64d3fb",
             "dcacb3b86726376899ad4023339ccaae04a9150f41c34268b4ab38e447316a70",
             "35ba337b4f1f3ca53c5045d51ab6eaedbd382619527a38d4a41f5402015dbad4"),
}  # fmt: skip

_COUNTS: dict[str, dict[str, tuple[int, ...]]] = {
    "tf-0": {TRAIN: (16_205, 16_172), DEV: (483, 517), TEST: (500, 500)},
    "tf-1": {TRAIN: (15_331, 15_340), DEV: (504, 496), TEST: (500, 500)},
    "tf-2": {TRAIN: (9_507, 9_473), DEV: (492, 508), TEST: (500, 500)},
    "tf-3": {TRAIN: (13_662, 13_629), DEV: (482, 518), TEST: (500, 500)},
    "tf-4": {TRAIN: (9_505, 8_983), DEV: (495, 505), TEST: (500, 500)},
    "promoter-core-all": {TRAIN: (23_681, 23_579), DEV: (2_938, 2_974), TEST: (2_952, 2_968)},
    "promoter-core-notata": {TRAIN: (21_276, 21_116), DEV: (2_601, 2_703), TEST: (2_648, 2_659)},
    "promoter-core-tata": {TRAIN: (2_443, 2_437), DEV: (304, 307), TEST: (304, 309)},
    "promoter-proximal-all": {TRAIN: (2_662, 2_664), DEV: (312, 281), TEST: (2_940, 2_980)},
    "promoter-proximal-notata": {TRAIN: (2_395, 2_393), DEV: (286, 230), TEST: (2_625, 2_682)},
    "promoter-proximal-tata": {TRAIN: (2_448, 2_436), DEV: (290, 323), TEST: (315, 298)},
}  # fmt: skip
"""Examples of each label by task and split, as loaded."""

_BOUND = ("not bound", "bound")
_PROMOTER = ("not a promoter", "promoter")
_CORE_QUESTIONS = {
    "all": (
        "is this a core promoter?",
        "is this a promoter?",
        "core promoter or not?",
        "is this the core of a promoter?",
        "does RNA polymerase start here?",
        "does this look like a core promoter?",
    ),
    "notata": (
        "is this a core promoter without a TATA box?",
        "TATA-less core promoter",
        "does this core promoter lack a TATA box?",
    ),
    "tata": ("is this a core promoter with a TATA box?", "TATA core promoter"),
}
_PROXIMAL_QUESTIONS = {
    "all": (
        "is this a promoter?",
        "promoter or not?",
        "does a promoter lie in it?",
        "does it contain a promoter?",
        "could this be a promoter region?",
        "does this DNA start the transcription of a gene?",
    ),
    "notata": (
        "is this a promoter without a TATA box?",
        "TATA-less promoter",
        "is this a promoter that has no TATA box?",
    ),
    "tata": ("is this a promoter with a TATA box?", "TATA promoter"),
}
_KINDS = {
    "all": "any promoter",
    "notata": "promoters without a TATA box",
    "tata": "promoters with a TATA box",
}


def gue_sheet(files: dict[str, DataFile], leaks: str, counts: Mapping[str, tuple[int, ...]]) -> DataSheet:
    """Data sheet of a task of GUE."""
    return DataSheet(
        "GUE (Genome Understanding Evaluation) of DNABERT-2, human part, hg38",
        "Apache-2.0",
        True,
        tuple(files.values()),
        leaks,
        counts,
    )


def _loader(files: dict[str, DataFile], labels: tuple[str, ...]) -> Callable[[Path], Examples]:
    return partial(split_files, files, labels)


_TF_LEAKS = (
    "All sequences have 101 letters, and GC content says nothing. Seven to ten in a hundred sequences of "
    "test have a near duplicate in train."
)
_CORE_LEAKS = "All sequences have 70 letters. GC content alone reaches a good part of what is published."
_SCRAMBLED = (
    " Negatives are promoters in which pieces of 15 letters, at fixed places, were replaced by random "
    "letters. This holds for at least 46 % of the negatives of train: the promoter they were made from is in "
    "train too. So it is enough to tell random letters from those of a genome. In the set of any promoter, "
    "26 % of the test rows share 24 letters with a training row of the other label."
)


def _factor(number: int) -> Task:
    value, *digests = _TF[number]
    files = gue_files(f"tf/{number}", dict(zip((TRAIN, DEV, TEST), digests, strict=True)))
    return Task(
        f"tf-{number}",
        f"Transcription factor binding, set {number}",
        "Transcription factors",
        (
            f"is this bound by transcription factor {number}?",
            f"does a transcription factor bind here, set {number}?",
        ),
        _BOUND,
        "MCC",
        (101, 101),
        101,
        gue_sheet(files, _TF_LEAKS, _COUNTS[f"tf-{number}"]),
        _loader(files, _BOUND),
        "A transcription factor is a protein that binds short patterns of DNA and turns genes on or off. The "
        "sequences are the middle of a ChIP-seq peak of one factor, or of a place without one. GUE does not "
        "say which factor each of its five sets is.",
        _dnabert2(value),
    )


def _core(kind: str) -> Task:
    value, *digests = _CORE[kind]
    files = gue_files(f"prom/prom_core_{kind}", dict(zip((TRAIN, DEV, TEST), digests, strict=True)))
    return Task(
        f"promoter-core-{kind}",
        f"Core promoter, {_KINDS[kind]}",
        "Promoters",
        _CORE_QUESTIONS[kind],
        _PROMOTER,
        "MCC",
        (70, 70),
        70,
        gue_sheet(
            files, _CORE_LEAKS + ("" if kind == "tata" else _SCRAMBLED), _COUNTS[f"promoter-core-{kind}"]
        ),
        _loader(files, _PROMOTER),
        "The core promoter is the stretch right around the place where copying of a gene into RNA begins: "
        "here 34 letters before it and 35 after it.",
        (*_dnabert2(value), *frozen_embeddings(f"promoter-core-{kind}")),
        34,
    )


_PROXIMAL = {
    "all": ("",
            "e972638bba9bdf3d9d9f2fb94801892655c91d8cea0bf13545a9361bc183a6fc",
            "11a08b94f7e416a7e608812b74f8b5d3af4c09a6c95e996661903470ff9cc418"),
    "notata": ("",
               "33531e88069eff33019c1ff2de36bfa3d86f53d6964938a61571ea0c908588ac",
               "84f51710928ab64476f77f89d736e87e2c6e6b6f8fd54b4580156a05b8feecb0"),
    "tata": ("d0dd45bad89aee2564b8831d38a393989942d79b673203e7eb50e19ec8e6242e",
             "4de0f8163d964e4004f0a11036d9a9c5ec6fe2ad5953f962acf66150a2f44592",
             "30432e9845277559043c2bb3bfed37b9bc7efc15748880f3adeeaddc16b76deb"),
}  # fmt: skip


def _proximal(kind: str) -> Task:
    files = gue_files(f"prom/prom_300_{kind}", dict(zip((TRAIN, DEV, TEST), _PROXIMAL[kind], strict=True)))
    leaks = "All sequences have 300 letters. GC content differs much, but for promoters with a TATA box."
    if not _PROXIMAL[kind][0]:
        leaks += " Its file of train is not at hand, so nine tenths of dev are used for training."
    return Task(
        f"promoter-proximal-{kind}",
        f"Proximal promoter, {_KINDS[kind]}",
        "Promoters",
        _PROXIMAL_QUESTIONS[kind],
        _PROMOTER,
        "MCC",
        (300, 300),
        300,
        gue_sheet(files, leaks, _COUNTS[f"promoter-proximal-{kind}"]),
        _loader(files, _PROMOTER),
        "A promoter is where the copying of a gene into RNA begins: here 249 letters before the start and 50 "
        "after it.",
        frozen_embeddings(f"promoter-proximal-{kind}"),
        249,
    )


TASKS = (
    *(_factor(number) for number in _TF),
    *(_core(kind) for kind in _CORE),
    *(_proximal(kind) for kind in _PROXIMAL),
)
