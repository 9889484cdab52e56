"""Starts MiniStack, mended in one place: `Fn::GetStackOutput` looks in the Region that it names, as CloudFormation does.

Without this a stack that takes an output of another Region's stack cannot be deployed (docs/emulator.md)."""

import runpy

from ministack.core.responses import get_account_id, request_scope
from ministack.services.cloudformation import engine

resolve = engine._resolve_refs


def resolve_in_its_region(value, *rest):
    wanted = value.get("Fn::GetStackOutput") if isinstance(value, dict) else None
    if not isinstance(wanted, dict) or "Region" not in wanted:
        return resolve(value, *rest)
    with request_scope(get_account_id(), resolve(wanted["Region"], *rest)):
        return resolve(value, *rest)


# What it resolves goes through this name again for each value within.
engine._resolve_refs = resolve_in_its_region
runpy.run_module("ministack.app", run_name="__main__")
