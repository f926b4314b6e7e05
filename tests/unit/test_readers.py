"""Readers: windows without seams, the same bits however a run is shared out, damaged checkpoints refused."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load_file

from genomebook.errors import OptionError, ReaderError
from genomebook.models.anchors import AnchoredPlan
from genomebook.models.batches import CallRows
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.reader import Reader, Scores
from genomebook.models.registry import load_reader
from genomebook.models.torch_reader import TorchReader
from genomebook.models.windows import WindowPlan, WordStream
from genomebook.training.shipping.export import add_graph
from tests.support.checkpoints import LOOKAHEAD, WIDTH, WINDOW, dna, scripts, tiny

SAYS = scripts().first_english
"""Words of English do not compete for a word of DNA."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A causal and a masked checkpoint with graphs; read only."""
    base = tmp_path_factory.mktemp("readers")
    made = {kind: tiny(base / kind, kind) for kind in ("causal", "masked")}
    for folder in made.values():
        add_graph(folder)
    return made


def readers(folder: Path) -> dict[str, Reader]:
    """A reader of each runtime, torch in padded batches among them (the way of a GPU)."""
    return {
        "onnx": load_reader(folder, runtime="onnx"),
        "onnx in threads": load_reader(folder, runtime="onnx", threads=3),
        "torch": load_reader(folder, runtime="torch"),
        "torch in batches": TorchReader(open_checkpoint(folder), budget=3 * WINDOW),
    }


def parts(scores: Scores) -> list[NDArray[np.float32]]:
    return [part for part in scores if part is not None]


# windows


@given(length=st.integers(1, 3000), quarter=st.integers(1, 40), looks_ahead=st.booleans())
def test_every_position_is_scored_once_with_half_a_window_before_it(
    length: int, quarter: int, looks_ahead: bool
) -> None:
    window = 4 * quarter
    after = quarter if looks_ahead else 0
    plan = WindowPlan(length, window, after)
    scored = np.zeros(length, int)
    for number in range(len(plan)):
        start, end, first, last = plan[number]
        assert 0 <= start <= first < last <= end <= length
        assert end - start <= window
        assert start % plan.step == 0
        assert first - start >= window // 2 or start == 0
        assert end - last >= after or end == length
        scored[first:last] += 1
        assert plan.numbers(first, last) == range(number, number + 1)
    assert (scored == 1).all()


@given(data=st.data(), length=st.integers(1, 900), window=st.sampled_from([8, 16, 64]))
def test_windows_of_a_share_are_those_that_score_it(data: st.DataObject, length: int, window: int) -> None:
    plan = WindowPlan(length, window)
    first = data.draw(st.integers(0, length))
    last = data.draw(st.integers(first, length))
    needed = [n for n in range(len(plan)) if max(plan[n].first, first) < min(plan[n].last, last)]
    assert list(plan.numbers(first, last)) == needed


# scores


