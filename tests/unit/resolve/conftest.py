"""One index for all resolver tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_index import LocalIndex, serve, stock
from resolving import tools

from slimpack.host.tools import Tools


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="session")
def index(shelf: Path) -> Iterator[LocalIndex]:
    with serve(shelf) as found:
        yield found


@pytest.fixture
def kit(tmp_path: Path, index: LocalIndex) -> Tools:
    return tools(tmp_path / "kit", UV_DEFAULT_INDEX=index.url, SHOP_INDEX=index.url)
