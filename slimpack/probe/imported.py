"""Import modules one after another and say, as it happens, what that loads, opens, lists, asks for and does not find.

Runs inside the target's interpreter (Python 3.9 on), by itself: `imported.py REQUEST DESCRIPTOR START`. REQUEST holds
tab-separated rows: `path DIRECTORY…` (put first on sys.path), `root DIRECTORY…` (what is worth telling about),
`bytecode SOURCES FOLDER` (bytecode of sources below SOURCES lies in FOLDER), `read-only` (writes below the roots fail),
`entry MODULE ATTRIBUTE`, `module NAME`. Answers are rows of the same form, written to DESCRIPTOR.

Nothing is imported before sys.path is as Lambda has it but what every interpreter has loaded by then.
"""

import os
import sys

FROZEN = "<frozen importlib"
DEPTH = 24
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate",
    "os.utime",
}  # fmt: skip
ASKS = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}
STARTS = {"subprocess.Popen", "os.exec", "os.posix_spawn"}
LOOPBACK = ("127.", "::1", "localhost")


def escape(field):
    return str(field).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def unescape(field):
    parts = field.split("\\\\")
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in parts)


class Watch:
    """What is watched, and where it is told."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.roots = ()
        self.read_only = False
        self.told = set()
        self.extensions = []

    def tell(self, *fields):
        row = "\t".join([escape(field) for field in fields]) + "\n"
        data = row.encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(self.descriptor, data) :]

    def once(self, *fields):
        if fields not in self.told:
            self.told.add(fields)
            self.tell(*fields)

    def inside(self, path):
        """The absolute form of a path below one of the roots, else None."""
        if isinstance(path, int) or path is None:
            return None
        try:
            text = os.fsdecode(path)
        except TypeError:
            return None
        if not text.startswith("/"):
            text = os.path.join(os.getcwd(), text)
        if "/." in text or "//" in text or text.endswith("/"):
            text = os.path.normpath(text)
        for root in self.roots:
            if text == root or text.startswith(root + "/"):
                return text
        return None


watch = Watch(-1)


def frames():
    frame = sys._getframe(2)
    for _ in range(DEPTH):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def origin(first):
    """Who asks, `first` being the number of the first frame outside this file: "import" (the import system), "metadata", "message" (source lines for a traceback), else ""."""
    answer = ""
    for number, frame in enumerate(frames()):
        name, function = frame.f_code.co_filename, frame.f_code.co_name
        if name.startswith(FROZEN):
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
        elif not answer and ("/importlib/metadata/" in name or "/importlib_metadata/" in name):
            return "metadata"
        elif not answer and "/pkg_resources/" in name:
            return "metadata"
    return "" if answer == "source" else answer


def pattern():
    """The pattern of the glob that lists a directory now, or "" for a plain listing."""
    for frame in frames():
        code = frame.f_code
        if code.co_name in ("glob", "rglob", "iglob") and "lib/python" in code.co_filename:
            found = frame.f_locals.get("pattern", frame.f_locals.get("pathname", ""))
            return os.fsdecode(found) if isinstance(found, (str, bytes)) else str(found)
    return ""


def refuse_write(path):
    import errno

    raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


def refuse_network(event, arguments):
    address = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[1]
    host = address[0] if isinstance(address, tuple) and address else address
    if host in (None, "", b"", 0) or event == "socket.connect" and not isinstance(address, tuple):
        return  # a local socket, or the wildcard of a server
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if not host.startswith(LOOPBACK):
        import errno

        watch.once("network", host)
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))


def on_open(arguments):
    path = watch.inside(arguments[0])
    if path is None:
        return
    flags = arguments[2] if len(arguments) > 2 else 0
    if watch.read_only and isinstance(flags, int) and flags & WRITES:
        refuse_write(arguments[0])
    who = origin(2)
    if who not in ("import", "message"):
        watch.once("open", path)


def on_list(arguments):
    path = watch.inside(arguments[0] if arguments and arguments[0] is not None else ".")
    if path is None:
        return
    who = origin(2)
    if who == "":
        watch.once("list", path, pattern())


def on_audit(event, arguments):
    if event == "open":
        on_open(arguments)
    elif event in ("os.listdir", "os.scandir"):
        on_list(arguments)
    elif event == "import":
        for loaded in watch.extensions:
            loaded.add(arguments[0])
    elif event in CHANGES:
        if watch.read_only and watch.inside(arguments[0]) is not None:
            refuse_write(arguments[0])
    elif event == "ctypes.dlopen" or event in STARTS:
        path = watch.inside(arguments[0])
        if path is not None and "/" in os.fsdecode(arguments[0]):
            watch.once("open", path)
    elif event in ASKS:
        refuse_network(event, arguments)


class Asked:
    """Stands for one of os.stat's family; not a function, so that it never binds as a method (pathlib of 3.9)."""

    def __init__(self, name):
        self.original = getattr(os, name)
        self.__name__ = name
        self.__doc__ = self.original.__doc__
        for known in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
            if self.original in known:
                known.add(self)
        setattr(os, name, self)

    def __call__(self, path, *arguments, **options):
        inside = watch.inside(path)
        if inside is not None and origin(1) == "":
            watch.once("stat", inside)
        return self.original(path, *arguments, **options)


