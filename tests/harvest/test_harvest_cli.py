"""The commands as a user has them: run in a process of their own, then look at what they made."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

Result = subprocess.CompletedProcess[str]
CONFIG = "dataset: {dataset}\ntargets:\n  - twitter: [{names}]\n"


@pytest.fixture(scope="module")
def sandbox():
    """A small world that also has a picture for every other path."""
    with running_sandbox(World.build(pictures=12), answer_all=True) as running:
        yield running


@pytest.fixture
def winnow(tmp_path: Path) -> Callable[..., Result]:
    """Run `winnow harvest …` in the test's folder, without credentials."""

    def run(*words: object) -> Result:
        return subprocess.run(
            [sys.executable, "-m", "winnow", "harvest", *map(str, words)],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def mirror(sandbox: Sandbox) -> tuple[str, ...]:
    port = sandbox.url.rpartition(":")[2]
    return ("--connect-to", f"pictures.example:80:127.0.0.1:{port}", "--allow-private")


def test_run_and_status(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """`run` gathers what the settings list and keeps them; `status` tells how things stand."""
    (tmp_path / "c.yaml").write_text(CONFIG.format(dataset="./set", names="ada_artist"))
    done = winnow("run", "c.yaml", "--sandbox", sandbox.url)
    status = json.loads(winnow("status", "set", "--json").stdout)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].split()[:3] == ["twitter:ada_artist", "12", "12"]
    assert "12 pictures" in done.stderr
    assert (tmp_path / "set/winnow.yaml").read_text() == (tmp_path / "c.yaml").read_text()
    assert status["pictures"] == 12
    assert [t["status"] for t in status["targets"]] == ["saved"]


def test_only_and_json(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """`--only` and `--max-images` narrow a run; `--json` is one object on stdout."""
    config = CONFIG.format(dataset="./set", names="ada_artist, nobody_here")
    (tmp_path / "c.yaml").write_text(config)
    words = ("run", "c.yaml", "--sandbox", sandbox.url)
    done = winnow(*words, "--only", "twitter:Ada_Artist", "--max-images", 3, "--json")
    unknown = winnow(*words, "--only", "twitter:ada")

    assert json.loads(done.stdout)["targets"]["twitter:ada_artist"]["saved"] == 3
    assert unknown.returncode == 2
    assert "there are twitter:ada_artist" in unknown.stderr


def test_a_target_fails(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """One unknown account: the other is gathered, one line tells, the exit code is 3."""
    config = CONFIG.format(dataset="./set", names="nobody_here, ada_artist")
    (tmp_path / "c.yaml").write_text(config)
    done = winnow("run", "c.yaml", "--sandbox", sandbox.url)

    assert done.returncode == 3
    assert "12" in done.stdout
    assert "nobody_here" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_no_credentials(winnow, tmp_path: Path) -> None:
    """Without keys: one line with the variable, the page and `winnow demo`; exit code 3."""
    (tmp_path / "c.yaml").write_text(CONFIG.format(dataset="./set", names="a, b"))
    done = winnow("run", "c.yaml")
    (line,) = [line for line in done.stderr.splitlines() if "error" in line]

    assert done.returncode == 3
    assert "TWITTER_BEARER_TOKEN" in line
    assert "winnow demo" in line
    assert "https://" in line


def test_get(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """`get` works as the old tool did: a bare name is an account, `-u` writes what was saved."""
    done = winnow(
        "get",
        "ada_artist",
        "-o",
        "set",
        "-u",
        "urls.log",
        "-m",
        4,
        "-n",
        5,
        "--sandbox",
        sandbox.url,
    )
    urls = (tmp_path / "urls.log").read_text().splitlines()

    assert done.returncode == 0, done.stderr
    assert "taken as twitter:ada_artist" in done.stderr
    assert len(urls) == 5
    assert all(url.startswith("https://pbs.twimg.com/media/") for url in urls)


def test_urls(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """`urls` fills label folders through a mirror; the second run asks for nothing."""
    for label, count in (("comic", 7), ("no_comic", 3)):
        lines = [f"http://pictures.example/{label}/{n}.jpg\n" for n in range(count)]
        (tmp_path / f"urls_{label}.log").write_text("".join(lines))
    words = ("urls", "urls_comic.log", "urls_no_comic.log", "-o", "set", *mirror(sandbox))
    first = winnow(*words)
    asked = len(sandbox.requests)
    second = winnow(*words)

    assert first.returncode == second.returncode == 0, first.stderr
    assert len(list((tmp_path / "set/images/comic").iterdir())) == 7
    assert len(list((tmp_path / "set/images/no_comic").iterdir())) == 3
    assert len(sandbox.requests) == asked


def test_yield_gate(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """Below `--min-yield` the exit code is 6; single losses alone end with 0."""
    lines = ["http://pictures.example/faults/404", "http://pictures.example/a.jpg"]
    (tmp_path / "urls_x.log").write_text("\n".join(lines))
    words = ("urls", "urls_x.log", "-o", "set", *mirror(sandbox))
    plain = winnow(*words)
    strict = winnow(*words, "--min-yield", 0.9)
    lenient = winnow(*words, "--min-yield", 0.5, "--json")

    assert plain.returncode == 0
    assert strict.returncode == 6
    assert "50.0%" in strict.stderr
    assert lenient.returncode == 0
    assert json.loads(lenient.stdout)["yield"] == 0.5


def test_gate_without_lines(winnow, tmp_path: Path) -> None:
    """A gate over no line at all is passed by nothing: exit code 5."""
    (tmp_path / "urls_x.log").write_text("# nothing yet\n")
    done = winnow("urls", "urls_x.log", "-o", "set", "--min-yield", 0.9)

    assert done.returncode == 5
    assert "urls_x.log: nothing in it" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--max-wait", "--min-yield"])
def test_nan(winnow, tmp_path: Path, option: str) -> None:
    """NaN is no number of seconds and no share."""
    (tmp_path / "a.log").write_text("http://pictures.example/a.jpg\n")
    done = winnow("urls", "a.log", "-o", "set", option, "nan")

    assert done.returncode == 2
    assert "not a number" in done.stderr
    assert not (tmp_path / "set").exists()


def test_guard_is_on(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """Without --allow-private a mirror on this machine is not asked."""
    (tmp_path / "urls_x.log").write_text("http://pictures.example/a.jpg\n")
    before = len(sandbox.requests)
    done = winnow("urls", "urls_x.log", "-o", "set", *mirror(sandbox)[:2], "--json")

    assert json.loads(done.stdout)["total"]["refused"] == 1
    assert len(sandbox.requests) == before


def test_retry(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """`retry` asks again for what failed, and for nothing else."""
    (tmp_path / "urls_x.log").write_text("http://pictures.example/faults/503-then-200?times=4\n")
    winnow("urls", "urls_x.log", "-o", "set", *mirror(sandbox))
    done = winnow("retry", "set", *mirror(sandbox), "--json")

    assert done.returncode == 0
    assert json.loads(done.stdout)["total"]["saved"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "nothing.yaml"), "nothing.yaml"),
        (("urls", "nothing.log", "-o", "set"), "nothing.log"),
        (("status", "nothing"), "no such folder"),
        (("retry", "."), "no data set"),
        (("get", "mastodon:x", "-o", "set"), "wanted one of"),
        (("get", "twitter:", "-o", "set"), "a name after the colon"),
        (("urls", "a.log", "-o", "set", "--connect-to", "x"), "HOST:PORT:HOST2:PORT2"),
        (("get", "x", "-o", "set", "--sandbox", "localhost"), "--sandbox"),
        (("get", "x", "-o", "set", "--sandbox", "http://[:::]"), "--sandbox"),
        (("get", "x", "-o", "set", "--sandbox", "http://127.0.0.1:99999"), "--sandbox"),
        (("get", "x", "-o", "set", "--sandbox", "http://a b"), "--sandbox"),
        (("get", "x", "-o", "set", "--sandbox", "http://a?b"), "--sandbox"),
        (("urls", "a.log", "-o", "a.log/set"), "cannot be made"),
        (("urls", "a.log", "-o", "set", "--lock", "nothing.csv"), "nothing.csv"),
        (("get", "x", "-o", ""), "'' is no path"),
        (("urls", "a.log", "-o", ""), "'' is no path"),
        (("status", ""), "'' is no path"),
        (("get", "x", "-o", "set", "-u", "nowhere/u.log"), "--url-log nowhere/u.log: no such"),
        (("get", "x", "-o", "set", "-u", "a.log/u.log"), "--url-log a.log/u.log: no such"),
        (("get", "x", "-o", "set", "-u", "."), "a folder"),
    ],
)
def test_usage(winnow, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """What cannot be meant is one line and exit code 2, before anything is made."""
    (tmp_path / "a.log").write_text("http://pictures.example/a.jpg\n")
    done = winnow(*words)

    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]


def test_sandbox_command(tmp_path: Path) -> None:
    """`sandbox` prints its address first and serves until Ctrl-C."""
    going = subprocess.Popen(
        [sys.executable, "-m", "winnow", "harvest", "sandbox", "--answer-all"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert going.stdout is not None
    address = going.stdout.readline()
    going.send_signal(2)
    _, error = going.communicate(timeout=20)

    assert address.startswith("http://127.0.0.1:")
    assert "Traceback" not in error


def test_a_host_says_not_now(winnow, sandbox: Sandbox, tmp_path: Path) -> None:
    """A picture host's limit beyond --max-wait: exit 4, one line with host, number and time."""
    fault = "http://pictures.example/faults/429?times=99&retry_after=3600"
    (tmp_path / "urls_x.log").write_text(f"{fault}\n{fault}&key=2\n")
    words = ("urls", "urls_x.log", "-o", "set", "--sandbox", sandbox.url)
    done = winnow(*words, "--max-wait", 5, "--rate", "pictures.example=50", "--json")
    bad = winnow(*words, "--rate", "pictures.example")
    told = json.loads(done.stdout)["hosts_left"]

    assert done.returncode == 4, done.stderr
    assert "2 pictures wait for the rate limit of pictures.example until 20" in done.stderr
    assert "run the same command again" in done.stderr.splitlines()[-1]
    assert [(each["host"], each["pictures"]) for each in told] == [("pictures.example", 2)]
    assert bad.returncode == 2
    assert "wanted HOST=N" in bad.stderr


@pytest.mark.parametrize(("limit", "noted"), [("-n 70", True), ("-S -n 70", False)])
def test_few_file_handles(sandbox: Sandbox, tmp_path: Path, limit: str, *, noted: bool) -> None:
    """A run fits itself to the files it may open: the soft limit is raised, else -m lowered."""
    addresses = (f"http://pictures.example/any/{n}.jpg\n" for n in range(90))
    (tmp_path / "urls_x.log").write_text("".join(addresses))
    words = f"urls urls_x.log -o set -m 64 --sandbox {sandbox.url} --json"
    script = f'ulimit {limit} && exec "{sys.executable}" -m winnow harvest {words}'
    done = subprocess.run(
        ["/bin/bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    told = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert told["total"]["saved"] == 90
    assert any("so -m is 3, not 64" in note for note in told["notes"]) is noted
