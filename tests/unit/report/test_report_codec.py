"""JSON round-trips and holds to the schema."""

import json
from pathlib import Path

import jsonschema
import pytest
from report_samples import a_report

from slimpack.errors import ConfigError
from slimpack.report import from_json, to_json

SCHEMA = json.loads((Path(__file__).parents[3] / "slimpack" / "report" / "schema.json").read_text())


@pytest.mark.parametrize("measured", [True, False])
def test_what_is_written_is_read_back_equal(*, measured: bool) -> None:
    report = a_report(measured=measured)
    assert from_json(to_json(report)) == report


def test_report_holds_to_its_schema() -> None:
    jsonschema.validate(json.loads(to_json(a_report())), SCHEMA)


def test_a_report_of_before_a_field_was_added_is_read_with_its_default() -> None:
    report = a_report()
    value = json.loads(to_json(report))
    del value["timing"]["modules_before"]
    assert from_json(json.dumps(value)) == report
    del value["timing"]["modules"]
    with pytest.raises(ConfigError, match=r"not a slimpack report.*modules"):
        from_json(json.dumps(value))


@pytest.mark.parametrize("field", ["artifact", "files", "schema"])
def test_schema_refuses_a_report_without(field: str) -> None:
    value = json.loads(to_json(a_report()))
    del value[field]
    with pytest.raises(jsonschema.ValidationError, match=field):
        jsonschema.validate(value, SCHEMA)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', '{"schema": 99}', "nonsense"])
def test_other_text_is_one_clear_error(text: str) -> None:
    with pytest.raises(ConfigError, match=r"report"):
        from_json(text)
