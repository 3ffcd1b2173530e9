"""Init before and after, in fresh processes."""

from pathlib import Path

import pytest
from sandboxes import interpreter, project_in, tools_in, tree_with, zip_of

from slimpack.errors import ToolError
from slimpack.measure import measure

HANDLER = "\ndef handler(event, context):\n    return event\n"


def test_every_variant_has_its_samples_and_the_modules_their_importers(tmp_path: Path) -> None:
    tools = tools_in(tmp_path)
    tree = tree_with(
        {"app.py": "import lib" + HANDLER}, {"lib/__init__.py": "import csv\nprint('noise')\n", "lib/x.py": ""}
    )
    timing = measure(
        zip_of(tree, tmp_path, dropped={"lib/x.py": "unreachable"}),
        original=tree,
        project=project_in(tmp_path),
        interpreter=interpreter(tools),
        runs=3,
        tools=tools,
    )
    for samples in (timing.before, timing.after, timing.floor):
        assert len(samples.cpu) == len(samples.wall) == len(samples.rss) == 3
        assert min(samples.cpu) > 0
        assert min(samples.wall) > 0
        assert samples.peak_rss > 1_000_000
    assert timing.after.median_wall > timing.floor.median_wall
    parents = {time.module: time.parent for time in timing.modules}
    assert {time.module: time.parent for time in timing.modules_before} == parents
    assert parents["app"] == ""
    assert parents["lib"] == "app"
    assert parents["csv"] == "lib"
    assert "encodings" not in parents


def test_an_entry_point_that_fails_is_a_tool_error_with_its_last_words(tmp_path: Path) -> None:
    tools = tools_in(tmp_path)
    tree = tree_with({"app.py": "raise RuntimeError('no way')"})
    with pytest.raises(ToolError, match="no way"):
        measure(
            zip_of(tree, tmp_path, dropped={}),
            original=tree,
            project=project_in(tmp_path),
            interpreter=interpreter(tools),
            runs=1,
            tools=tools,
        )
