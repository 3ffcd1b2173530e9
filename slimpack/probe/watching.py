"""Hooks that hear what a program loads, opens, lists, asks for and does not find; and the place it expects to run in.

Nothing but `telling` is imported before sys.path is as Lambda has it but what every interpreter has loaded by then.
"""

# pathlib would be loaded before the program is, and only sys._getframe knows who calls:
# ruff: noqa: PTH120, PTH123, SLF001

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from slimpack.probe.telling import Watch, unescape
else:
    from telling import Watch, unescape  # beside this file: its folder is on the path until `prepare`

HERE = os.path.dirname(__file__) + "/"
FROZEN = "<frozen importlib"
DEPTH = 24
METADATA = ("/importlib/metadata", "/importlib_metadata", "/pkg_resources/")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.mkdir": ((0, 2),), "os.remove": ((0, 1),), "os.rmdir": ((0, 1),), "os.rename": ((0, 2), (1, 3)),
    "os.link": ((1, 3),), "os.symlink": ((1, 2),), "os.chmod": ((0, 2),), "os.chown": ((0, 3),),
    "os.truncate": ((0, 9),), "os.utime": ((0, 3),),
}  # fmt: skip
"""Audit events that change the file system: which arguments are the paths, and which their folders' descriptors."""
ASKS = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}
STARTS = {"subprocess.Popen", "os.exec", "os.posix_spawn"}
RESOLVES = ("realpath", "_joinrealpath", "resolve", "_resolve")
LOOPBACK = ("127.", "::1", "localhost")


watch = Watch(-1)


def frames() -> "Iterator[Any]":
    """The frames above the caller's own, nearest first."""
    frame: Any = sys._getframe(2)
    for _ in range(DEPTH):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def origin(first: int) -> str:
    """Who asks: "import" (the import system), "metadata", "message" (source lines for a traceback), else "".

    `first` is the number of the first frame outside this file.
    """
    answer = ""
    for number, frame in enumerate(frames()):
        name, function = frame.f_code.co_filename, frame.f_code.co_name
        if name.startswith(FROZEN):
            if function == "get_data" and frame.f_back and not frame.f_back.f_code.co_filename.startswith(FROZEN):
                continue  # pkgutil.get_data and its like: the program reads data through the loader
            return "import" if number == first else "" if answer == "source" else answer
        short = name[-24:]
        if short.endswith("inspect.py"):
            if function == "getframeinfo":
                return "message"
            answer = "" if function in ("getsource", "getsourcelines", "findsource") else answer or "message"
            if not answer:
                answer = "source"
        elif answer != "source" and short.endswith(("linecache.py", "traceback.py", "warnings.py")):
            answer = "message"
        elif not answer and any(folder in name for folder in METADATA):
            return "metadata"
    return "" if answer == "source" else answer


def pattern() -> str:
    """The pattern of the glob that lists a directory now, or "" for a plain listing."""
    for frame in frames():
        name, file = frame.f_code.co_name, frame.f_code.co_filename
        if "lib/python" not in file:
            continue
        if name in ("glob", "rglob", "iglob"):
            found = frame.f_locals.get("pattern", frame.f_locals.get("pathname", ""))
            return os.fsdecode(found) if isinstance(found, (str, bytes)) else str(found)
        if name == "select_wildcard":  # pathlib's generators of Python 3.13 on hold a compiled pattern only
            compiled = getattr(frame.f_locals.get("match"), "__self__", None)
            return "re:" + compiled.pattern if compiled is not None else ""
    return ""


def refuse(name: str, path: object = None) -> None:
    """Fail as the system does: EROFS on Lambda's read-only mount, ENETUNREACH without a network."""
    import errno

    number = getattr(errno, name)
    raise OSError(number, os.strerror(number), path)


def refuse_network(event: str, arguments: "Any") -> None:
    """Fail as an unplugged machine does, but for what stays on it."""
    address = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[1]
    host = address[0] if isinstance(address, tuple) and address else address
    if host in (None, "", b"", 0) or (event == "socket.connect" and not isinstance(address, tuple)):
        return  # a local socket, or the wildcard of a server
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if not host.startswith(LOOPBACK):
        watch.once("network", host)
        refuse("ENETUNREACH")


def on_open(arguments: "Any") -> None:
    """A file is about to be opened."""
    path = watch.inside(arguments[0])
    if path is None:
        return
    mode, flags = (*arguments[1:], None, None)[:2]
    if not mode and not os.fsdecode(arguments[0]).startswith("/"):
        return  # os.open, perhaps relative to a dir_fd, which the event does not tell
    if (isinstance(flags, int) and flags & WRITES) or set(str(mode or "")) & set("wax+"):
        refuse("EROFS", arguments[0])
    who = origin(2)
    if who == "metadata" and any(frame.f_code.co_name == "entry_points" for frame in frames()):
        return  # a search through all distributions: it is told as such by Finder
    if who not in ("import", "message"):
        watch.once("open", path)


