"""Tree of what ships -> refusal of own files that look like secrets, unless they are allowed by name."""

import json
import re

from slimpack.errors import InstallError, Problem
from slimpack.model.finding import Finding, Severity
from slimpack.model.glob import matcher
from slimpack.model.tree import OWN, File, Tree

_LARGEST = 1024 * 1024
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
_TOKEN = {
    ".npmrc": re.compile(rb"_(?:authToken|auth|password)\s*=\s*[^\s$]", re.IGNORECASE),
    ".pypirc": re.compile(rb"^\s*password\s*[=:]\s*\S", re.MULTILINE | re.IGNORECASE),
    ".netrc": re.compile(rb"\bpassword\s+\S", re.IGNORECASE),
    "_netrc": re.compile(rb"\bpassword\s+\S", re.IGNORECASE),
    "credentials": re.compile(rb"(?:secret|password|token|api_?key)\w*[\"']?\s*[=:]\s*\S", re.IGNORECASE),
    ".git-credentials": re.compile(rb"://[^/\s:]+:[^/\s@]+@"),
}
_TEMPLATES = (".example", ".sample", ".template", ".dist", ".tmpl")


def secrets(tree: Tree, allowed: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    """One problem for each own file of `tree` that looks like a secret and is not allowed."""
    may = matcher(allowed)
    return tuple(
        Problem(
            what=f"{path} looks like a secret: {why}",
            where=path,
            do=f'leave it out, or allow it: allow-secrets = ["{path}"] (or --allow-secret {path})',
        )
        for path, why in _suspects(tree)
        if not may(path)
    )


def refuse_secrets(tree: Tree, *, allowed: tuple[str, ...]) -> tuple[Finding, ...]:
    """Raise InstallError for own files of `tree` that look like secrets; a finding for each that is allowed."""
    if problems := secrets(tree, allowed):
        raise InstallError(*problems)
    return tuple(
        Finding(code="SLP070", where=path, message=f"ships although {why}: it is allowed", severity=Severity.WARNING)
        for path, why in _suspects(tree)
    )


def _suspects(tree: Tree) -> tuple[tuple[str, str], ...]:
    own = ((path, file) for path, file in tree.files.items() if file.owner == OWN)
    return tuple((path, why) for path, file in own if (why := _why(path.rpartition("/")[2], file)))


def _why(name: str, file: File) -> str:
    """Why a file looks like a secret: by its name where that is enough, by what it holds where it is not."""
    lower = name.casefold()
    if why := _by_name(lower):
        return why
    token = _TOKEN.get(lower)
    key = lower.endswith((".pem", ".key", ".ppk", ".asc"))
    if file.content.size > _LARGEST or not (token or key or lower.endswith(".json")):
        return ""
    data = file.content.read()
    if token is not None:
        return "it holds a password or token" if token.search(data) else ""
    if key:
        return "it holds a private key" if _PRIVATE_KEY.search(data) else ""
    return _service_account(data)


def _by_name(lower: str) -> str:
    if (lower == ".env" or lower.startswith(".env.")) and not lower.endswith(_TEMPLATES):
        return "it is an environment file"
    if lower.startswith(("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")) and not lower.endswith(".pub"):
        return "it has the name of an SSH key"
    return "it is a key store" if lower.endswith((".p12", ".pfx", ".jks", ".keystore")) else ""


def _service_account(data: bytes) -> str:
    if b'"private_key"' not in data:
        return ""
    try:
        key = json.loads(data)
    except ValueError:
        return ""
    found = isinstance(key, dict) and isinstance(key.get("private_key"), str) and key["private_key"]
    return "it is a service account with its private key" if found else ""
