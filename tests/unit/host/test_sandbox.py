"""Programs that do not end well, and rows that hold anything."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from sandboxes import interpreter, tools_in

from slimpack.errors import ToolError
from slimpack.host.sandbox import Sandbox, run_probe


def sandbox(folder: Path) -> Sandbox:
    code = folder / "code"
    code.mkdir()
    return Sandbox(interpreter=interpreter(tools_in(folder)), code=code, path=(code,))


def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    box = sandbox(tmp_path)
    mark = tmp_path / "mark"
    child = f"import time; time.sleep(3); open({str(mark)!r}, 'w')"
    (box.code / "app.py").write_text(
        f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(60)\n"
    )
    begun = time.monotonic()
    ended = run_probe("imported", box, request=[("root", str(box.code)), ("entry", "app", "handler")], patience=1)
    assert ended.hung
    assert time.monotonic() - begun < 20
    assert ("begin", "app") in ended.answers
    time.sleep(3)
    assert not mark.exists()


def test_a_grandchild_that_holds_the_pipes_does_not_hold_us(tmp_path: Path) -> None:
    box = sandbox(tmp_path)
    (box.code / "app.py").write_text("import os, time\nif os.fork() == 0:\n    time.sleep(60)\n    os._exit(0)\n")
    begun = time.monotonic()
    ended = run_probe("imported", box, request=[("root", str(box.code)), ("entry", "app", "")])
    assert ("done",) in ended.answers
    assert time.monotonic() - begun < 20


def test_output_is_bounded_and_its_end_is_kept(tmp_path: Path) -> None:
    box = sandbox(tmp_path)
    (box.code / "app.py").write_text("print('x' * 3_000_000)\nprint('the end')\n")
    ended = run_probe("imported", box, request=[("root", str(box.code)), ("entry", "app", "")], output_limit=1000)
    assert len(ended.output) <= 1000
    assert ended.output.endswith("the end\n")


@pytest.mark.parametrize("name", ["with blank", "tab\there", "new\nline", "back\\slash\\t", "ünïcode"])
def test_any_name_comes_through(tmp_path: Path, name: str) -> None:
    box = sandbox(tmp_path)
    (box.code / name).write_text("data")
    (box.code / "app.py").write_text(f"open({name!r}).read()\n")
    ended = run_probe("imported", box, request=[("root", str(box.code)), ("entry", "app", "")])
    assert ("open", f"{box.code}/{name}") in ended.answers


def test_an_interpreter_that_is_not_there_is_a_tool_error(tmp_path: Path) -> None:
    box = sandbox(tmp_path)
    gone = replace(box, interpreter=replace(box.interpreter, executable=str(tmp_path / "never")), network=True)
    with pytest.raises(ToolError, match="cannot start"):
        run_probe("imported", gone)
