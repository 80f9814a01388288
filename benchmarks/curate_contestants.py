"""Who is compared over a folder of pictures, and how each is called.

Runs in winnow's environment and in the peers', so that every library is imported where it is
used. What each finds is returned, so that it can be compared.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from curate_workers import Answer, Contest, each, nothing_to_end


def imagehash_both(path: Path) -> list[str]:
    """imagehash used plainly: open once, hash twice."""
    import imagehash
    from PIL import Image

    with Image.open(path) as picture:
        return [
            str(imagehash.phash(picture, hash_size=8)),
            str(imagehash.phash(picture, hash_size=16)),
        ]


def imagehash_one(path: Path) -> list[str]:
    """imagehash used plainly, the short hash alone."""
    import imagehash
    from PIL import Image

    with Image.open(path) as picture:
        return [str(imagehash.phash(picture, hash_size=8))]


def winnow_hashes(path: Path) -> list[str]:
    """winnow's two hashes and nothing else."""
    from curate.measure import hashes_alone

    hashes = hashes_alone(path)
    return [hashes.phash64, hashes.phash256]


def winnow_facts(path: Path) -> list[str]:
    """All facts, as `winnow curate check` takes them."""
    from curate.measure import measure
    from harvest.ledger.records import Image

    # The catalog knows the sha256 since the download; here the name stands in for it.
    image = Image(path.stem.zfill(64), "image/jpeg", path.stat().st_size)
    facts = measure(image, path)
    return [facts.phash64, facts.phash256] if not facts.fault else []


def floor(path: Path) -> list[str]:
    """The cheapest way known to the same two hashes: the luma alone, drafted to 256 pixels, and
    only those rows of the cosine transform that a hash looks at. No check, no safety."""
    from PIL import Image

    with Image.open(path) as picture:
        scale = max(256 / min(picture.size), 1 / 8)
        if scale < 1:
            width, height = picture.size
            picture.draft("L", (int(width * scale), int(height * scale)))
        grey = picture if picture.mode == "L" else picture.convert("L")
        return [_cosine_hash(grey, 8), _cosine_hash(grey, 16)]


def _cosine_hash(grey: Any, side: int) -> str:
    import numpy as np
    from PIL import Image

    small = np.asarray(grey.resize((4 * side, 4 * side), Image.Resampling.LANCZOS), np.float64)
    rows = _cosines(side)
    low = rows @ small @ rows.T
    bits = low > np.median(low)
    return np.packbits(bits).tobytes().hex()


_ROWS: dict[int, Any] = {}


def _cosines(side: int) -> Any:
    import numpy as np

    if side not in _ROWS:
        length = 4 * side
        k, n = np.arange(side)[:, None], np.arange(length)[None]
        _ROWS[side] = 2 * np.cos(np.pi * k * (2 * n + 1) / (2 * length))
    return _ROWS[side]


def facts_and_join(processes: int, warm: Path) -> Contest:
    """All facts, the checks of single pictures left out, then the search for near duplicates."""
    import numpy as np

    from curate.neighbours import neighbours
    from curate.settings import NearDuplicate

    facts, end = each(winnow_facts, processes, warm)

    def work(folder: Path) -> Answer:
        found = facts(folder)
        hashes = np.array([int(short, 16) for short, _ in found.values()], np.uint64)
        neighbours(np.unique(hashes), NearDuplicate().max_distance64)
        return found

    return work, end


def whole_check(processes: int, warm: Path) -> Contest:
    """`winnow curate check` on a data set: catalog, checks, groups, moves and all."""

    from curate.run import check
    from harvest.ledger.folder import DatasetFolder

    def work(folder: Path) -> Answer:
        dataset = DatasetFolder(folder)
        with dataset.lock("benchmark"):
            found = check(dataset, workers=processes)
        return {str(number): ["decoded"] for number in range(found.decoded)}

    work(warm)
    return work, nothing_to_end


def imagededup(processes: int, warm: Path) -> Contest:
    """imagededup's encoder of 64-bit hashes."""
    encoder = _imagededup_encoder()

    def work(folder: Path) -> Answer:
        encoded = encoder.encode_images(image_dir=str(folder), num_enc_workers=processes)
        return {name: [value] for name, value in encoded.items()}

    work(warm)
    return work, nothing_to_end


def cleanvision(processes: int, warm: Path, *, everything: bool) -> Contest:
    """cleanvision: exact and near duplicates, or all that it looks for."""
    from cleanvision import Imagelab

    kinds: dict[str, dict[str, int]] | None = {"exact_duplicates": {}, "near_duplicates": {}}
    if everything:
        kinds = None

    def work(folder: Path) -> Answer:
        lab = Imagelab(data_path=str(folder))
        lab.find_issues(kinds, n_jobs=processes, verbose=False)
        return {Path(name).name: ["looked at"] for name in lab.issues.index}

    work(warm)
    return work, nothing_to_end


def _imagededup_encoder() -> Any:
    """Its package imports torch before it hashes; what is not used need not be there."""

    class Anything(type):
        def __getattr__(cls, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return Anything(name, (), {"__init__": lambda self, *_, **__: None})

    class Nothing(metaclass=Anything):
        pass

    class Stub(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            return getattr(Nothing, name)

    names = ["torch", "torch.nn", "torch.utils", "torch.utils.data", "torchvision"]
    names += ["torchvision.models", "torchvision.transforms", "torchvision.transforms.transforms"]
    names += ["torchvision.models.vision_transformer"]
    for name in names:
        stub = Stub(name)
        stub.__path__ = []
        sys.modules[name] = stub
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, stub)
    from imagededup.methods import PHash

    return PHash(verbose=False)


CONTESTANTS: dict[str, Callable[[int, Path], Contest]] = {
    "winnow-hashes": partial(each, winnow_hashes),
    "winnow-facts": partial(each, winnow_facts),
    "winnow-join": facts_and_join,
    "winnow-check": whole_check,
    "floor": partial(each, floor),
    "imagehash": partial(each, imagehash_both),
    "imagehash-64": partial(each, imagehash_one),
    "imagededup": imagededup,
    "cleanvision-duplicates": partial(cleanvision, everything=False),
    "cleanvision-all": partial(cleanvision, everything=True),
}