def on_list(arguments: "Any") -> None:
    """A folder is about to be listed."""
    path = watch.inside(arguments[0] if arguments and arguments[0] is not None else ".")
    if path is None:
        return
    if origin(2) == "":
        watch.once("list", path, pattern())


def on_import(arguments: "Any") -> None:
    """A module is asked for that is not loaded; it may be there and fail, which no module set shows."""
    watch.once("tried", arguments[0])
    for loaded in watch.extensions:
        loaded.add(arguments[0])


def on_mapping(arguments: "Any") -> None:
    """A library is loaded by its path, or a program is started."""
    path = watch.inside(arguments[0])
    if path is not None and "/" in os.fsdecode(arguments[0]):
        watch.once("open", path)


def on_start(arguments: "Any") -> None:
    """A program is started: it, and what its arguments name, is opened where nobody can watch."""
    on_mapping(arguments)
    words = arguments[1] if isinstance(arguments[1], (list, tuple)) else ()
    for word, following in zip(words, [*words[1:], None]):  # noqa: B905 not in Python 3.9
        if word == "-m" and isinstance(following, str):
            watch.once("asked", following)
        elif isinstance(word, (str, bytes)) and os.fsencode(word).startswith(b"/"):
            on_mapping((word,))


def refuse_change(event: str, arguments: "Any") -> None:
    """Fail where what is to be changed is below the roots."""
    for path, folder in CHANGES[event]:
        changed = located(arguments[path], arguments[folder] if folder < len(arguments) else -1)
        if watch.inside(changed) is not None:
            refuse("EROFS", arguments[path])


def located(path: "Any", folder: "Any") -> "Any":
    """The path, joined to the folder that a descriptor stands for; None where nobody can say which."""
    if isinstance(folder, int) and folder >= 0 and not isinstance(path, int):
        try:
            return "{}/{}".format(os.readlink("/proc/self/fd/{}".format(folder)), os.fsdecode(path))  # noqa: PTH115 no pathlib
        except OSError:
            return None
    return path


HEARD = {
    "open": on_open, "os.listdir": on_list, "os.scandir": on_list, "import": on_import, "ctypes.dlopen": on_mapping,
    **dict.fromkeys(STARTS, on_start),
}  # fmt: skip


def on_audit(event: str, arguments: "Any") -> None:
    """Whatever the interpreter announces; most of it concerns nobody here, so one look-up decides."""
    hear = HEARD.get(event)
    if hear is not None:
        hear(arguments)
    elif event in CHANGES:
        refuse_change(event, arguments)
    elif event in ASKS and not watch.plugged:
        refuse_network(event, arguments)


def resolves(frame: "Any") -> bool:
    """Whether a path is made real: that stats each part of it, and gives the same where nothing is there."""
    name, function = frame.f_code.co_filename, frame.f_code.co_name
    return function in RESOLVES and name.endswith(("posixpath.py", "pathlib.py", "pathlib/__init__.py"))


class Asked:
    """Stands for one of os.stat's family; not a function, so that it never binds as a method (pathlib of 3.9)."""

    def __init__(self, name: str) -> None:
        self.original = getattr(os, name)
        self.__name__ = name
        self.__doc__ = self.original.__doc__
        for known in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
            if self.original in known:
                known.add(self)
        setattr(os, name, self)

    def __call__(self, path: "Any", *arguments: "Any", **options: "Any") -> "Any":
        """Tell, then ask."""
        inside = watch.inside(path) if options.get("dir_fd") is None else None
        if inside is not None and not resolves(sys._getframe(1)) and origin(1) == "":
            watch.once("stat", inside)
        return self.original(path, *arguments, **options)


class Finder:
    """On sys.meta_path twice: the first sees what find_spec is asked for, the last what nobody found."""

    def __init__(self, *, last: bool) -> None:
        self.last = last

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> None:  # noqa: ARG002 a finder's signature
        """Tell who asks, and find nothing."""
        asked = any("importlib.util" in frame.f_code.co_filename or "importlib/util" in frame.f_code.co_filename
                    for frame in frames())  # fmt: skip
        how = "find_spec" if asked else "import"
        if self.last:
            watch.once("unfound", name, how, *[str(entry) for entry in (sys.path if path is None else path)])
        elif asked:
            watch.once("asked", name)

    def find_distributions(self, context: "Any" = None) -> "Iterator[Any]":
        """Tell which metadata is asked for, and find none."""
        if not self.last:
            return iter(())
        name = getattr(context, "name", None)
        if name:
            watch.once("distribution", name)
            return iter(())
        for frame in frames():
            options = frame.f_locals.get("params")
            if frame.f_code.co_name == "entry_points" and isinstance(options, dict):
                watch.once("plugins", options.get("group", ""))
                return iter(())
        watch.once("plugins", "")
        return iter(())


