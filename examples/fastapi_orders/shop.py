"""An endpoint of a FastAPI application run as a job, as the user who asked for it: through dependencies and middleware, retried.

SHOP_KEY=... uvicorn shop:app, or only the jobs: SHOP_KEY=... headway worker shop:jobs.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

from headway import Jobs, Worker
from headway.contrib.asgi import Endpoints

KEY = os.environ["SHOP_KEY"]  # no default: a key that stands in a repository is no key
STOCK = {"pen": 3}


@dataclass(frozen=True)
class User:
    """Whoever buys."""

    id: str
    scopes: frozenset[str]


class Order(BaseModel):
    """What is bought."""

    item: str
    count: int = 1


USERS = {"17": User("17", frozenset({"buy"})), "18": User("18", frozenset())}

jobs = Jobs(os.environ.get("SHOP_JOBS"))
worker = Worker(jobs)


@asynccontextmanager
async def own(_app: FastAPI) -> AsyncIterator[None]:
    """What the application itself opens: pools, clients."""
    yield


app = FastAPI(lifespan=worker.lifespan_with(own))
# In a stand-alone worker only what the application itself opens is wanted, and no second worker.
shop = Endpoints(jobs, app, name="shop", lifespan=own)


@jobs.load_user
def find(user_id: str) -> User | None:
    """For each attempt of a job: today's."""
    return USERS.get(user_id)


def customer(request: Request) -> User:
    """Who asks. A job's user is in the scope, where only headway could put it; from outside comes a signed token."""
    if "headway.job" in request.scope:
        user = request.scope.get("user")
    else:
        try:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            needed = {"require": ["exp", "sub", "aud"]}
            user = USERS.get(jwt.decode(token, KEY, algorithms=["HS256"], audience="shop", options=needed)["sub"])
        except jwt.InvalidTokenError:
            user = None
    if user is None:
        raise HTTPException(401, "nobody is known")
    if "buy" not in user.scopes:
        raise HTTPException(403, "may not buy")
    return user


@app.post("/orders", status_code=201)
async def create_order(order: Order, user: Annotated[User, Depends(customer)]) -> dict[str, Any]:
    """Order at once, from outside or as a job."""
    if STOCK.get(order.item, 0) < order.count:
        raise HTTPException(404, f"there is no {order.item}")
    return {"item": order.item, "count": order.count, "for": user.id}


@app.post("/later/orders", status_code=202)
async def order_later(order: Order, user: Annotated[User, Depends(customer)]) -> dict[str, int]:
    """Order by a job, which runs as whoever asks now, with the rights that they have then."""
    ref = await shop.aenqueue("POST", shop.path("create_order"), json=order.model_dump(), user_id=user.id)
    return {"job": ref.id}
