"""slimpack: the smallest AWS Lambda package that starts fastest and provably still works."""

__version__ = "0.1.0"
