"""The table of a run, what it says of who dropped out, and how it draws itself."""

import math
import sys
import xml.etree.ElementTree as ET
from typing import Any

import pytest

import course as sy
from course.federated.line_chart import line_chart
from course.federated.progress import progress_bar


def history() -> sy.History:
    made = sy.History("FedAvg(), 2 of 3 clients a round")
    for n in range(1, 4):
        row = {"round": n, "clients": 2, "dropped": 0, "loss": 1 / n, "seconds": 0.1, "accuracy": n / 10}
        made.rows.append(row)
    return made


def test_a_history_is_a_table() -> None:
    made = history()
    assert made.frame.columns.tolist() == ["clients", "dropped", "loss", "seconds", "accuracy"]
    assert made.frame.index.tolist() == [1, 2, 3]
    assert made["accuracy"].tolist() == [0.1, 0.2, 0.3]
    assert len(made) == 3
    assert [row["round"] for row in made] == [1, 2, 3]
    assert made.measured() == ["loss", "accuracy"]
    assert repr(made).startswith("FedAvg(), 2 of 3 clients a round: 3 rounds\n")


def test_who_dropped_out_is_said_with_the_error_and_nothing_is_kept_alive() -> None:
    made = history()
    error = RuntimeError("<no> memory")
    made.note_drop(2, "bob", error)
    made.note_drop(3, "alice", None)
    assert made.dropped["error"].tolist() == ["RuntimeError: <no> memory", "dropped out, as asked for"]
    assert all(isinstance(value, (int, str)) for drop in made.drops for value in drop.values())
    assert "bob in round 2 (RuntimeError: <no> memory); alice in round 3 (dropped out, as asked for)" in repr(made)
    assert "RuntimeError: &lt;no&gt; memory" in made._repr_html_()
    for n in range(5):
        made.note_drop(4, n, None)
    assert repr(made).splitlines()[1].endswith(", and 4 more")


def test_a_history_without_rounds() -> None:
    made = sy.History("FedAvg()")
    assert made.frame.empty
    assert repr(made) == "FedAvg(): 0 rounds"
    assert made._repr_html_() == "<p>FedAvg(): 0 rounds</p>"


def test_a_plot_has_a_line_for_each_column_and_names_it() -> None:
    svg = ET.fromstring(history().plot().svg)
    space = "{http://www.w3.org/2000/svg}"
    lines = [path for path in svg.iter(f"{space}path") if path.get("stroke-width") == "2"]
    assert [len(line.get("d", "").split("L")) for line in lines] == [3, 3]
    words = [text.text for text in svg.iter(f"{space}text")]
    assert {"loss 0.3333", "accuracy 0.3", "round", "1", "3"} <= set(words)
    assert svg.get("aria-label") == (
        "FedAvg(), 2 of 3 clients a round. loss: from 1 to 0.3333; accuracy: from 0.1 to 0.3"
    )
    assert history().plot("accuracy").svg.count("<path") == 2  # axes and one line
    with pytest.raises(KeyError, match="no column 'acuracy' in this history: loss, accuracy"):
        history().plot("acuracy")
    assert "svg" in repr(history().plot())


def test_a_line_is_where_its_values_are() -> None:
    svg = ET.fromstring(line_chart({"a<b": [(1, 0.0), (2, 10.0), (3, 5.0)]}, "t"))
    (line,) = [path for path in svg.iter() if path.get("stroke-width") == "2"]
    (x1, low), (x2, high), (x3, middle) = [map(float, point.split(",")) for point in line.get("d", "")[1:].split("L")]
    assert x2 - x1 == pytest.approx(x3 - x2)
    assert low - middle == pytest.approx(middle - high)
    assert high < low  # SVG counts downwards


def test_names_of_several_lines_stand_behind_their_dashes() -> None:
    several = ET.fromstring(line_chart({name: [(1, 0.0), (2, 1.0)] for name in ("loss", "accuracy", "right")}, "t"))
    paths = [one for one in several.iter() if one.get("stroke-width") == "2"]
    drawn, keys = ([one.get("stroke-dasharray") for one in paths if one.tag.endswith(tag)] for tag in ("path", "line"))
    assert drawn == keys and len(set(keys)) == 3
    ends = [float(one.get("x2", "")) for one in paths if one.tag.endswith("line")]
    names = [float(one.get("x", "")) for one in several.iter() if one.get("fill", "").startswith("#")]
    assert len(names) == 3 and max(ends) < min(names)


def test_values_that_are_not_finite_leave_a_gap() -> None:
    chart = line_chart({"loss": [(1, 1.0), (2, math.nan), (3, 2.0), (4, math.inf), (5, 3.0)]}, "t")
    (line,) = [path for path in ET.fromstring(chart).iter() if path.get("stroke-width") == "2"]
    assert line.get("d", "").count("M") == 3
    assert line_chart({"loss": [(1, math.nan)]}, "t") == "<p>t: nothing to draw yet</p>"
    ET.fromstring(line_chart({"one": [(1, 2.0)]}, "one point"))


class Terminal:
    def __init__(self, watched: bool) -> None:
        self.watched, self.written = watched, ""

    def isatty(self) -> bool:
        return self.watched

    def write(self, words: str) -> None:
        self.written += words

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(("watched", "wanted"), [(True, True), (True, False), (False, True)])
def test_a_bar_shows_only_where_somebody_watches(monkeypatch: Any, watched: bool, wanted: bool) -> None:
    terminal = Terminal(watched)
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar(4, wanted) as say:
        say(2, "loss 0.5")
    if watched and wanted:
        assert terminal.written.startswith(f"\r[{' ' * 20}] 0 of 4 rounds")
        assert "\r[##########          ] 2 of 4 rounds loss 0.5" in terminal.written
        assert terminal.written.endswith("\r" + " " * 78 + "\r")
    else:
        assert terminal.written == ""


def test_names_beside_the_lines_take_the_room_that_there_is():
    long = "FedAvg, one owner a label, five epochs"
    page = ET.fromstring(line_chart({long: [(1, 0.5), (2, 0.25)], "w" * 99: [(1, 0.5), (2, 0.125)]}, "t"))
    texts = [text for text in page.iter() if text.tag.endswith("text")]
    named = [text for text in texts if " 0." in text.text]
    assert named[0].text == f"{long} 0.25" and named[1].text.endswith("w… 0.125")
    assert all(float(text.get("x")) + 7 * len(text.text) <= 700 for text in named)
    (end,) = [float(text.get("x")) for text in texts if text.text == "2"]
    assert end < float(named[0].get("x")) and end > 300
    short = ET.fromstring(line_chart({"loss": [(1, 0.5), (2, 0.25)]}, "t"))
    assert max(float(text.get("x")) for text in short.iter() if text.tag.endswith("text")) > 580


def test_a_chart_writes_its_ticks_below_the_axis_in_place_of_numbers() -> None:
    line = {"loss": list(enumerate([1.0, 2.0, 3.0]))}
    svg = ET.fromstring(line_chart(line, "t", "noise", ticks=[0, 0.1, 3]))
    below = [text for text in svg.iter("{http://www.w3.org/2000/svg}text") if text.text in ("0", "0.1", "3")]
    places = [float(text.attrib["x"]) for text in below if float(text.attrib["y"]) > 204]
    assert places == sorted(places)
    assert len(places) == 3
    assert places[1] - places[0] == pytest.approx(places[2] - places[1])
    assert ">0</text>" not in line_chart(line, "t", "noise", ticks=["a", "b", "c"])
