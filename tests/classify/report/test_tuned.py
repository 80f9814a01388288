"""The report's section about a fine-tuning, made of a card's facts."""

from __future__ import annotations

import re
from typing import Any

from classify.report.tuned import tuned_section


def epochs(count: int) -> list[dict[str, Any]]:
    """The head alone and so many epochs."""
    return [
        {
            "epoch": i,
            "depth": "upper" if i else None,
            "learning_rate": 0.003,
            "train_loss": 0.5 / i if i else None,
            "validation_loss": 0.4 - 0.01 * i,
            "validation_accuracy": 0.8 + 0.01 * i,
            "interval_95": [0.7, 0.9],
        }
        for i in range(count + 1)
    ]


def told(**given: Any) -> dict[str, Any]:
    """What a card says."""
    one = {
        "right": 41,
        "accuracy": 0.82,
        "interval_95": [0.692, 0.902],
        "balanced_accuracy": 0.81,
        "log_loss": 0.4321,
        "calibration_error": 0.05,
    }
    other = one | {"right": 45, "accuracy": 0.9, "interval_95": [0.786, 0.957], "log_loss": 0.3}
    part = {
        "on": "test",
        "pictures": 50,
        "chose": False,
        "head_alone": one,
        "fine_tuned": other,
        "only_one_right": {"head_alone": 1, "fine_tuned": 5},
    }
    facts = {
        "handed_out": True,
        "because": "it is better & <surer>",
        "best_epoch": 2,
        "epochs": epochs(3),
        "compared": [part, part | {"on": "validation", "chose": True}],
    }
    return facts | given


def test_both_stand_side_by_side_with_their_intervals() -> None:
    """On the part that measures and on the one that chose, which is said."""
    page = tuned_section(told())

    assert "The fine-tuned network is handed out: it is better &amp; &lt;surer&gt;." in page
    assert page.count("82.0% (69.2% to 90.2%)") == page.count("90.0% (78.6% to 95.7%)") == 2
    assert "On test: 50 pictures" in page
    assert "On validation, which chose: 50 pictures" in page


def test_every_epoch_is_a_point_of_a_chart_and_a_row() -> None:
    """Log losses of both parts, and the accuracy with its band; colours come from the page."""
    page = tuned_section(told())

    first, second = re.findall(r'<svg class="chart".*?</svg>', page, re.S)
    assert first.count("<circle") == 4 + 3
    assert second.count("<circle") == 4
    assert 'class="band"' in second
    assert not re.search(r'(fill|stroke)="#', page)
    assert page.count("<tr>") == 1 + 4 + 1 + 4


def test_a_fine_tuning_that_helped_nothing_says_so() -> None:
    """The head alone has its figure and interval on the test part, and why there is no second one;
    the epochs are shown all the same."""
    (one, _) = told()["compared"]
    same = [one | {"fine_tuned": None, "only_one_right": None}]
    page = tuned_section(told(handed_out=False, best_epoch=0, compared=same))

    assert "Fine-tuning was declined; the head alone is handed out: " in page
    assert "none was better than the head alone" in page
    assert "<span>head alone</span>" in page
    assert "<span>fine-tuned, epoch 3</span>" in page
    assert page.count("(70.0% to 90.0%)") == 2
    assert "On test: 50 pictures" in page
    assert page.count("82.0% (69.2% to 90.2%)") == 1
    assert "One figure for both: no epoch was better" in page
    assert page.count("<circle") == 4 + 3 + 4


def test_a_loss_that_is_no_number_leaves_a_gap() -> None:
    """A diverged epoch has neither a point nor a figure."""
    facts = told(epochs=epochs(2))
    facts["epochs"][2] |= {"validation_loss": None, "train_loss": None}

    page = tuned_section(facts)

    assert re.findall(r'<svg class="chart".*?</svg>', page, re.S)[0].count("<circle") == 2 + 1
    assert page.count("<td></td>") == 1 + 2


def test_the_scale_of_the_losses_is_in_short_words() -> None:
    """Figures that run on would run into the axis' name."""
    facts = told(epochs=epochs(2))
    for epoch, loss in zip(facts["epochs"], (0.024253, 0.0237, 0.0235), strict=True):
        epoch |= {"validation_loss": loss, "train_loss": None}

    chart = re.findall(r'<svg class="chart".*?</svg>', tuned_section(facts), re.S)[0]

    said = re.findall(r">([\d.]+)</text>", chart)
    assert said[:4] == ["0", "0.01", "0.02", "0.03"]
