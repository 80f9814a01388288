"""Labels that the lines of a list bring along: judged one by one, for they become folders."""

from __future__ import annotations

from collections.abc import Iterator

from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.labelnames import check_label

MOST_LABELS = 10_000
"""A column with more different values holds no labels, but captions or keys."""

_NAMED = 3
_ADVICE = "; choose another name"  # of `check_label`: said once for all


class ListLabels:
    """The labels of one run's lists; no two of them differ by case only."""

    def __init__(self) -> None:
        self._judged: dict[str, str] = {}
        """As the lists have them -> as they are used."""
        self._first: dict[str, str] = {}
        """Case-folded -> as it was met first."""
        self._twins: dict[str, str] = {}
        self._unfit = 0
        self._unfit_said: list[str] = []
        self._not_text = 0
        self._not_text_at = ""
        self._odd = 0
        self._odd_said: list[str] = []

    def skip(self, shown: str, place: tuple[str, int]) -> None:
        """Count what stands in the place of a label and is neither text nor a whole number."""
        self._odd += 1
        if len(self._odd_said) < _NAMED:
            self._odd_said.append(f"{shown} ({place[0]}:{place[1]})")

    def judge(self, key: str, text: str | None, place: tuple[str, int] = ("", 0)) -> str | None:
        """The label that a line's text means; None where it can be none.

        Raises DataError beyond `MOST_LABELS` of them. `key` names the target in messages, `place`
        the list and the number of the line.
        """
        if not text:
            return None
        known = self._judged.get(text)
        if known is not None:
            return known
        try:
            text.encode()
            label = check_label(text)
        except UnicodeEncodeError:
            self._not_text += 1
            self._not_text_at = self._not_text_at or f"{place[0]}:{place[1]}"
            return None
        except UsageError as error:
            self._unfit += 1
            if len(self._unfit_said) < _NAMED:
                why = str(error).removesuffix(_ADVICE)
                self._unfit_said.append(f"{why} ({place[0]}:{place[1]})")
            return None
        if len(self._judged) >= MOST_LABELS:
            raise DataError(
                f"{key}: over {MOST_LABELS} different labels, the last one {label!r}; name the"
                " column of labels with --label-column, or give --label NAME for all"
            )
        first = self._first.setdefault(label.casefold(), label)
        if first != label:
            self._twins[label] = first
        self._judged[text] = first
        return first

    def notes(self, key: str) -> Iterator[str]:
        """Lines for people on what was met since they were last asked for."""
        if self._unfit:
            more = self._unfit - len(self._unfit_said)
            yield (
                f"{key}: lines whose label can be none, so that their pictures have none:"
                f" {self._unfit} ({'; '.join(self._unfit_said)}{'; …' if more else ''})"
                f"{_ADVICE}"
            )
        if self._not_text:
            yield (
                f"{key}: not UTF-8 ({self._not_text_at} first), so that lines have no label:"
                f" {self._not_text}; convert the list, as `iconv -f LATIN1 -t UTF-8` does"
            )
        if self._odd:
            odd = self._odd_said + ["…"] * (self._odd > len(self._odd_said))
            yield (
                f"{key}: neither text, a whole number, true nor false, so that lines have no label:"
                f" {self._odd} ({'; '.join(odd)}); write them as text"
            )
        if self._twins:
            some = ", ".join(f"{a!r} as {b!r}" for a, b in list(self._twins.items())[:_NAMED])
            yield f"{key}: labels that differ by case only are taken as one: {some}"
        self._unfit, self._unfit_said, self._twins = 0, [], {}
        self._not_text, self._not_text_at = 0, ""
        self._odd, self._odd_said = 0, []
