"""Numbers as places on an axis, boards and their orders, and flags in words."""

from datetime import UTC, datetime

import pytest

from labeling.figures.flags import flags_of
from labeling.models import PolicyVersion
from labeling.pages.agreement_board import alphas_of, leanings_of, raw_of
from labeling.pages.axis import SHARES, axis_over, round_axis
from labeling.pages.boards import board_of, matrix_of, picture_of, rating_of
from labeling.pages.flags import KINDS, flag_in_words
from labeling.pages.labeler_board import COLUMNS, PAGE, heads, matching, ordered, page_of, shown
from labeling.templatetags.figures import chance, decimals, percents, thousands, whole


def model(name, rating, half=10.0, **fields):
    return {
        "model": name,
        "rating": rating,
        "lower": rating - half,
        "upper": rating + half,
        "rank": 1,
        "rank_best": 1,
        "rank_worst": 1,
        "votes": 100,
        "votes_left": None,
        "connected": True,
    } | fields


def unrated(name):
    nothing = dict.fromkeys(["rating", "lower", "upper", "rank", "rank_best", "rank_worst"])
    return {"model": name, "votes": 0, "votes_left": None, "connected": False, **nothing}


def labeler(name, judgments=10, **fields):
    nothing = ("reliability", "reliability_interval", "gold", "leave_one_out", "position")
    nothing += ("self_consistency", "length", "seconds", "seconds_detail", "standing")
    plain = {"labeler": name, "pseudonym": name, "kind": "person"}
    plain |= {"judgments": judgments, "comparisons": 3}
    return plain | dict.fromkeys(nothing) | {"flags": []} | fields


def test_an_axis_has_round_ticks_within_what_it_shows():
    axis = round_axis(912.0, 1104.0)
    assert [tick.value for tick in axis.ticks] == [950.0, 1000.0, 1050.0, 1100.0]
    assert axis.place(axis.low) == "0.00%"
    assert axis.place(axis.high) == "100.00%"
    assert axis.place(1e9) == "100.00%"
    assert axis.ticks[1].place == axis.place(1000.0)


def test_one_wide_interval_does_not_squeeze_the_others():
    narrow = (900.0, 880.0, 920.0)
    axis = axis_over([narrow, (1000.0, 985.0, 1015.0), (1100.0, -500.0, 2700.0)], least=25.0)
    assert (axis.low, axis.high) == pytest.approx((850 - 9, 1150 + 9))
    bar = axis.bar(1100.0, -500.0, 2700.0)
    assert (bar.start, bar.end) == ("0.00%", "100.00%")
    assert (bar.goes_below, bar.goes_beyond) == (True, True)
    whole = axis.bar(*narrow)
    assert (whole.goes_below, whole.goes_beyond) == (False, False)


def test_intervals_that_are_all_wide_are_shown_whole():
    wide = [(middle, middle - 120, middle + 120) for middle in (990.0, 1000.0, 1010.0)]
    axis = axis_over(wide, least=25.0)
    bars = [axis.bar(*each) for each in wide]
    assert not any(bar.goes_below or bar.goes_beyond for bar in bars)


def test_models_all_alike_still_have_an_axis():
    axis = axis_over([(1000.0, 1000.0, 1000.0)] * 2, least=25.0)
    assert axis.low < 1000 < axis.high
    assert axis_over([], least=25.0).ticks


def test_shares_are_placed_by_themselves():
    assert (SHARES.place(0.0), SHARES.place(0.726), SHARES.place(1.0)) == (
        "0.00%",
        "72.60%",
        "100.00%",
    )


def test_models_without_a_rating_come_apart():
    board = board_of({"models": [model("a", 1100.0), model("b", 900.0), unrated("c")]})
    assert [place.model for place in board.places] == ["a", "b"]
    assert [row["model"] for row in board.unrated] == ["c"]
    assert board.places[0].bar.middle == board.axis.place(1100.0)


def test_who_beats_whom_is_told_in_the_order_of_the_board():
    body = {
        "models": ["a", "b", "c"],
        "wins": [[0, 9, 0], [1, 0, 2.5], [0, 2.5, 0]],
        "votes": [[0, 10, 0], [10, 0, 5], [0, 5, 0]],
    }
    matrix = matrix_of(body, ["b", "a", "c"])
    assert [name for name, _row in matrix] == ["b", "a", "c"]
    row = matrix[0][1]
    assert row[0] is None
    assert [(met.share, met.votes, met.shade) for met in row[1:] if met] == [
        (0.1, 10, -4),
        (0.5, 5, 0),
    ]
    never = matrix[1][1][2]
    assert never is not None
    assert (never.share, never.votes) == (None, 0)


def test_a_model_has_no_point_before_it_was_rated():
    moments = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2)]
    history = [{"models": [unrated("a")]}, {"models": [model("a", 1100.0)]}]
    read = {"a": rating_of("a"), "b": rating_of("b")}
    picture = picture_of(zip(moments, history, strict=True), read, lambda value: f"{value:.0f}")
    assert picture.lines == ["a", "b"]
    first, second = (cells for _when, cells in picture.moments)
    assert first == [None, None]
    assert second[0] is not None
    assert (second[0].raw, second[0].low, second[0].words) == ("1100.0000", "1090.0000", "1100")


def test_flagged_labelers_come_first_then_the_busiest():
    rows = [labeler("a", 5), labeler("b", 9), labeler("c", 1, flags=[{"kind": "gold"}])]
    assert [row["labeler"] for row in ordered(rows, "")] == ["c", "b", "a"]
    assert [row["labeler"] for row in ordered(rows, "nonsense")] == ["c", "b", "a"]


