"""The outside world: processes, disk, cache, interpreters, downloads. Nothing else touches it."""
