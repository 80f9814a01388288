"""The data card: true, in the hub's form, and safe from what strangers call themselves."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import yaml

from curate.export import ExportPlan, export
from curate.exports.card_tables import plain
from curate.run import check
from curate.store.schema import open_store
from harvest.ledger.lockfile import read_lock
from harvest.ledger.manifest import read_manifest


def card_of(root: Path) -> tuple[dict, str]:
    """The YAML and the Markdown of a card."""
    _, front, text = (root / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


def table_of(text: str, head: str) -> list[list[str]]:
    """Rows of the table whose first head is this."""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    start = next(n for n, row in enumerate(rows) if row.startswith(f"| {head} |"))
    found = []
    for row in rows[start + 2 :]:
        if " --- " in row or "---:" in row:
            found.pop()  # the head of the next table
            break
        found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]])
    return found


def test_the_card_counts_what_the_hand_off_counts(strips, write, tmp_path: Path) -> None:
    """Labels by part, accounts, and what each check left out."""
    write()
    _, text = card_of(tmp_path)
    lines = list(read_manifest(strips.build / "manifest.jsonl"))
    labels = table_of(text, "label")
    left_out = {why: int(count) for why, count in table_of(text, "check or reason")}

    assert [row[0] for row in labels] == ["comic", plain("né & [y] `x`")]
    assert [int(row[-1]) for row in labels] == [13, 11]
    for column, part in enumerate(("train", "validation", "test"), 1):
        assert sum(int(row[column]) for row in labels) == sum(n.split == part for n in lines)
    assert sum(int(row[2]) for row in table_of(text, "source")) == len(lines) == 24
    assert left_out == {
        "corrupt": 1,
        "label in conflict": 1,
        r"near\_duplicate": 1,
        "not sorted yet": 1,
        "removed by hand": 1,
        r"too\_small": 1,
    }


def test_the_card_says_how_to_make_it_again(strips, write, tmp_path: Path) -> None:
    """The one command names the files that stand beside the card, whatever their names."""
    made = write()
    _, text = card_of(tmp_path)
    words = shlex.split(re.search(r"```sh\n(.*)\n```", text).group(1))
    logs = words[3 : words.index("-o")]
    lock = words[words.index("--lock") + 1]

    assert words[:3] == ["winnow", "harvest", "urls"]
    assert {str(tmp_path / log) for log in logs} == set(made.logs)
    assert len(list(read_lock(tmp_path / lock))) == 23
    assert "no address: 1." in text


def test_the_card_is_in_the_form_of_the_hub(write, tmp_path: Path) -> None:
    """YAML in front: size, task, licence; classes by name where pictures lie beside it."""
    write("card", "imagefolder", "webdataset")
    front, _ = card_of(tmp_path)
    classes = {
        form: {c["name"]: c for c in card_of(tmp_path / form)[0]["dataset_info"]["features"]}
        for form in ("imagefolder", "webdataset")
    }
    names = {"0": "comic", "1": "né & [y] `x`"}

    assert front["size_categories"] == ["n<1K"]
    assert front["task_categories"] == ["image-classification"]
    assert front["license"] == "other"
    assert classes["imagefolder"]["label"]["dtype"] == {"class_label": {"names": names}}
    assert classes["webdataset"]["cls"]["dtype"] == {"class_label": {"names": names}}


def test_no_name_writes_markdown_and_no_path_is_told(write, tmp_path: Path) -> None:
    """Accounts and labels are text; of a folder on somebody's disk nothing is published."""
    write()
    _, text = card_of(tmp_path)

    assert r"| b\|b\` |" in text
    assert r"ada\_\[1\]" in text
    assert "/home/me" not in text
    assert "folders (1)" in text


def test_strange_words_become_text_on_one_line() -> None:
    """No character means anything to Markdown or HTML, and none breaks a line."""
    shown = plain("<b>*x*</b>|[a](b)\n# `y`\u2028&amp;")

    assert shown == r"\<b\>\*x\*\</b\>\|\[a\]\(b\) \# \`y\` \&amp;"


def test_a_card_of_ones_own_is_left_alone(write, tmp_path: Path) -> None:
    """Without winnow's mark a README.md is a person's; with it, it is written anew."""
    write("card")
    card = tmp_path / "README.md"
    first = card.read_bytes()
    card.write_bytes(first.replace(b"24 pictures", b"25 pictures"))
    write("card")
    again = card.read_bytes()
    card.write_text("# my own words\n")
    made = write("card")

    assert again == first
    assert card.read_text() == "# my own words\n"
    assert made.card == ""
    assert made.notes[-1].endswith("left alone, it is not winnow's")


def test_exports_written_twice_are_the_same_byte_for_byte(write, tmp_path, digest) -> None:
    """Nothing in any text, folder or shard depends on the time, the place or the run."""
    forms = ("logs", "lock", "metadata", "card", "imagefolder", "webdataset")
    for name in ("one", "two"):
        write(*forms, out=tmp_path / name)

    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert len(digest(tmp_path / "one")) > 30


def test_a_data_set_that_is_not_built_has_a_card_too(draw, make) -> None:
    """Counts by label, and that there are no parts yet."""
    make.add(draw.encode(draw.comic(1)), "comic", url="", source="folder")
    check(make.folder)
    export(make.folder, ExportPlan(("card", "lock")))
    front, text = card_of(make.folder.root)

    assert "not divided into parts yet" in text
    assert table_of(text, "label") == [["comic", "1", "1"]]
    assert "winnow harvest urls" not in text
    assert "configs" not in front


def test_larger_sizes_are_asked_for_only_where_they_were_fetched(draw, make, tmp_path) -> None:
    """The command brings the bytes that the lock file tells of."""
    for n in range(3):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic", url=f"https://x.example/{n}")
    check(make.folder)
    export(make.folder, ExportPlan(("card",), tmp_path))
    _, verbatim = card_of(tmp_path)
    with open_store(make.folder) as catalog, catalog.transaction() as sql:
        sql.execute(
            "UPDATE sighting SET final_url = url || '?orig', best_urls = json_array(url || '?orig')"
            " WHERE id = 2"
        )
    export(make.folder, ExportPlan(("card",), tmp_path))
    _, larger = card_of(tmp_path)

    assert "--best-size" not in verbatim
    assert "--best-size" in larger
