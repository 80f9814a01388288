"""A folder's pictures, embedded: from the cache where it knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classify.backbone import Backbone
from classify.cache import kept_embeddings
from classify.data import LabelledFolder
from classify.embed import Embedded, Embedder, Fault
from classify.leakage import near_groups, proved_groups
from classify.likeness import MOST_SEEN, Sights
from classify.pictures import Pictures, gather, regrouped
from classify.settings import TrainSettings
from harvest.ledger.progress import Progress


def take_in(
    folder: LabelledFolder,
    backbone: Backbone,
    settings: TrainSettings,
    progress: Progress | None,
    sights: Sights | None = None,
) -> tuple[Pictures, list[str]]:
    """Return the pictures with their embeddings, and what people should know of the work.

    Near duplicates of a plain folder are one leakage group, those proved by pixels too where there
    are `sights`; a built data set knows its own.
    """
    trouble: list[str] = []
    # Of more pictures than may be decoded for it, some alone are looked at.
    seen = sights if len(folder.examples) <= MOST_SEEN else None
    results = embedded(folder, backbone, settings, progress, trouble, sights=seen)
    pictures = gather(folder, results)
    if not folder.has_manifest:
        top = pictures.sample.x[:, : len(backbone.columns("top"))]
        groups = near_groups(top)
        if sights is not None:
            paths = [example.path for example in pictures.examples]
            groups, left = proved_groups(top, paths, groups, sights)
            if left:
                trouble.append(
                    f"{left:,} pairs of pictures that may be near duplicates were not looked at: "
                    "`winnow curate clean` compares all"
                )
        pictures = regrouped(pictures, groups)
    return pictures, trouble


def embedded(
    folder: LabelledFolder,
    backbone: Backbone,
    settings: TrainSettings,
    progress: Progress | None,
    trouble: list[str],
    *,
    sights: Sights | None = None,
) -> Iterator[Embedded | Fault]:
    """One result an example, in order; `trouble` gets what the cache complained of.

    `sights` gets the small grey of each picture.
    """
    with kept_embeddings() as store:
        embedder = Embedder(backbone, settings.fit, store, with_cells=sights is not None)
        paths = (example.path for example in folder.examples)
        for result in _told(embedder.embed(paths, settings.jobs), progress):
            if sights is not None and isinstance(result, Embedded) and result.cells is not None:
                sights.know(result.path, result.cells)
            yield result
    if store is not None and store.trouble:
        trouble.append(store.trouble)


def _told(
    results: Iterable[Embedded | Fault], progress: Progress | None
) -> Iterator[Embedded | Fault]:
    for result in results:
        if progress:
            if isinstance(result, Fault):
                progress.advance("skipped")
            else:
                progress.advance("remembered" if result.remembered else "embedded")
        yield result
