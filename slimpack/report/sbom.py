"""Materials -> CycloneDX 1.6 JSON: the bill of materials of what is in the artifact, the same text each time."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from slimpack.errors import Problem, ToolError
from slimpack.model.material import Material, Materials

if TYPE_CHECKING:
    from cyclonedx.model.component import Component


def sbom(found: Materials) -> str:
    """Render; ends in a newline. Raises ToolError where the library for it is not installed."""
    try:
        from cyclonedx.model.bom import Bom  # noqa: PLC0415 an extra, and 0.4 s to import
        from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415 as above
    except ImportError as error:
        do = "install it: pip install 'slimpack[sbom]'"
        what = f"a bill of materials needs cyclonedx-python-lib: {error}"
        raise ToolError(Problem(what=what, do=do)) from error
    serial = uuid5(NAMESPACE_URL, f"slimpack:{found.sha256}")
    bom = Bom(components=[_component(part) for part in found.parts], serial_number=serial)
    bom.metadata.component = _application(found)
    bom.metadata.tools.components.add(_tool(found))
    bom.metadata.timestamp = None  # type: ignore[assignment]  # the same artifact, the same text
    bom.register_dependency(bom.metadata.component, bom.components)
    value = json.loads(JsonV1Dot6(bom).output_as_string())
    for component in (value["metadata"]["component"], *value.get("components", ())):
        # The library orders them by references that are random where they are not given.
        component.get("evidence", {}).get("occurrences", []).sort(key=lambda one: one["location"])
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _application(found: Materials) -> "Component":
    from cyclonedx.model import HashAlgorithm, HashType  # noqa: PLC0415 as above
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415 as above

    gone = [(f"{name} {version}", "dropped whole") for name, version in found.gone]
    return Component(
        name=found.name,
        type=ComponentType.APPLICATION,
        bom_ref=f"application:{found.name}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=found.sha256)],
        evidence=_evidence(found.own.items()),
        properties=_properties((f"slimpack:removed:{what}", why) for what, why in gone),
    )


def _tool(found: Materials) -> "Component":
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415 as above

    return Component(name="slimpack", version=found.slimpack, type=ComponentType.APPLICATION)


def _component(part: Material) -> "Component":
    from cyclonedx.factory.license import LicenseFactory  # noqa: PLC0415 as above
    from cyclonedx.model import HashAlgorithm, HashType  # noqa: PLC0415 as above
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415 as above
    from packageurl import PackageURL  # noqa: PLC0415 as above

    purl = PackageURL(type="pypi", name=part.name, version=part.version or None)
    removed = [
        ("slimpack:removed:files", str(part.removed)),
        ("slimpack:removed:bytes", str(part.removed_bytes)),
        *((f"slimpack:removed:{by}", str(count)) for by, count in part.removed_by.items()),
    ]
    return Component(
        name=part.name,
        version=part.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        description=part.summary or None,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=part.sha256)] if part.sha256 else None,
        licenses=[LicenseFactory().make_from_string(part.license)] if part.license else None,
        evidence=_evidence(part.files.items()),
        properties=_properties([*([("slimpack:wheel", part.wheel)] if part.wheel else []), *removed]),
    )


def _evidence(files: Iterable[tuple[str, str]]) -> Any:
    from cyclonedx.model.component_evidence import ComponentEvidence, Occurrence  # noqa: PLC0415 as above

    found = [Occurrence(location=path, additional_context=f"sha256:{digest}") for path, digest in files]
    return ComponentEvidence(occurrences=found) if found else None


def _properties(pairs: Iterable[tuple[str, str]]) -> Any:
    from cyclonedx.model import Property  # noqa: PLC0415 as above

    return [Property(name=name, value=value) for name, value in pairs]
