"""The settings file: good ones read whole, bad ones refused in one line with file, line and key."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import Field

from harvest.ledger.errors import SettingsError, UsageError
from harvest.ledger.settings import Secret, SettingsSection, load_settings, parse_target

GOOD = """\
dataset: comics
targets:
  - twitter: [daskritzelt, islieb]
    max_images: 500
    since: 2024-01-31
  - tumblr: {tag: webcomic, blog: example}
    label: comic
  - folder: /pictures/old
    label_from: folder
labels: [comic, no_comic]
checks: {too_small: {min_side: 64}, near_duplicate: false}
credentials: {twitter: {bearer_token: MY_TOKEN}}
endpoints: {"https://api.x.com/": "http://127.0.0.1:8080"}
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "winnow.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    """Every key arrives where the run looks for it, a list of names as a target each."""
    settings = load_settings(write(tmp_path, GOOD))

    assert settings.dataset == Path("datasets/comics")
    assert [target.key for target in settings.targets] == [
        "twitter:daskritzelt",
        "twitter:islieb",
        "tumblr:example/webcomic",
        "folder:/pictures/old",
    ]
    assert settings.targets[1].max_images == 500
    assert settings.targets[0].since == datetime(2024, 1, 31, tzinfo=UTC)
    assert settings.targets[2].label == "comic"
    assert settings.targets[3].label_from == "folder"
    assert settings.labels == ("comic", "no_comic")
    assert settings.folders == "link"
    assert settings.max_requests == 16
    assert settings.credentials["twitter"]["bearer_token"] == "MY_TOKEN"
    assert settings.credentials["tumblr"]["consumer_key"] == "TUMBLR_CONSUMER_KEY"
    assert settings.endpoints == {"https://api.x.com": "http://127.0.0.1:8080"}


HEAD = "dataset: x\ntargets: [{twitter: a}]\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("dataset: x\ntargets:\n  - twitter: a\n    lable: comic\n", 4, "'lable'; did you mean 'l"),
        ("dataset: x\ntargets:\n  - twiter: a\n", 3, "'twiter'; did you mean 'twitter'"),
        (HEAD + "chekcs: {}\n", 3, "'chekcs'; did you mean 'checks'"),
        (HEAD + "max_requests: many\n", 3, "max_requests"),
        (HEAD + "max_requests: 0\n", 3, "max_requests"),
        (HEAD + "labels: comic\n", 3, "labels"),
        (HEAD + "labels: [a/b]\n", 3, "labels"),
        (HEAD + "labels: [Comic, comic]\n", 3, "differ by case"),
        ("dataset: x\ntargets: [{twitter: a}, {twitter: b}, {twitter: A}]\n", 2, "stands twice"),
        ("dataset: x\ntargets:\n\t- twitter: a\n", 3, "tab"),
        ("dataset: x\ndataset: y\n", 2, "'dataset' stands twice"),
        ("targets: [{twitter: a}]\n", 1, "'dataset' is missing"),
        ("dataset: x\n", 1, "'targets' is missing"),
        ("dataset: ''\ntargets: [{twitter: a}]\n", 1, "dataset"),
        ('dataset: "a\\0b"\ntargets: [{twitter: a}]\n', 1, "dataset"),
        ("dataset: 7\ntargets: [{twitter: a}]\n", 1, "dataset"),
        ("dataset: x\ntargets: []\n", 2, "wanted a list of targets like `- twitter: NAME`"),
        ("dataset: x\ntargets:\n", 2, "targets: nothing does not fit; wanted a list of targets"),
        ("dataset: x\ntargets: {twitter: a}\n", 2, "wanted a list of targets like `- twitter"),
        ("dataset: x\ntargets: [{twitter: ../../etc}]\n", 2, "twitter:../../etc: not an account"),
        (HEAD + "budget_usd:\n", 3, "budget_usd: nothing does not fit; wanted an amount"),
        (HEAD + "budget_usd: -1\n", 3, "budget_usd"),
        ("dataset: x\ntargets: [{twitter: []}]\n", 2, "empty list"),
        ("dataset: x\ntargets: [{}]\n", 2, "exactly one of"),
        ("dataset: x\ntargets: [{twitter: a, tumblr: b}]\n", 2, "exactly one of"),
        ("dataset: x\ntargets: [islieb]\n", 2, "islieb"),
        ("dataset: x\ntargets: [{tumblr: {}}]\n", 2, "a tag, a blog"),
        ("dataset: x\ntargets: [{twitter: 123}]\n", 2, "twitter"),
        ("dataset: x\ntargets: [{twitter: a, since: soon}]\n", 2, "a date like"),
        ("dataset: x\ntargets: [{twitter: a, since: 2024-13-01}]\n", 2, "month"),
        ("dataset: x\ntargets: [{twitter: a, since: 0001-01-01T00:00:00+05:00}]\n", 2, "year"),
        (
            "dataset: x\ntargets: [{twitter: a, since: 2024-02-01, until: 2024-01-01}]\n",
            2,
            "before",
        ),
        (HEAD + "credentials: {twiter: {bearer_token: A}}\n", 3, "did you mean 'twitter'"),
        (HEAD + "credentials: {twitter: {bearer: A}}\n", 3, "did you mean 'bearer_token'"),
        (HEAD + "endpoints: {'ftp://x': 'http://y'}\n", 3, "an origin like"),
        (HEAD + "checks: 3\n", 3, "checks"),
        ("", 1, "dataset"),
        ("- a\n- b\n", 1, "dataset"),
        ("dataset: [\n", 2, ""),
        ("a: &a [*a]\n", 1, ""),
    ],
)
def test_a_bad_file_is_refused_in_one_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    """The message begins with file and line and names what is wrong, in one line."""
    path = write(tmp_path, text)

    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    message = str(caught.value)

    assert "\n" not in message
    assert message.startswith(f"{path}:{line}: ") or "nested too deeply" in message
    assert words in message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"dataset: \xff\n", "UTF-8"),
        (b"dataset: a\x00b\n", "special characters"),
        (b"#" * 1_100_000, "larger than"),
        (
            b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + b"".join(
                b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (c, c, *([c - 1] * 10))
                for c in b"bcdefghi"
            ),
            "too many values",
        ),
        (b"[" * 5000, "nested too deeply"),
    ],
)
def test_what_is_no_settings_file_is_refused(tmp_path: Path, raw: bytes, words: str) -> None:
    """Not text, far too large, alias bombs and towers of brackets: one line each."""
    path = write(tmp_path, raw)

    with pytest.raises(SettingsError, match=words) as caught:
        load_settings(path)

    assert "\n" not in str(caught.value)


def test_a_target_may_be_pasted(tmp_path: Path) -> None:
    """An address or a handle in place of a key, alone or behind the word of its source."""
    path = write(
        tmp_path,
        "dataset: x\ntargets:\n  - https://x.com/islieb?s=20\n  - '@mara@mastodon.example'\n"
        "  - tumblr: [https://www.tumblr.com/tagged/comic]\n    label: comic\n",
    )
    keys = [target.key for target in load_settings(path).targets]

    assert keys == ["twitter:islieb", "mastodon:mastodon.example/@mara", "tumblr:comic"]


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    """The message names the path and the command."""
    with pytest.raises(SettingsError, match=r"nowhere\.yaml: no such file.*winnow init"):
        load_settings(tmp_path / "nowhere.yaml")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Windows editors write one."""
    assert load_settings(write(tmp_path, b"\xef\xbb\xbf" + HEAD.encode())).targets


