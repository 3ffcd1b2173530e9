"""What a call at import time does, by its dotted name; and what is harmless. The longest match wins; `x.` is all of x.

HARMLESS: it makes a value, and nobody can tell when. READS and MOMENT: its value depends on when it is done. CALL,
DECORATOR, SUBCLASS, METACLASS: not known here. Any other kind: somebody may rely on its having been done.
"""

from __future__ import annotations

HARMLESS = ""
CALL, DECORATOR, SUBCLASS, METACLASS = "call", "decorator", "subclass", "metaclass"
PATCH, REGISTER, PROCESS, IMPORTS, OUTPUT = "patch", "register", "process", "imports", "output"
CHANGED = "changed"
READS, MOMENT = "reads", "moment"
STATE = "state"
"""A function that changes its own module: harmless when that does so on import, but not when another one does."""


def _each(kind: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), kind)


BUILTINS = {
    **_each(OUTPUT, "print input breakpoint"),
    **_each(CALL, "exec eval compile globals locals vars"),
    **_each(PATCH, "setattr delattr"),
    **_each(IMPORTS, "__import__ exit quit"),
    **_each(READS, "open"),
    **_each(
        HARMLESS,
        """abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate
        filter float format frozenset getattr hasattr hash hex id int isinstance issubclass iter len list map max
        memoryview min
        next object oct ord pow property range repr reversed round set slice sorted staticmethod str sum super tuple
        type zip BaseException Exception ArithmeticError AssertionError AttributeError ImportError IndexError KeyError
        LookupError ModuleNotFoundError NameError NotImplementedError OSError OverflowError RuntimeError StopIteration
        SyntaxError SystemError TypeError UnicodeError ValueError ZeroDivisionError""",
    ),
}

CALLS = {
    # Modules of the standard library whose functions only make values.
    **_each(
        HARMLESS,
        """abc. argparse. array. ast. base64. binascii. bisect. calendar. cmath. collections. colorsys. contextlib.
        contextvars. copy. csv. dataclasses. datetime. decimal. difflib. dis. email. encodings. enum. errno. fnmatch.
        fractions. functools. gettext. graphlib. hashlib. heapq. hmac. html. http. inspect. io. ipaddress. itertools.
        json. keyword. linecache. marshal. math. numbers. opcode. operator. os.path. pathlib. pickle. platform.
        posixpath. pprint. queue. re. reprlib. sched. secrets. shlex. stat. statistics. string. stringprep. struct.
        sysconfig. textwrap. timeit. token. tokenize. traceback. types. typing. typing_extensions. unicodedata.
        urllib.parse. uuid. weakref. xml. zlib. zoneinfo. mimetypes.guess_type ssl.SSLContext""",
    ),
    **_each(
        HARMLESS,
        """threading.Lock threading.RLock threading.local threading.Event threading.Condition threading.Semaphore
        threading.BoundedSemaphore threading.current_thread threading.get_ident _thread.allocate_lock
        logging.getLogger logging.NullHandler logging.Formatter sys.getrecursionlimit sys.getfilesystemencoding
        sys.getsizeof sys.intern sys.exc_info sys.getdefaultencoding sys._getframe sys.platform. sys.version.
        sys.executable. sys.byteorder. os.linesep. os.sep. os.fspath os.fsencode warnings.catch_warnings random.Random
        asyncio.iscoroutinefunction ctypes.POINTER ctypes.sizeof ctypes.CFUNCTYPE codecs.lookup""",
    ),
    # Their value depends on when they are asked, or on the machine.
    **_each(
        MOMENT,
        """os.environ.get os.getenv os.environ.copy os.getcwd os.getpid os.cpu_count os.uname os.urandom
        os.get_terminal_size shutil.which time. datetime.datetime.now datetime.datetime.utcnow datetime.date.today
        random. uuid.uuid1 uuid.uuid4 secrets.token_ socket.gethostname tempfile.get locale.get locale.localeconv
        getpass. pwd. importlib.metadata.""",
    ),
    **_each(
        READS,
        """os.listdir os.scandir os.stat os.walk os.access os.path.exists os.path.isfile os.path.isdir os.path.getmtime
        glob. io.open pathlib.Path.home pkgutil.get_data pkgutil.iter_modules importlib.resources. linecache.getline
        importlib.util.find_spec importlib.machinery.""",
    ),
    # The process, for everybody in it.
    **_each(
        PROCESS,
        """sys. os. signal. atexit. gc. locale. faulthandler. resource. warnings. logging. codecs.register threading.
        _thread. asyncio. multiprocessing. concurrent. subprocess. socket. select. ctypes. decimal.setcontext
        decimal.getcontext random.seed tracemalloc. sqlite3. shutil. tempfile. urllib.request. http.client.
        http.server. ssl. time.tzset time.sleep json.dump csv.register_dialect csv.field_size_limit""",
    ),
    **_each(OUTPUT, "warnings.warn warnings.warn_explicit warnings.showwarning pprint.pprint"),
    # The registries of the standard library.
    **_each(
        REGISTER,
        """copyreg. codecs.register_error mimetypes. xml.etree.ElementTree.register_namespace zipfile.register
        xml.dom.registerDOMImplementation sqlite3.register_ email.charset.add_ shutil.register_ urllib.parse.uses_
        encodings.search_function argparse.register""",
    ),
    # Imports by name, and what others import.
    **_each(
        IMPORTS,
        """importlib. pkgutil. runpy. zipimport. imp. site. pkg_resources. sys.modules. sys.path. sys.meta_path.
        sys.path_hooks.""",
    ),
}
"""By dotted name; names that end in a dot or underscore are prefixes."""

