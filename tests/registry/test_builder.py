"""How a plugin builds another one: from the registry of its run, on its device and with its seed."""

from __future__ import annotations

from typing import Any

import pytest

from vsodboost.data.cards import FlowCard
from vsodboost.data.errors import PluginError, UnknownPlugin
from vsodboost.data.types import FlowField, Frames
from vsodboost.registry import hookspecs
from vsodboost.registry.discovery import Registry
from vsodboost.registry.hookspecs import RegisterFlow, hookimpl
from vsodboost.registry.interfaces import Request


class Flow:
    """Remembers what it was built with, and the other estimator that it asked for."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.other: Any = request.build("flows", request.options["of"]) if "of" in request.options else None

    def estimate(self, first: Frames, second: Frames) -> FlowField:
        raise NotImplementedError


class Plugin:
    """Two estimators, one of which may need the other."""

    @hookimpl
    def vsodboost_register_flows(self, register: RegisterFlow) -> None:
        register("outer", Flow, FlowCard(summary="outer", options={"of": "the inner one"}))
        register("inner", Flow, FlowCard(summary="inner", argument="[WHAT]"))


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    made.manager.add_hookspecs(hookspecs)
    made.add(Plugin(), "mine")
    return made


def test_another_plugin_gets_argument_device_and_seed_but_no_options(registry: Registry) -> None:
    outer, _ = registry.build("flows", "outer", Request(options={"of": "inner:x"}, device="meta", seed=7))
    inner = outer.other.request
    assert (inner.argument, inner.device, inner.seed, dict(inner.options)) == ("x", "meta", 7, {})


def test_a_plugin_that_was_left_out_is_not_found(registry: Registry) -> None:
    with pytest.raises(UnknownPlugin, match="'dis'"):
        registry.build("flows", "outer", Request(options={"of": "dis"}))
    with pytest.raises(PluginError, match="kind of plugin is called 'flow'; did you mean flows"):
        registry.builder()("flow", "inner")


def test_a_request_made_by_hand_says_what_it_lacks() -> None:
    with pytest.raises(PluginError, match="without a builder"):
        Flow(Request(options={"of": "inner"}))


def test_flow_read_from_a_folder_is_filled_by_the_plugins_of_the_run(tmp_path: Any) -> None:
    request = Request(options={"fill": "farneback"})
    built, _ = Registry.load(only=[]).build("flows", f"flow:{tmp_path}", request)
    assert hasattr(built, "estimate_named")
    with pytest.raises(UnknownPlugin, match="farneback"):
        Registry.load(only=[], no_plugin=["flow-farneback"]).build("flows", f"flow:{tmp_path}", request)