def test_a_pasted_secret_is_not_repeated(tmp_path: Path) -> None:
    """Who writes the token where its variable's name belongs does not find it in the message."""
    path = write(tmp_path, HEAD + "credentials: {twitter: {bearer_token: AAAAsecret%3D}}\n")

    with pytest.raises(SettingsError) as caught:
        load_settings(path)

    assert "AAAAsecret" not in str(caught.value)
    assert "never the secret" in str(caught.value)


class Checks(SettingsSection):
    """A group's own section, as curate has one."""

    too_small: dict[str, int] | None = None
    worst: float = Field(default=0.5, ge=0)


def test_a_section_is_parsed_by_its_group(tmp_path: Path) -> None:
    """A group hands in its model and gets it back filled, or an error that names the line."""
    good = load_settings(write(tmp_path, HEAD + "checks: {too_small: {min_side: 9}}\n"))
    bad = load_settings(write(tmp_path, HEAD + "checks:\n  worst: 1\n  to_small: {}\n"))

    assert good.section("checks", Checks).too_small == {"min_side": 9}
    with pytest.raises(SettingsError, match=r":5: unknown key 'to_small'; .* 'too_small'"):
        bad.section("checks", Checks)


def test_a_secret_hides_itself() -> None:
    """Neither repr nor str nor an f-string shows it; `reveal` does."""
    secret = Secret("hunter2")

    assert "hunter2" not in f"{secret!r} {secret} {[secret]}"
    assert secret.reveal() == "hunter2"
    assert secret
    assert not Secret("")


