"""Hand-made profiles for tests of what is said about them."""

from dataclasses import replace

from slimpack.model.profile import Imported, Profile, Requests, Statement, StatementKind
from slimpack.model.timing import Samples

IMPORT, WORK, DEFINITION = StatementKind.IMPORT, StatementKind.WORK, StatementKind.DEFINITION


def samples(cpu: float, *, rss: int = 100 << 20, count: int = 8) -> Samples:
    """About that much, spread by a tenth of a ms a sample."""
    values = tuple(cpu + number / 10 for number in range(count))
    return Samples(cpu=values, wall=values, rss=tuple(rss + number for number in range(count)))


def profile(cpu: float = 200.0, *, floor: float = 40.0, rss: int = 100 << 20, name: str = "app.zip") -> Profile:
    init = samples(cpu, rss=rss)
    return Profile(
        subject=name,
        python="3.13.0",
        floor=samples(floor),
        init=init,
        loading=tuple(value - floor for value in init.cpu),
        floor_loading=(0.0,) * 8,
        read=1 << 20,
        opened=10,
        cold=False,
        entry="app.py",
    )


def with_events(one: Profile, *names: str) -> Profile:
    times = (3.0,) * 8
    requests = (
        Requests(event=name, first_cpu=times, first_wall=times, second_cpu=times, second_wall=times) for name in names
    )
    return replace(one, requests=tuple(requests))


def statement(
    line: int,
    text: str,
    cpu: float,
    *,
    imports: float = 0.0,
    alone: float | None = None,
    kind: StatementKind = WORK,
    needed: tuple[str, ...] | None = (),
    path: str = "app.py",
) -> Statement:
    return Statement(
        path=path,
        line=line,
        text=text,
        cpu=cpu,
        imports=imports,
        alone=cpu - imports if alone is None else alone,
        kind=kind,
        needed=needed,
    )


def imported(
    module: str,
    own: float,
    *,
    owner: str = "",
    cumulative: float | None = None,
    importer: str = "",
    parent: str = "",
    used: tuple[str, ...] | None = (),
    at: str = "",
) -> Imported:
    return Imported(
        module=module,
        owner=owner,
        own=own,
        cumulative=own if cumulative is None else cumulative,
        importer=importer,
        parent=parent,
        used=used,
        saved=0.0,
        statement=at,
    )
