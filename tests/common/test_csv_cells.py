"""Words in CSV files for spreadsheets: no cell is a formula."""

import csv
import io

import pytest

from common.csv_cells import plain_cell
from labeling.figures.leaderboard import leaderboard_csv


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_would_compute_is_words(first):
    assert plain_cell(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.parametrize("words", ["", "1=1", " tea", "'=1", "a\n=1"])
def test_other_words_stay_as_they_are(words):
    assert plain_cell(words) == words


def test_the_models_of_a_leaderboard_are_words():
    written = leaderboard_csv({"models": [{"model": "\n=1+1", "rating": -1.5}]})
    (row,) = csv.DictReader(io.StringIO(written))
    assert (row["model"], row["rating"]) == ("'\n=1+1", "-1.5")