@pytest.mark.parametrize(
    ("text", "source", "name"),
    [
        ("twitter:islieb", "twitter", "islieb"),
        ("twitter:@islieb", "twitter", "islieb"),
        ("tumblr:web comic", "tumblr", "web comic"),
        ("tumblr:blog/tag", "tumblr", "blog/tag"),
        ("tumblr:t:abc/tag", "tumblr", "t:abc/tag"),
        ("folder:/a:b", "folder", "/a:b"),
    ],
)
def test_targets_are_written_with_a_colon(text: str, source: str, name: str) -> None:
    """The word before the first colon is the source, the rest its name for it."""
    target = parse_target(text)

    assert (target.source, target.name) == (source, name)


@pytest.mark.parametrize(
    "text", ["", "islieb", "twitter:", "twitter: ", "http://a.b/c", "Twitter:a", "twitter:a\nb"]
)
def test_what_is_no_target_is_refused(text: str) -> None:
    """One line that shows the value and what was wanted."""
    with pytest.raises(UsageError, match="wanted") as caught:
        parse_target(text)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        'labels: [!!int ""]',
        "labels: [!!bool foo]",
        "labels: [!!timestamp foo]",
        "max_requests: -0x" + "F" * 6000,
        'labels: ["\\uD800"]',
        'endpoints: {"https://api.x.com": "http://[:::::]:1"}',
        'endpoints: {"https://api.x.com": "http://a:99999"}',
    ],
)
def test_hostile_values_are_one_line(tmp_path: Path, line: str) -> None:
    """Values that YAML, int or urlsplit stumble over are refused with file and line."""
    path = tmp_path / "c.yaml"
    path.write_text(f"dataset: x\ntargets: [{{twitter: a}}]\n{line}\n")

    with pytest.raises(SettingsError) as caught:
        load_settings(path)

    assert str(caught.value).startswith(f"{path}:3: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", ["{AAAAsecret: {x: X}}", "{twitter: {AAAAsecret: X}}"])
def test_a_secret_pasted_as_a_key_is_not_repeated(tmp_path: Path, text: str) -> None:
    """Under `credentials:` neither keys nor values that do not fit are shown."""
    path = tmp_path / "c.yaml"
    path.write_text(f"dataset: x\ntargets: [{{twitter: a}}]\ncredentials: {text}\n")

    with pytest.raises(SettingsError) as caught:
        load_settings(path)

    assert "AAAAsecret" not in str(caught.value)
    assert ":3: unknown key" in str(caught.value)


def test_a_home_that_nobody_has(tmp_path: Path) -> None:
    """`~nobody` in a path is a usage error."""
    path = tmp_path / "c.yaml"
    path.write_text("dataset: ~no_such_user_here/x\ntargets: [{twitter: a}]\n")

    with pytest.raises(UsageError, match="no such user's home"):
        _ = load_settings(path).dataset
