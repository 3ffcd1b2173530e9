"""Limits as people write them, and one clear message for what is none."""

import pytest

from slimpack.errors import ConfigError
from slimpack.model.gate import Allowed, Metric
from slimpack.project.gates import gates


@pytest.mark.parametrize(
    ("text", "metric", "allowed", "limit"),
    [
        ("init 300ms", Metric.INIT, Allowed.VALUE, 300.0),
        ("init 1.5s", Metric.INIT, Allowed.VALUE, 1500.0),
        ("init +10%", Metric.INIT, Allowed.PER_CENT, 10.0),
        ("init + 2.5 %", Metric.INIT, Allowed.PER_CENT, 2.5),
        ("init +30ms", Metric.INIT, Allowed.MORE, 30.0),
        ("  peak-rss   200MB ", Metric.PEAK_RSS, Allowed.VALUE, 200 * 1024**2),
        ("peak-rss +20MB", Metric.PEAK_RSS, Allowed.MORE, 20 * 1024**2),
        ("peak-rss +0.5%", Metric.PEAK_RSS, Allowed.PER_CENT, 0.5),
    ],
)
def test_limits(text: str, metric: Metric, allowed: Allowed, limit: float) -> None:
    (found,) = gates([text], against=True)
    assert (found.metric, found.allowed, found.limit, found.text) == (metric, allowed, limit, text)


@pytest.mark.parametrize(
    ("text", "what", "do"),
    [
        ("", "it is empty", "write"),
        ("init", '"init" is no limit', "init 300ms"),
        ("init 10", '"init 10" is no limit', "init 300ms"),
        ("init 10%", '"init 10%" is no limit', "init +10%"),
        ("init 0ms", "is no limit", "init 300ms"),
        ("init +-3%", "is no limit", "init +10%"),
        ("init 20MB", "is no limit", "init 300ms"),
        ("peak-rss 20ms", "is no limit", "peak-rss 200MB"),
        ("inti +10%", "names nothing that is measured here: inti", "did you mean init?"),
        ("zip +5%", "names nothing that is measured here: zip", "write"),
    ],
)
def test_what_is_none(text: str, what: str, do: str) -> None:
    with pytest.raises(ConfigError) as caught:
        gates([text], against=True)
    (problem,) = caught.value.problems
    assert what in problem.what
    assert do in problem.do
    assert problem.where == "--fail-on"


def test_more_than_what_needs_a_reference() -> None:
    with pytest.raises(ConfigError, match="there is none") as caught:
        gates(["init +10%", "init 300ms", "init nothing"], against=False)
    assert len(caught.value.problems) == 2
