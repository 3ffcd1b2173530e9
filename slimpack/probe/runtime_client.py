"""Lambda's `runtime_client` in pure Python: for interpreters for which its C++ extension is not to be had.

The four functions that awslambdaric calls, over one kept connection. It imports http.client, which the extension does
not: so what runs with it is compared with what ran with it, and init is not measured through it.
"""

# The names are the extension's:
# ruff: noqa: A001

import http.client
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

DEADLINE = "Lambda-Runtime-Deadline-Ms"
ROOT = "/2018-06-01/runtime/invocation/"

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
agent = {}  # type: dict[str, str]


def initialize_client(user_agent: str) -> None:
    """Note how the client names itself."""
    agent["User-Agent"] = user_agent


def next() -> "tuple[bytes, dict[str, Any]]":
    """Wait for an invocation: its event, and the headers that say the rest."""
    connection.request("GET", ROOT + "next", headers=agent)
    response = connection.getresponse()
    headers: "dict[str, Any]" = dict(response.getheaders())
    headers[DEADLINE] = int(headers[DEADLINE])
    return response.read(), headers


def post_invocation_result(
    invoke_id: str, body: bytes, content_type: str, invocation_id: "Optional[str]" = None
) -> None:
    """Send what the handler returned."""
    send(invoke_id + "/response", body, {"Content-Type": content_type}, invocation_id)


def post_error(invoke_id: str, body: str, fault: str, invocation_id: "Optional[str]" = None) -> None:
    """Send what the handler raised."""
    send(invoke_id + "/error", body.encode(), {"Lambda-Runtime-Function-XRay-Error-Cause": fault}, invocation_id)


def send(path: str, body: bytes, headers: "dict[str, str]", invocation_id: "Optional[str]") -> None:
    """Post, and read the answer so that the connection can be used again."""
    if invocation_id is not None:
        headers["Lambda-Runtime-Invocation-Id"] = invocation_id
    connection.request("POST", ROOT + path, body, {**agent, **headers})
    response = connection.getresponse()
    response.read()
    if response.status != http.client.ACCEPTED:
        raise RuntimeError("the runtime API answered", response.status)
