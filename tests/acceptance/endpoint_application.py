"""A shop whose endpoints run as jobs, for workers in processes of their own: `tests.acceptance.endpoint_application:jobs`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel

from headway import Jobs
from headway.contrib.asgi import Endpoints
from tests.acceptance.moments import AT_ONCE

HERE = os.environ.get("FAULTS_STORE", "")
FOLDER = Path(HERE).parent


class User(BaseModel):
    """With today's rights."""

    name: str
    scopes: list[str]


class Order(BaseModel):
    """What is ordered."""

    item: str
    count: int = 1


def note(*words: object) -> None:
    """Write a line into the diary."""
    with (FOLDER / "notes").open("a", encoding="utf-8") as file:
        file.write(" ".join(map(str, words)) + "\n")


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Open a stock."""
    note("opened", os.getpid())
    yield {"stock": {"pen"}}
    note("closed", os.getpid())


jobs = Jobs(HERE or None)
app = FastAPI(lifespan=lifespan)
shop = Endpoints(jobs, app, name="shop", backoff=AT_ONCE)


@jobs.load_user
def find(user_id: str) -> User | None:
    """Today's."""
    scopes = json.loads((FOLDER / "roles.json").read_text(encoding="utf-8")).get(user_id)
    return None if scopes is None else User(name=user_id, scopes=scopes)


@app.middleware("http")
async def stamp(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Every request passes here."""
    request.state.passed = "middleware"
    return await answer(request)


def customer(request: Request) -> User:
    """Who orders: of a job, the user for whom it runs, and nobody else by what a request says."""
    user = request.scope.get("user") if "headway.job" in request.scope else None
    if user is None:
        raise HTTPException(401, "nobody is known")
    if "buy" not in request.auth.scopes:
        raise HTTPException(403, f"{user.name} may not buy")
    return user


@app.post("/orders", status_code=201)
async def create_order(
    order: Order,
    request: Request,
    user: Annotated[User, Depends(customer)],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """Order what is in stock."""
    if order.item not in request.state.stock:
        raise HTTPException(404, f"there is no {order.item}")
    return {
        "item": order.item,
        "for": user.name,
        "passed": request.state.passed,
        "key": idempotency_key,
        "client": list(request.client or ()),
        "job": request.scope["headway.job"],
        "pid": os.getpid(),
    }


@app.get("/fragile/{kind}")
async def fragile(kind: str) -> Response:
    """Fails at first."""
    note(kind)
    if (FOLDER / "notes").read_text(encoding="utf-8").splitlines().count(kind) < 3:
        if kind == "raises":
            raise ConnectionError("no warehouse")
        return Response("no warehouse", 500)
    return Response("at last")


@app.get("/endless")
async def endless() -> None:
    """Goes on until it is left."""
    note("waits")
    try:
        await asyncio.Event().wait()
    finally:
        note("left")
