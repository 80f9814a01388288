"""The card for people: MODEL_CARD.md, with the sections of Mitchell et al. 2019.

"Model Cards for Model Reporting" (FAT* 2019): details, intended use, data, metrics with their
intervals, limits. All of it comes from card.json; nothing is claimed that was not measured.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from classify.embed import printable

_MOST_LABELS = 50
_MARKS = "\\`*_[]|~#"


def card_text(card: dict[str, Any], notes: Sequence[str]) -> str:
    """Return the page, Markdown; `notes` are what people should know, one line each."""
    parts = [
        ("", _title(card)),
        ("Intended use", _use(card)),
        ("How to feed it", _feeding(card)),
        ("Files", _files(card)),
        ("Data", _data(card)),
        ("Metrics", _metrics(card)),
        ("Fine-tuning", _fine_tuning(card)),
        ("Thresholds", _thresholds(card)),
        ("Limits", _limits(notes)),
        ("Licence", _licence(card)),
    ]
    blocks = [f"## {name}\n\n{text}" if name else text for name, text in parts if text]
    return "\n\n".join(blocks) + "\n"


def _title(card: dict[str, Any]) -> str:
    labels = card["output"]["labels"]
    head = card["head"]
    return (
        f"# Image classifier: {_plain(card['data']['name'])}\n\n"
        f"{len(labels)} labels, {card['input']['shape'][1]} x {card['input']['shape'][2]} pixels. "
        f"{_plain(card['backbone']['name'])} (features: {card['backbone']['features']}) with a "
        f"{head['kind']}, made with winnow {card['winnow']}. Everything below, and more, stands in "
        "`card.json`."
    )


def _use(card: dict[str, Any]) -> str:
    names = ", ".join(_plain(name) for name in card["output"]["labels"][:_MOST_LABELS])
    rest = len(card["output"]["labels"]) - _MOST_LABELS
    more = f" and {rest} more" if rest > 0 else ""
    return (
        f"To tell pictures of these labels apart: {names}{more}. Every picture gets one of them, "
        "also one that is none of them. Not for decisions about people."
    )


def _feeding(card: dict[str, Any]) -> str:
    taken = card["input"]
    steps = "\n".join(f"{i}. {step}" for i, step in enumerate(taken["steps"], 1))
    return (
        f"`{card['model']['file']}` takes `{taken['name']}`, {taken['dtype']} "
        f"{_shape(taken['shape'])}, {taken['colour']}, rows from the top: {taken['formula']}. "
        "Variants with a uint8 input take the bytes as they are. A picture becomes pixels so:\n\n"
        f"{steps}\n\nThe answer `{card['output']['name']}` holds one number for each line of "
        "`labels.txt`."
    )


def _files(card: dict[str, Any]) -> str:
    rows = []
    for one in (card, *card.get("variants", ())):
        model, parity = one["model"], one["model"]["parity"]
        same = f"{parity['same_label']} of {parity['pictures']} ({parity['on']})"
        rows.append(
            (
                f"`{model['file']}`",
                model["format"],
                one["input"]["dtype"],
                f"{model['bytes'] / 1e6:.2f} MB",
                same,
                f"{parity['largest_difference']:.2g}",
                f"`{model['sha256'][:16]}`",
            )
        )
    names = ("file", "numbers", "input", "size", "same label as trained", "stray", "sha256")
    return "\n\n".join([_table(names, rows), *_saved_model(card)])


def _saved_model(card: dict[str, Any]) -> list[str]:
    saved = card.get("saved_model")
    if not saved:
        return []
    parity = saved["parity"]
    return [
        f"Besides, a SavedModel of the {saved['made_of']}, written into a folder "
        f"`{_plain(saved['folder'])}` (signatures {', '.join(saved['signatures'])}): the same "
        f"label as trained for {parity['same_label']} of {parity['pictures']} ({parity['on']}), "
        f"probabilities off by up to {parity['largest_difference']:.2g}."
    ]


def _data(card: dict[str, Any]) -> str:
    data, split = card["data"], card["split"]
    counts = sorted(data["labels"].items(), key=lambda pair: -pair[1])[:_MOST_LABELS]
    parts = ", ".join(f"{count} {name}" for name, count in split["pictures"].items())
    return (
        f"{data['pictures']} pictures ({data['kind']}), {len(data['skipped'])} files skipped. "
        f"Split by {split['by']}: {parts}.\n\n" + _table(("label", "pictures"), counts)
    )


def _metrics(card: dict[str, Any]) -> str:
    measured = card["measured"]
    on = measured["accuracy_on"]
    best = next(
        (
            part
            for part in (measured["folds"], measured["test"], measured["validation"])
            if part is not None and part["accuracy"] == measured["accuracy"]
        ),
        None,
    )
    if best is None:
        why = measured.get("none_because") or "too few pictures to hold any out"
        return f"Nothing could be measured: {_plain(why)}."
    low, high = best["interval_95"]
    rows = [
        (m["label"], m["pictures"], _within(m, "precision"), _within(m, "recall"))
        for m in best["labels"][:_MOST_LABELS]
    ]
    return (
        f"On {on}, {best['pictures']} pictures that the measured heads had not seen: accuracy "
        f"{best['accuracy']:.4f} (95 % interval {low:.4f} to {high:.4f}), balanced accuracy "
        f"{best['balanced_accuracy']:.4f}, calibration error {best['calibration_error']:.4f}. "
        f"{card['refit']['note']}\n\n"
        + _table(("label", "pictures", "precision (95 %)", "recall (95 %)"), rows)
    )


def _fine_tuning(card: dict[str, Any]) -> str:
    told = card.get("fine_tuning")
    if not told:
        return ""
    verdict = (
        "The fine-tuned network is handed out"
        if told["handed_out"]
        else ("Declined: the head alone is handed out")
    )
    rows = []
    for part in told["compared"]:
        for key, name in (("head_alone", "head alone"), ("fine_tuned", "fine-tuned")):
            if part[key] is None:  # it ended as the head alone: the verdict says so
                continue
            low, high = part[key]["interval_95"]
            accuracy = f"{part[key]['accuracy']:.4f} ({low:.4f} to {high:.4f})"
            on = f"{part['on']}, {part['pictures']} pictures"
            rows.append((on, name, accuracy, f"{part[key]['log_loss']:.4f}"))
    listed = _table(("on", "by", "accuracy (95 %)", "log loss"), rows) if rows else ""
    return f"{verdict}: {_plain(told['because'])}.\n\n{listed}".strip()


def _thresholds(card: dict[str, Any]) -> str:
    found = card.get("thresholds")
    if not found:
        return ""
    lines = "\n".join(f"- {_plain(one['said'])}" for one in found["of"])
    return f"{found['note']}\n\n{lines}"


def _limits(notes: Sequence[str]) -> str:
    standing = (
        "It knows the pictures it learnt from: other sources, styles and times may be harder, and "
        "an artist never seen much harder than the figures above.",
        "The figures are of pictures like those of the data; nothing was measured on others.",
    )
    return "\n".join(f"- {_plain(line)}" for line in (*standing, *notes))


def _licence(card: dict[str, Any]) -> str:
    backbone = card["backbone"]
    return (
        f"{_plain(backbone['licence'])}\n\nSource: {_plain(backbone['source'])}.\n\n"
        "The head was learnt from the pictures above; their rights are those of their makers."
    )


def _within(label: dict[str, Any], name: str) -> str:
    value = label[name]
    if value is None:
        return "none"
    low, high = label[f"{name}_interval_95"]
    return f"{value:.4f} ({low:.2f} to {high:.2f})"


def _shape(shape: Sequence[int]) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(_cell(word) for word in line) + " |" for line in lines)


def _cell(word: object) -> str:
    text = str(word)
    return text if text.startswith("`") else _plain(text)


def _plain(text: object) -> str:
    """Text as one line that is no markup: labels are names of folders, and anybody's."""
    line = html.escape(printable(str(text)), quote=False)
    return "".join(f"\\{sign}" if sign in _MARKS else sign for sign in line)