def plain(folder: Path, run: NDArray[np.uint16]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Surprisal and boundary by their definition: each word from the window that the plan names, alone."""
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(folder).eval()
    heads = load_file(folder / "boundaries.safetensors")
    end = scripts().mark("<end>")
    stream = [end, *run.tolist(), *[end] * LOOKAHEAD]
    plan = AnchoredPlan(WordStream(run, SAYS, end, LOOKAHEAD).ids, len(stream), WINDOW)
    surprisal, boundary = [], []
    for word in range(len(run)):
        for place, kept in ((word + 1, surprisal), (word + 1 + LOOKAHEAD, boundary)):
            (window,) = plan.windows(place, place + 1)
            start = window.start
            seen = torch.tensor([stream[start : place + 1]])
            with torch.inference_mode():
                states = model.transformer(seen).last_hidden_state[0]
                if kept is surprisal:
                    odds = torch.log_softmax(model.lm_head(states[-2])[:SAYS], -1)
                    kept.append(-odds[stream[place]].item() / np.log(2))
                else:
                    kept.append((heads["weight"] @ states[-1].numpy() + heads["bias"]).tolist())
    return np.array(surprisal), np.array(boundary)


def test_scores_are_those_of_the_model_by_definition(folders: dict[str, Path]) -> None:
    run = dna(150, seed=3)
    surprisal, boundary = plain(folders["causal"], run)
    for name, reader in readers(folders["causal"]).items():
        found = reader.score(run)
        assert found.surprisal is not None, name
        assert found.boundary is not None, name
        assert found.hidden is None
        np.testing.assert_allclose(found.surprisal, surprisal, atol=1e-3, err_msg=name)
        np.testing.assert_allclose(found.boundary, boundary, atol=1e-3, err_msg=name)


def test_masked_surprisal_hides_the_word(folders: dict[str, Path]) -> None:
    from transformers import BertForMaskedLM

    run = dna(40, seed=4)  # with <end> and <end> once: a single window
    model = BertForMaskedLM.from_pretrained(folders["masked"]).eval()
    ids = np.array([scripts().mark("<end>"), *run])
    expected = []
    for place in range(1, 41):
        hide = (np.arange(41) % 8 == place % 8) & (np.arange(41) > 0)
        seen = torch.tensor(np.where(hide, scripts().mark("<mask>"), ids))[None]
        with torch.inference_mode():
            odds = torch.log_softmax(model(seen).logits[0, place, :SAYS], -1)
        expected.append(-odds[ids[place]].item() / np.log(2))
    for name, reader in readers(folders["masked"]).items():
        found = reader.score(run, hidden=True)
        assert found.boundary is None
        assert found.surprisal is not None
        np.testing.assert_allclose(found.surprisal, expected, atol=1e-3, err_msg=name)


@pytest.mark.parametrize("kind", ["causal", "masked"])
@pytest.mark.parametrize("n", [1, 5, WINDOW - 1, WINDOW, 3 * WINDOW + 7])
def test_runtimes_agree(folders: dict[str, Path], kind: str, n: int) -> None:
    run = dna(n, seed=n)
    expected = parts(readers(folders[kind])["torch"].score(run, hidden=True))
    for name, reader in readers(folders[kind]).items():
        assert reader.gives == {"surprisal", "hidden"} | ({"boundary"} if kind == "causal" else set())
        found = parts(reader.score(run, hidden=True))
        assert [len(part) for part in found] == [n] * len(expected)
        for one, other in zip(found, expected, strict=True):
            assert one.dtype == np.float32
            np.testing.assert_allclose(one, other, atol=1e-3, err_msg=name)


@pytest.mark.parametrize("kind", ["causal", "masked"])
@pytest.mark.parametrize("name", ["onnx", "onnx in threads", "torch", "torch in batches"])
def test_shares_have_the_bits_of_the_whole(folders: dict[str, Path], kind: str, name: str) -> None:
    reader, run = readers(folders[kind])[name], dna((7 if kind == "causal" else 3) * WINDOW + 3)
    whole = parts(reader.score(run, hidden=True))
    rng = np.random.default_rng(0)
    edges = [0, 1, 2, *sorted(rng.choice(len(run), 6, replace=False).tolist()), len(run), len(run)]
    shares = [reader.score(run, a, b, hidden=True) for a, b in pairwise(edges)]
    for number, part in enumerate(whole):
        joined = np.concatenate([parts(share)[number] for share in shares[1:]])
        assert np.array_equal(joined, part[1:]), number
        assert np.array_equal(parts(shares[0])[number], part[:1])


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_the_rows_of_a_batch_change_no_bit(folders: dict[str, Path], kind: str) -> None:
    run = dna(6 * WINDOW)
    budgets = (1, 2 * WINDOW, 5 * WINDOW, 1 << 16)
    made = [TorchReader(open_checkpoint(folders[kind]), budget=budget) for budget in budgets]
    alone, *others = (reader.score(run, hidden=True) for reader in made)
    for other in others:
        for part, wanted in zip(parts(other), parts(alone), strict=True):
            assert part.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_a_window_always_runs_in_the_same_shape(folders: dict[str, Path], kind: str) -> None:
    """What keeps bits the same: kernels add in another order in another shape."""
    seen: dict[bytes, set[tuple[int, int, bool]]] = {}
    sizes: set[int] = set()

    class Watched(TorchReader):
        def outputs(self, rows: CallRows, want: frozenset[str]) -> dict[str, NDArray[np.float32]]:
            assert rows.ids.numel() <= 3 * WINDOW
            sizes.add(len(rows.numbers))
            for row in range(len(rows.numbers)):
                key = rows.ids[row].numpy().tobytes() + rows.asked[row].numpy().tobytes()
                seen.setdefault(key, set()).add((rows.ids.shape[1], rows.asked.shape[1], rows.whole))
            return super().outputs(rows, want)

    reader, run = Watched(open_checkpoint(folders[kind]), budget=3 * WINDOW), dna(5 * WINDOW)
    for first, last in ((0, len(run)), (100, 250), (170, 171), (200, len(run))):
        reader.score(run, first, last)
    assert len(seen) > 8
    assert {len(shapes) for shapes in seen.values()} == {1}
    assert len(sizes) > 1


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_out_of_memory_the_batch_is_halved_and_the_bytes_stay(folders: dict[str, Path], kind: str) -> None:
    tried: list[int] = []

    class Small(TorchReader):
        def outputs(self, rows: CallRows, want: frozenset[str]) -> dict[str, NDArray[np.float32]]:
            tried.append(rows.ids.numel())
            if rows.ids.numel() > 2 * WINDOW:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().outputs(rows, want)

    run = dna(20 * WINDOW)
    wanted = TorchReader(open_checkpoint(folders[kind]), budget=1 << 16).score(run, hidden=True)
    reader = Small(open_checkpoint(folders[kind]), budget=1 << 16)
    for _ in range(2):
        for part, other in zip(parts(reader.score(run, hidden=True)), parts(wanted), strict=True):
            assert part.tobytes() == other.tobytes()
    assert reader.budget < 4 * WINDOW
    assert sum(size > 2 * WINDOW for size in tried) < 8, "a size that failed is not tried again"

    class Full(TorchReader):
        def outputs(self, rows: CallRows, want: frozenset[str]) -> dict[str, NDArray[np.float32]]:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(ReaderError, match="device cpu: its memory does not hold a window of 64 words"):
        Full(open_checkpoint(folders[kind]), budget=1 << 16).score(run)


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_a_window_that_is_no_multiple_of_the_padding(tmp_path: Path, kind: str) -> None:
    folder = tiny(tmp_path / kind, kind, window=40)
    run = dna(100)
    graph = load_reader(add_graph(folder).parent, runtime="onnx").score(run, hidden=True)
    for part, other in zip(
        parts(TorchReader(open_checkpoint(folder), budget=200).score(run, hidden=True)),
        parts(graph),
        strict=True,
    ):
        assert np.abs(part - other).max() < 1e-3


def test_threads_that_share_a_reader_do_not_disturb_each_other(folders: dict[str, Path]) -> None:
    reader = load_reader(folders["causal"], runtime="onnx")
    runs = [dna(300, seed) for seed in range(6)]
    expected = [reader.score(run).surprisal for run in runs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda run: reader.score(run).surprisal, runs * 3))
    for one, other in zip(found, expected * 3, strict=True):
        assert np.array_equal(one, other)


def test_what_is_not_asked_changes_nothing(folders: dict[str, Path]) -> None:
    for reader in readers(folders["causal"]).values():
        run = dna(200)
        whole, some = reader.score(run, hidden=True), reader.score(run, surprisal=False)
        assert some.surprisal is None
        assert some.hidden is None
        np.testing.assert_array_equal(some.boundary, whole.boundary)


def test_a_passage_has_its_scores_wherever_its_words_lie_in_memory(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    run = dna(500)
    run.astype("<u2").tofile(tmp_path / "words.u16")
    reader = load_reader(folders["causal"])
    mapped = np.memmap(tmp_path / "words.u16", "<u2", "r")
    assert np.array_equal(reader.score(mapped, 100, 140).boundary, reader.score(run, 100, 140).boundary)


def test_nothing_to_score(folders: dict[str, Path]) -> None:
    for kind, count in (("causal", 3), ("masked", 2)):
        for reader in readers(folders[kind]).values():
            for run, first in ((dna(0), 0), (dna(90), 90), (dna(90), 7)):
                found = parts(reader.score(run, first, first, hidden=True))
                assert [len(part) for part in found] == [0] * count


# what a reader says of itself


def test_name_digest_and_sizes(folders: dict[str, Path], tmp_path: Path) -> None:
    reader = load_reader(folders["causal"])
    assert type(reader).__name__ == "OnnxReader"
    assert (reader.name, reader.width, reader.window) == ("tiny-causal", WIDTH, WINDOW)
    assert reader.words == scripts().words.digest
    assert reader.digest == load_reader(shutil.copytree(folders["causal"], tmp_path / "copy")).digest
    others = [load_reader(folders["masked"]), load_reader(folders["causal"], runtime="torch")]
    others.append(load_reader(add_graph(tiny(tmp_path / "other", seed=1)).parent))
    assert len({reader.digest, *(other.digest for other in others)}) == 4


def test_torch_reads_what_has_no_graph(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "a", boundaries=False)
    reader = load_reader(folder)
    assert isinstance(reader, TorchReader)
    assert reader.gives == {"surprisal", "hidden"}
    assert reader.score(dna(9)).boundary is None
    with pytest.raises(ReaderError, match=r"has no model\.onnx; export it"):
        load_reader(folder, runtime="onnx")


# bad input


def test_words_that_are_not_the_readers(folders: dict[str, Path]) -> None:
    for reader in readers(folders["causal"]).values():
        run = dna(100)
        run[70] = 0
        with pytest.raises(ReaderError, match=r"word 71 of the run has id 0: .*; score each stretch"):
            reader.score(run)
        for unknown in (SAYS, scripts().size):  # the first word of English; no id at all
            run[70] = unknown
            with pytest.raises(ReaderError, match=f"word 71 of the run has id {unknown}"):
                reader.score(run)
        for first, last in ((-1, 3), (5, 4), (0, 101)):
            with pytest.raises(ReaderError, match="not inside a run of 100"):
                reader.score(run, first, last)


def test_no_such_reader(tmp_path: Path, folders: dict[str, Path]) -> None:
    with pytest.raises(ReaderError, match="no such model; give a folder"):
        load_reader("no-such-reader")
    with pytest.raises(ReaderError, match="no such model"):
        load_reader(tmp_path / "none")
    with pytest.raises(OptionError, match="device cuda:99: not on this machine"):
        load_reader(folders["causal"], device="cuda:99")
    with pytest.raises(OptionError, match="ONNX Runtime reads on the CPU"):
        load_reader(folders["causal"], device="cuda", runtime="onnx")


def test_scores_without_torch(folders: dict[str, Path]) -> None:
    import subprocess
    import sys

    code = f"""
import sys
for name in ("torch", "transformers", "onnx"):
    sys.modules[name] = None
import numpy as np
from genomebook.models.registry import load_reader
from genomebook.errors import MissingExtraError
print(len(load_reader({str(folders["causal"])!r}).score(np.full(9, 16, np.uint16)).surprisal))
try:
    load_reader({str(folders["causal"])!r}, runtime="torch")
except MissingExtraError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    count, error = ran.stdout.splitlines()
    assert count == "9"
    assert "pip install 'genomebook[train]'" in error


def test_half_the_bits_are_another_reader_with_nearly_the_same_scores(folders: dict[str, Path]) -> None:
    run = dna(300)
    whole = load_reader(folders["causal"], runtime="torch")
    half = load_reader(folders["causal"], precision="bfloat16")
    assert isinstance(half, TorchReader)
    assert half.digest != whole.digest
    for one, other in zip(parts(half.score(run)), parts(whole.score(run)), strict=True):
        assert 0 < np.abs(one - other).max() < 1
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99
    with pytest.raises(OptionError, match="precision bfloat16: ONNX Runtime has that of the graph"):
        load_reader(folders["causal"], runtime="onnx", precision="bfloat16")
