"""Programs that run inside the target's interpreter: standard library only, Python 3.9 syntax."""
