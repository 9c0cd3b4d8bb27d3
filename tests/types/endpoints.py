# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""Endpoints as jobs, as type checkers see them. Never run; a wrong line that is accepted fails the check."""

from contextlib import AbstractAsyncContextManager
from typing import assert_type

from fastapi import FastAPI
from starlette.applications import Starlette

from headway import Call, Jobs, Ref
from headway.contrib.asgi import Answer, Endpoints


def own(app: FastAPI) -> AbstractAsyncContextManager[None]:
    raise NotImplementedError(app)


def endpoints(jobs: Jobs, app: FastAPI, site: Starlette) -> None:
    shop = Endpoints(jobs, app, name="shop", queue="orders", retries=5, lifespan=own, origin="https://shop.example")
    other = Endpoints(jobs, site, name="site", lifespan=False)
    assert_type(shop.call("GET", "/"), Call[Answer])
    first = other.enqueue("POST", "/orders", json={"item": "pen"}, query={"tags": ["a", 1], "dry": True}, user_id="17")
    assert_type(first, Ref[Answer])
    assert_type(first.result().status, int)
    assert_type(shop.path("show_order", number=7), str)
    shop.enqueue("POST", "/orders", json=first.value, depends_on=first)
    shop.enqueue("TRACE", "/")  # type: ignore[arg-type]
    shop.enqueue("GET", "/", headers={"accept": 1})  # type: ignore[dict-item]
    shop.enqueue("GET", "/", quue="orders")  # type: ignore[call-arg]
    Endpoints(jobs, "shop:app", name="shop")  # type: ignore[arg-type]


async def in_a_coroutine(shop: Endpoints) -> None:
    assert_type(await shop.aenqueue("GET", "/"), Ref[Answer])
