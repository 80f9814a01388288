"""A YAML file that remembers on which line each key stands, so that errors can say so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from harvest.ledger.errors import SettingsError

Key = str | int
Where = tuple[Key, ...]
M = TypeVar("M", bound=BaseModel)

# https://docs.pydantic.dev/latest/errors/validation_errors/
_LISTS = ("tuple_type", "list_type", "set_type")
_WORDS = {
    **dict.fromkeys(
        ("dict_type", "model_type", "mapping_type", "model_attributes_type"),
        "keys below it, each with its value, like {key: value}",
    ),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), "a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    "finite_number": "a number",
    "string_type": "text (in quotes, if it looks like a number)",
}
_QUOTES = "'\""

MAX_BYTES = 1_000_000
"""A settings file larger than this is no settings file."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML file."""

    path: Path
    """The file, as the user named it."""
    text: str
    """Its text, verbatim."""
    data: Any
    """Plain dicts, lists and scalars."""
    lines: dict[Where, int]
    """Line (from 1) of every key and list entry, by its path from the top."""

    def error(self, where: Where, message: str) -> SettingsError:
        """A SettingsError that begins with `file:line:`, by the nearest known place."""
        while where and where not in self.lines:
            where = where[:-1]
        line = self.lines.get(where, 1)
        return SettingsError(f"{self.path}:{line}: {message}")

    def parse(self, where: Where, value: object, model: type[M]) -> M:
        """The value that stands at `where`, as `model`; raises SettingsError for a fault."""
        try:
            return model.model_validate(value)
        except ValidationError as error:
            raise self._explain(where, error, model) from None

    def _explain(
        self, where: Where, error: ValidationError, model: type[BaseModel]
    ) -> SettingsError:
        faults = error.errors(include_url=False)
        # A misspelt key is the cause; the key that is then missing is its consequence.
        fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
        place: Where = fault["loc"]
        key = str(place[-1]) if place else ""
        path = (*where, *(part for part in place if self._is_place(part)))
        if fault["type"] == "extra_forbidden":
            return self.error(path, f"unknown key {key!r}{nearest(key, _fields_at(model, place))}")
        if fault["type"] == "missing":
            return self.error(path[:-1], f"the key {key!r} is missing")
        name = ".".join(str(part) for part in path) or "the file"
        wanted = wanted_of(fault)
        # People paste secrets where the name of a variable belongs: those are not repeated.
        hidden = path[:1] in (("credentials",), ("proxy",))
        given = "nothing" if fault["input"] is None else short(fault["input"])
        value = "" if hidden else f" {given}"
        return self.error(path, f"{name}:{value} does not fit; wanted {wanted}")

    def _is_place(self, part: Key) -> bool:
        """Whether a part of pydantic's path stands in the file (names of union members do not)."""
        return any(part in where for where in self.lines) or part in ("dataset", "targets")


def wanted_of(fault: Mapping[str, Any]) -> str:
    """What would have fitted, in words of people: of one of pydantic's faults."""
    given = fault.get("input")
    if isinstance(given, float) and math.isnan(given):
        return "a number"
    if fault["type"] in _LISTS:
        some = given if isinstance(given, str | int | float) else "ONE, ANOTHER"
        return f"a list such as [{short(some).strip(_QUOTES)}]"
    said = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return _WORDS.get(fault["type"], said)


def nearest(word: str, known: list[str]) -> str:
    """`; did you mean 'x'?` or `; known keys are …`."""
    close = get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known keys: {', '.join(sorted(known))}" if known else ""


def short(value: object) -> str:
    """A value as it can stand in one line of an error."""
    try:
        text = repr(value)
    except ValueError:  # a number of thousands of digits
        text = "a number too long to show"
    return text if len(text) <= 60 else text[:57] + "..."


def read_yaml(path: Path) -> Document:
    """Read a YAML file. Raises SettingsError: not there, not text, not YAML, a key twice."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file; `winnow init` writes one") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    if len(raw) > MAX_BYTES:
        raise SettingsError(f"{path}: larger than {MAX_BYTES} bytes; wanted a settings file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: byte {error.start} is not UTF-8; save it as UTF-8") from None
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> Document:
    """Parse YAML text; `path` is for messages only. Raises SettingsError."""
    lines: dict[Where, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = None if node is None else _Builder(path, lines).build(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = error.problem or "not YAML"
        if "'\\t'" in problem:
            problem = "a tab stands where YAML wants spaces; replace it by spaces"
        raise SettingsError(f"{path}:{line}: {problem}") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise SettingsError(f"{path}: nested too deeply for a settings file") from None
    return Document(path, text, data, lines)


class _Builder:
    """Builds plain values from YAML nodes, noting lines and refusing a key that stands twice."""

    def __init__(self, path: Path, lines: dict[Where, int]) -> None:
        self._path = path
        self._lines = lines
        self._scalars = yaml.SafeLoader("")
        self._nodes = 0

    def build(self, node: yaml.Node, where: Where) -> Any:
        self._nodes += 1
        if self._nodes > 100_000:  # aliases can blow a small file up without end
            raise SettingsError(f"{self._path}: too many values for a settings file")
        self._lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*where, i)) for i, child in enumerate(node.value)]
        line = node.start_mark.line + 1
        try:
            value = self._scalars.construct_object(node)
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            why = f"{short(node.value)} cannot be read ({error})"
            raise SettingsError(f"{self._path}:{line}: {why}") from None
        if isinstance(value, str) and not value.isascii() and _has_surrogates(value):
            raise SettingsError(f"{self._path}:{line}: {short(value)} holds half a character")
        return value

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise SettingsError(f"{self._path}:{line}: a key must be a word")
            key = str(key_node.value)
            if key in made:
                raise SettingsError(f"{self._path}:{line}: the key {key!r} stands twice")
            self._lines[(*where, key)] = line
            made[key] = self.build(value_node, (*where, key))
        return made


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _fields_at(model: type[BaseModel], place: Where) -> list[str]:
    """Names of the fields that the model at `place` (less its last part) knows."""
    current = model
    for part in place[:-1]:
        field = current.model_fields.get(part) if isinstance(part, str) else None
        if field is not None:
            inner = _models_in(field.annotation)
            current = inner[0] if inner else current
    return list(current.model_fields)


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models_in(part)]
