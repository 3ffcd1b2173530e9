"""Package -> what is in it: distributions, bytecode, and what is twice, hidden, for others or not as recorded."""

from slimpack.inspect.bytecode import bytecode, of_bytecode
from slimpack.inspect.contents import contents
from slimpack.inspect.problems import problems

__all__ = ["bytecode", "contents", "of_bytecode", "problems"]
