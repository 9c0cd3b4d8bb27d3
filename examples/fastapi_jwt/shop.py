"""Pages and API in a FastAPI application whose users carry signed tokens: the signature is verified, a role is compared.

SHOP_KEY=... uvicorn shop:app, then open /admin/jobs/ with the token in the header Authorization or the cookie shop_token.
"""

import os

import jwt
from fastapi import FastAPI, Request

from headway import Jobs, Worker
from headway.web import Permission, Viewer, admin, api

KEY = os.environ["SHOP_KEY"]  # no default: a key that stands in a repository is no key
jobs = Jobs(os.environ.get("SHOP_JOBS"))
worker = Worker(jobs)

# What a role may do. Roles that are not here may nothing, and a user's name is compared with nothing: names can be chosen.
ROLES = {"support": {Permission.VIEW}, "admin": {Permission.VIEW, Permission.MANAGE}}


@jobs.job
def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


def who(request: Request) -> Viewer | None:
    """Whoever the token was made for, if we made it and it is not over; None for nobody."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get("shop_token", "")
    try:
        # The algorithm is ours to say: a token that says "none", or another, is refused.
        needed = {"require": ["exp", "sub", "aud"]}
        claims = jwt.decode(token, KEY, algorithms=["HS256"], audience="shop", options=needed)
    except jwt.InvalidTokenError:
        return None
    return Viewer(name=claims["sub"], permissions=frozenset(ROLES.get(claims.get("role"), ())))


app = FastAPI(lifespan=worker.lifespan)
app.mount("/admin/jobs", admin(jobs, allow=who))
app.mount("/api/jobs", api(jobs, allow=who))


@app.post("/greetings/{name}", status_code=202)
async def greeting(name: str) -> dict[str, int]:
    """The application's own route: it stores a job."""
    return {"job": (await greet.aenqueue(name)).id}
