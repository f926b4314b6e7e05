"""MMSplice run by NumPy: its files, its windows, and what it says of real splice sites."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.tasks.hdf5 import SIGNATURE, arrays
from benchmarks.tasks.mmsplice import SpliceSiteModel
from genomebook.tasks.data import load
from genomebook.tasks.registry import task


def test_arrays_of_a_model_are_read(shared: Path) -> None:
    stored = arrays(shared / "data" / "models" / "MMSplice_Donor.h5")
    shapes = {name.split("/")[-2:][0]: a.shape for name, a in stored.items() if name.endswith("kernel:0")}
    assert shapes["dense1_4"] == (18 * 4, 128)
    assert shapes["dense_1_4"] == (64, 1)
    assert all(np.isfinite(a).all() for a in stored.values())


@pytest.mark.parametrize(("kind", "border"), [("donor", 70), ("acceptor", 70)])
def test_sites_are_seen_at_their_border_only(shared: Path, kind: str, border: int) -> None:
    data = shared / "data"
    examples = load(task(f"splice-{kind}-hs3d"), data).of("test")
    model = SpliceSiteModel(data / "models", kind)
    right = ((model.probabilities(examples.sequences, border) > 0.5) == (examples.labels == 1)).mean()
    shifted = ((model.probabilities(examples.sequences, border + 1) > 0.5) == (examples.labels == 1)).mean()
    assert right > 0.9
    assert shifted < 0.6


@pytest.mark.parametrize(
    "content", [b"", b"PK", SIGNATURE + b"\2", SIGNATURE + bytes(60), SIGNATURE + bytes(300)]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.h5: not an HDF5 file"):
        arrays(path)