@pytest.mark.parametrize(("sort", "names"), [("gold", "bac"), ("-gold", "abc")])
def test_what_is_lacking_comes_last_in_either_direction(sort, names):
    right = {"right": 1, "n": 10, "lower": 0.5, "upper": 1.0}
    rows = [
        labeler("c"),
        labeler("a", gold=right | {"accuracy": 0.9}),
        labeler("b", gold=right | {"accuracy": 0.7}),
    ]
    assert "".join(row["labeler"] for row in ordered(rows, sort)) == names


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_every_column_sorts_rows_that_lack_everything(column):
    assert len(ordered([labeler("a"), labeler("b")], column.key)) == 2


def test_a_head_turns_its_own_order_round_and_keeps_the_choice():
    by_key = {head.key: head for head in heads("gold", "&kind=person")}
    assert by_key["gold"].link == "?sort=-gold&kind=person"
    assert by_key["gold"].direction == "ascending"
    assert by_key["judgments"].link == "?sort=-judgments&kind=person"
    assert by_key["judgments"].direction == ""


def test_the_board_finds_by_name_pseudonym_kind_and_flags():
    known = labeler("judge 7", pseudonym="wary-owl")
    assert [row["labeler"] for row in matching([known], {"q": "OWL"})] == ["judge 7"]
    assert [row["labeler"] for row in matching([known], {"q": "Judge"})] == ["judge 7"]
    rows = [labeler("Ana"), labeler("bo", kind="imported"), labeler("ann", flags=[{"kind": "x"}])]
    assert [row["labeler"] for row in matching(rows, {"q": "AN"})] == ["Ana", "ann"]
    assert [row["labeler"] for row in matching(rows, {"kind": "imported"})] == ["bo"]
    assert [row["labeler"] for row in matching(rows, {"flagged": True})] == ["ann"]


def test_rows_come_in_pages():
    rows = [labeler(str(number)) for number in range(PAGE + 1)]
    assert (len(page_of(rows, 1)[0]), page_of(rows, 1)[1]) == (PAGE, True)
    assert (len(page_of(rows, 2)[0]), page_of(rows, 2)[1]) == (1, False)
    assert page_of(rows, 3) == ([], False)


def test_numbers_that_are_lacking_are_none():
    row = shown(labeler("a"))
    assert (row.gold, row.others, row.repeats, row.position, row.length, row.time) == (None,) * 6
    assert (row.reliability, row.standing, row.kind) == (None, "", "person")


def test_every_flag_that_is_raised_has_words_for_its_evidence():
    share = {"agreement": 0.2, "n": 1000, "lower": 0.15, "upper": 0.25}
    swayed = {"n": 100, "p": 1e-9, "q": 2e-9, "flagged": True}
    row = labeler(
        "a",
        id=1,
        gold={"right": 3, "n": 20, "accuracy": 0.15, "minimum": 0.75, "p": 1e-8},
        reliability=0.1,
        leave_one_out=share,
        self_consistency=share,
        position=swayed | {"first": 0.93},
        length=swayed | {"longer": 0.97},
        seconds_detail={"fast_lower": 0.7, "fast_share": 0.8, "fast": 80, "n": 100, "median": 3.0},
    )
    raised = []
    for sure in ((0.05, 0.2), (0.5, 0.7)):
        raised += flags_of(row, policy=PolicyVersion(), sure={1: sure}, pooled=0.8)
    told = {flag["kind"]: flag_in_words(flag).evidence for flag in raised}
    assert set(told) == set(KINDS)
    assert told["gold"] == "3 of 20 right, at least 75% asked; by chance: p < 0.001"
    assert told["position"] == "the first in 93% of 100, q < 0.001"
    assert told["adversarial"] == "reliability 0.10, below ½ (99%: 0.05–0.20, of 3 pairs)"
    assert told["fast"] == "80 of 100 sooner than one could skim them; median 0:03"
    assert flag_in_words({"kind": "new one", "evidence": {"x": 1}}).words == "new one"


def test_numbers_are_rounded_and_not_cut():
    assert (percents(2 / 3), decimals(0.666), decimals(-0.006)) == ("66.7%", "0.67", "-0.01")
    assert (chance(0.0496), chance(0.00099)) == ("0.050", "< 0.001")
    assert (thousands(12345.6), whole(1043.5), whole(1044.5)) == ("12,346", "1044", "1044")


def test_an_alpha_is_read_as_krippendorff_does():
    body = {
        "alpha": {"nominal": 0.8, "ordinal": 0.667, "interval": None},
        "alpha_intervals": {"nominal": [0.7, 0.9], "ordinal": [None, None], "interval": [None] * 2},
    }
    told = [(str(alpha.level), alpha.value, str(alpha.words)) for alpha in alphas_of(body)]
    assert told == [
        ("nominal", 0.8, "good"),
        ("ordinal", 0.667, "tentative"),
        ("interval", None, ""),
    ]


def test_agreement_without_an_interval_is_a_point():
    body = {"raw": 0.7, "raw_lower": None, "raw_upper": None, "pairs": 1}
    raw = raw_of(body)
    assert raw is not None
    assert (raw.lower, raw.upper, raw.bar.start) == (0.7, 0.7, "70.00%")
    assert raw_of(body | {"raw": None}) is None
    assert [leaning.lean for leaning in leanings_of({"position": None, "length": None})] == [
        None,
        None,
    ]