DECORATORS = {
    **_each(
        HARMLESS,
        """property classmethod staticmethod abc. contextlib. dataclasses. enum. functools. typing. typing_extensions.
        types.coroutine types.DynamicClassAttribute warnings.deprecated""",
    ),
    "atexit.register": PROCESS,
}

REGISTERING = tuple(_each("", "register listens_for connect route on_event errorhandler handles implements hookimpl"))
"""A method or decorator whose name begins so puts something where others find it."""

FACTORIES = frozenset(
    _each(
        "",
        """collections.namedtuple typing.NamedTuple typing.NewType typing.TypeVar enum.Enum enum.IntEnum
        operator.attrgetter operator.itemgetter operator.methodcaller dataclasses.make_dataclass re.compile""",
    )
)
"""Calls that make something that may be called in its turn."""

MUTATORS = frozenset(
    _each(
        "",
        """add append appendleft clear discard extend extendleft insert pop popleft popitem remove reverse setdefault
        sort update move_to_end subtract difference_update intersection_update symmetric_difference_update""",
    )
)

PURE_METHODS = frozenset(
    _each(
        "",
        """as_posix capitalize casefold copy count decode encode endswith expandtabs fget find format format_map
        fromkeys get getter group groups hex index isalnum isalpha isascii isdigit isidentifier islower isoformat
        issubset issuperset isupper items join joinpath keys ljust lower lstrip maketrans match fullmatch search
        most_common mro partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip setter
        deleter split splitlines startswith strip swapcase title translate union intersection difference upper values
        with_suffix with_name zfill __subclasshook__ _replace _asdict""",
    )
)
"""Of whatever object: names that only make values, as far as every type that is known to have them goes."""

METACLASSES = frozenset({"abc.ABCMeta", "type", "enum.EnumMeta", "enum.EnumType"})
"""Those that keep no register of what they make."""

COMPILING = frozenset(
    _each(
        "",
        """jit njit vectorize guvectorize cfunc stencil register_jitable jitclass generated_jit script kernel autojit
        function ccall cclass compile""",
    )
)
"""Decorators and calls, by their last name, that read a function's code or source: numba, torch, triton, tf, cython."""
