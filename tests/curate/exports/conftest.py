"""One data set that holds a bit of everything; tests export it into folders of their own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from curate.dataset import build
from curate.export import PUBLISHED, ExportPlan, ExportSummary, export
from curate.run import check
from curate.store.schema import open_store
from harvest.ledger.folder import DatasetFolder

ODD = "né & [y] `x`"
"""A label that Markdown, YAML, globs and shells all have an opinion on."""


@pytest.fixture(scope="session")
def strips(tmp_path_factory: pytest.TempPathFactory, maker, draw) -> DatasetFolder:
    """24 pictures with two labels, in four formats, built; six that are not kept."""
    make = maker(DatasetFolder.create(tmp_path_factory.mktemp("sets") / "strips"))
    forms = ("JPEG", "PNG", "WEBP", "GIF")
    for n in range(11):
        data = draw.encode(draw.comic(n, (240, 180)), forms[n % 4])
        make.add(data, "comic", author="ada_[1]")
        data = draw.encode(draw.photo(n, (240, 180)), forms[n % 2])
        make.add(data, ODD, source="tumblr", author="b|b`", targets={"tumblr:b|b`": ODD})
    address = {"source": "folder", "url": "", "targets": {"folder:/home/me/old": "comic"}}
    make.add(draw.encode(draw.comic(30, (240, 180))), "comic", **address)
    by_hand = make.add(draw.encode(draw.comic(31, (240, 180))))
    make.add(draw.encode(draw.comic(4, (240, 180)), quality=40), "comic", author="cyd")
    make.add(draw.encode(draw.comic(40).resize((40, 30))), "comic")
    make.add(b"<html>no picture</html>", "comic")
    make.add(draw.encode(draw.comic(41, (240, 180))))
    make.add(draw.encode(draw.comic(42, (240, 180))), targets={"t:a": "comic", "t:b": ODD})
    away = make.add(draw.encode(draw.comic(43, (240, 180))), "comic")
    make.move(by_hand, "comic")
    make.path(away).unlink()
    check(make.folder)
    with open_store(make.folder) as catalog, catalog.transaction() as sql:
        sql.execute('UPDATE sighting SET tags = \'["strip", "art"]\' WHERE id % 2')
        sql.execute("UPDATE sighting SET author = NULL, posted_at = NULL WHERE id = 3")
    build(make.folder)
    return make.folder


@pytest.fixture
def write(strips: DatasetFolder, tmp_path: Path):
    """Export the data set into a folder of the test's own."""

    def run(*forms: str, out: Path = tmp_path, **options: object) -> ExportSummary:
        return export(strips, ExportPlan(forms or PUBLISHED, out, **options))

    return run


@pytest.fixture
def digest():
    """Path -> sha256 of everything below a folder."""

    def run(root: Path) -> dict[str, str]:
        files = (path for path in root.rglob("*") if path.is_file())
        return {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }

    return run
