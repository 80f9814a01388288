"""The basis: what it keeps, and that no picture's coordinates depend on its company."""

from __future__ import annotations

import numpy as np
import pytest

from classify.suggesting.basis import Basis, find_basis


@pytest.fixture(scope="module")
def basis() -> tuple[Basis, list[np.ndarray]]:
    """A basis of 90 embeddings that differ in five directions, and those."""
    rng = np.random.default_rng(5)
    mixed = rng.normal(size=(5, 70))
    rows = list((rng.normal(size=(90, 5)) @ mixed + 3).astype(np.float32))
    return find_basis(rows, (40, 30)), rows


def test_it_keeps_what_they_differ_in(basis: tuple[Basis, list[np.ndarray]]) -> None:
    """Inner products of standardised embeddings are those of the coordinates, but for the scale."""
    found, rows = basis
    z = (np.stack(rows) - found.mean) / found.deviation
    c = found.coordinates(rows)
    ratio = np.square(z).sum() / np.square(c).sum()

    assert found.width < 20
    assert np.square(c).sum(axis=1).mean() == pytest.approx(1, rel=1e-3)
    assert np.allclose(c @ c.T * ratio, z @ z.T, atol=1e-2)


def test_company_changes_nothing(basis: tuple[Basis, list[np.ndarray]]) -> None:
    """A picture's coordinates are the same bits, alone or among others, wherever it stands."""
    found, rows = basis
    together = found.coordinates(rows)

    assert np.array_equal([found.coordinates([row])[0] for row in rows], together)
    assert np.array_equal(found.coordinates(rows[::-1])[::-1], together)


def test_equal_pictures_have_a_basis_too() -> None:
    """Pictures that differ in nothing give coordinates, all of them 0."""
    rows = [np.ones(8, np.float32)] * 3
    found = find_basis(rows, (8,))

    assert found.width == 1
    assert not found.coordinates(rows).any()