def watch_extensions() -> None:
    """Tell apart what each extension module's initialisation imports."""
    loader = sys.modules["_frozen_importlib_external"].ExtensionFileLoader

    def watched(method: "Any") -> "Any":
        def call(self: "Any", subject: "Any") -> "Any":
            name = getattr(subject, "__name__", None) or subject.name
            loaded: set[str] = set()
            watch.extensions.append(loaded)
            try:
                return method(self, subject)
            finally:
                watch.extensions.pop()
                loaded.discard(name)
                if loaded:
                    watch.tell("brought", name, *sorted(loaded))

        return call

    loader.create_module = watched(loader.create_module)
    loader.exec_module = watched(loader.exec_module)


def use_bytecode(sources: str, folder: str) -> None:
    """Let the import system look for the bytecode of `sources` in `folder`, so that the sources' folder stays true."""
    external: Any = sys.modules["_frozen_importlib_external"]
    original, stat = external.cache_from_source, os.stat

    def cache_from_source(path: str, *arguments: "Any", **options: "Any") -> "Any":
        if path.startswith(sources + "/"):
            beside = folder + path[len(sources) :] + "c"
            try:
                stat(beside)
            except OSError:  # none is given: the import system's own place
                pass
            else:
                return beside
        return original(path, *arguments, **options)

    external.cache_from_source = cache_from_source


def modules() -> "set[str]":
    """The names of what is loaded."""
    return {name for name, module in list(sys.modules.items()) if module is not None}


def mapped() -> None:
    """Tell which shared objects are mapped."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as stream:
            paths = {line.split(maxsplit=5)[5].strip() for line in stream if line.count("/") > 1}
    except OSError:
        return
    for path in sorted(paths):
        if watch.inside(path) is not None:
            watch.once("mapped", path)


def explain(error: BaseException) -> str:
    """The end of the traceback, without the probe's frames."""
    import traceback

    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(HERE)]
    text = traceback.format_list(frames) + traceback.format_exception_only(type(error), error)
    return "\n".join("".join(text).strip().splitlines()[-12:])


def begin() -> "list[list[str]]":
    """Read the request that argv names, open the way for answers, and say hello."""
    request, descriptor = sys.argv[1], int(sys.argv[2])
    with open(request, encoding="utf-8", errors="surrogateescape") as stream:
        rows = [[unescape(field) for field in line.rstrip("\n").split("\t")] for line in stream]
    sys.argv[:] = [""]
    os.set_inheritable(descriptor, False)  # noqa: FBT003 as os wants it
    watch.descriptor = descriptor
    watch.tell("hello", sys.version.split()[0])
    return rows


def prepare(rows: "list[list[str]]") -> None:
    """Become the place the program expects, and watch."""
    arrange(rows)
    listen()


def arrange(rows: "list[list[str]]") -> None:
    """Become the place the program expects: its path, its built-in names, nothing of ours."""
    for name in ("telling", "watching"):
        sys.modules.pop(name, None)  # the program may have modules of these names
    flat = {row[0]: row[1:] for row in rows}
    if not {"cost", "own", "postponed"} & flat.keys():  # what is timed collects as it does in Lambda
        spare_collections()
    watch.roots = tuple(flat.get("root", ()))
    watch.plugged = "network" in flat
    import site  # Lambda's interpreter runs it: exit, quit, help and copyright are built in

    site.setquit()
    site.setcopyright()
    site.sethelper()
    sys.path[0:1] = [*flat["path"], *flat.get("client", ())]
    for folder in flat.get("site", ()):
        site.addsitedir(folder)
    if "bytecode" in flat:
        use_bytecode(*flat["bytecode"])


def listen() -> None:
    """Begin to watch."""
    for name in ("stat", "lstat", "access"):
        Asked(name)
    watch_extensions()
    sys.meta_path.insert(0, Finder(last=False))
    sys.meta_path.append(Finder(last=True))
    sys.addaudithook(on_audit)


def spare_collections() -> None:
    """Collect garbage rarely: what an import makes stays. A tenth of the time; the module is given back unloaded."""
    import gc

    gc.set_threshold(100_000, 50, 50)
    del sys.modules["gc"]


def leave(end: "Any" = os._exit) -> None:
    """End here: all is told, and to take a large program apart took a fifth of the run. A program may replace _exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # whatever the program put there  # noqa: S112
            continue
    end(0)
