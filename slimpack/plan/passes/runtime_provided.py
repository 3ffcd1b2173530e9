"""Distributions that the runtime has: left out on request, all of the SDK or none of it.

touches (with `runtime_provided`)          | leaves alone
-------------------------------------------|------------------------------------------------
boto3, botocore, s3transfer, jmespath,     | all of them, if what else ships needs a version
python-dateutil, six, urllib3              | of one that the runtime is not known to have
                                           | everything, unless asked

AWS warns of mixed versions: who ships one of them must ship all.
"""

from collections.abc import Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slimpack.model.plan import Decision
from slimpack.plan.context import Context, drop


def decide(context: Context) -> Mapping[str, Decision]:
    """Drop the SDK's distributions where nothing forbids it."""
    gone = frozenset(provided(context))
    if not gone or obstacles(context):
        return {}
    files = context.tree.files
    why = drop("runtime_provided", f"{context.runtime.name} provides it (versions as AWS chooses)")
    return {path: why for path in context.paths if files[path].owner in gone}


def provided(context: Context) -> tuple[str, ...]:
    """The distributions of the tree that belong to the runtime's SDK; empty unless the policy asks."""
    if not context.policy.runtime_provided:
        return ()
    return tuple(name for name in context.runtime.sdk if name in context.distributions)


def obstacles(context: Context) -> tuple[str, ...]:
    """Requirements of what stays that the runtime's versions are not known to meet: one sentence each."""
    sdk, versions = frozenset(context.runtime.sdk), dict(context.runtime.provides)
    environment = {**context.target.marker_environment(), "extra": ""}
    found: list[str] = []
    for name, distribution in context.distributions.items():
        if name in sdk or (context.traced and name not in context.reached):
            continue
        for text in distribution.requires:
            try:
                requirement = Requirement(text)
            except InvalidRequirement:
                continue
            wanted = canonicalize_name(requirement.name)
            if wanted not in sdk or not requirement.specifier:
                continue
            if requirement.marker is not None and not requirement.marker.evaluate(environment):
                continue
            version = versions.get(wanted, "")
            if not version or not requirement.specifier.contains(version, prereleases=True):
                has = f"has {version}" if version else "has a version that is not known"
                found.append(f"{name} needs {requirement.name}{requirement.specifier}, {context.runtime.name} {has}")
    return tuple(sorted(found))