class Finder:
    """On sys.meta_path twice: the first sees what find_spec is asked for, the last what nobody found."""

    def __init__(self, last):
        self.last = last

    def find_spec(self, name, path=None, target=None):
        asked = any("importlib.util" in frame.f_code.co_filename or "importlib/util" in frame.f_code.co_filename
                    for frame in frames())  # fmt: skip
        how = "find_spec" if asked else "import"
        if self.last:
            watch.once("unfound", name, how, *[str(entry) for entry in (sys.path if path is None else path)])
        elif asked:
            watch.once("asked", name)

    def find_distributions(self, context=None):
        if not self.last:
            return ()
        name = getattr(context, "name", None)
        if name:
            watch.once("distribution", name)
            return ()
        for frame in frames():
            options = frame.f_locals.get("params")
            if frame.f_code.co_name == "entry_points" and isinstance(options, dict):
                watch.once("plugins", options.get("group", ""))
                return ()
        watch.once("plugins", "")
        return ()


def watch_extensions():
    """Tell apart what each extension module's initialisation imports."""
    loader = sys.modules["_frozen_importlib_external"].ExtensionFileLoader

    def watched(method):
        def call(self, subject):
            name = getattr(subject, "__name__", None) or subject.name
            loaded = set()
            watch.extensions.append(loaded)
            try:
                return method(self, subject)
            finally:
                watch.extensions.pop()
                if loaded:
                    watch.tell("brought", name, *sorted(loaded))

        return call

    loader.create_module = watched(loader.create_module)
    loader.exec_module = watched(loader.exec_module)


def use_bytecode(sources, folder):
    """Let the import system look for the bytecode of `sources` in `folder`, so that the sources' folder stays true."""
    external = sys.modules["_frozen_importlib_external"]
    original, stat = external.cache_from_source, os.stat

    def cache_from_source(path, *arguments, **options):
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


def modules():
    return {name for name, module in list(sys.modules.items()) if module is not None}


def mapped():
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as stream:
            paths = {line.split(maxsplit=5)[5].strip() for line in stream if line.count("/") > 1}
    except OSError:
        return
    for path in sorted(paths):
        if watch.inside(path) is not None:
            watch.once("mapped", path)


def explain(error):
    """The end of the traceback, without this file's frames."""
    import traceback

    shown = error.__traceback__
    while shown is not None and shown.tb_frame.f_code.co_filename == __file__:
        shown = shown.tb_next
    lines = "".join(traceback.format_exception(type(error), error, shown)).strip().splitlines()
    return "\n".join(lines[-12:])


def bring(name):
    """Import one module and tell what came of it."""
    watch.tell("begin", name)
    before = modules()
    try:
        __import__(name)
        problem = None
    except BaseException as error:
        problem = "{}: {}".format(type(error).__name__, error), explain(error)
    new = modules() - before
    watch.tell("loaded", name, *sorted(new))
    if new:
        mapped()
    if problem is not None:
        watch.tell("failed", name, *problem)
    return problem is None


def check_attribute(name, attribute):
    if not attribute:
        return  # a module of a layer
    module = sys.modules[name]
    try:
        callable(getattr(module, attribute))
    except AttributeError:
        watch.tell("missing", name, attribute, *sorted(vars(module)))


def prepare(rows):
    flat = {row[0]: row[1:] for row in rows if row[0] in ("path", "root", "bytecode", "read-only")}
    watch.roots = tuple(flat.get("root", ()))
    watch.read_only = "read-only" in flat
    import site  # Lambda's interpreter runs it: exit, quit, help and copyright are built in

    site.setquit(), site.setcopyright(), site.sethelper()
    sys.path[0:1] = flat["path"]
    if "bytecode" in flat:
        use_bytecode(*flat["bytecode"])
    for name in ("stat", "lstat", "access"):
        Asked(name)
    watch_extensions()
    sys.meta_path.insert(0, Finder(False))
    sys.meta_path.append(Finder(True))
    sys.addaudithook(on_audit)


def main():
    request, descriptor = sys.argv[1], int(sys.argv[2])
    with open(request, encoding="utf-8", errors="surrogateescape") as stream:
        rows = [[unescape(field) for field in line.rstrip("\n").split("\t")] for line in stream]
    sys.argv[:] = [""]
    os.set_inheritable(descriptor, False)
    watch.descriptor = descriptor
    watch.tell("hello", sys.version.split()[0])
    prepare(rows)
    start = modules()
    entries = [row for row in rows if row[0] == "entry"]
    good = [bring(row[1]) for row in entries]
    if entries:
        watch.tell("modules", *sorted(modules() - start))
    for row, imported in zip(entries, good):
        if imported:
            check_attribute(row[1], row[2])
    for row in rows:
        if row[0] == "module":
            bring(row[1])
    watch.tell("done")


main()
