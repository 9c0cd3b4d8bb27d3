"""Pages and API beside a Django site: whoever is signed in there is known here, and groups say what they may.

SHOP_KEY=... uvicorn shop:app, then sign in at /admin/ and open /admin/jobs/.
"""

import os

import django
from django.conf import settings
from django.http import HttpRequest
from django.urls import path
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from headway import Jobs, Worker
from headway.web import Permission, Viewer, admin

settings.configure(
    SECRET_KEY=os.environ["SHOP_KEY"],
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("SHOP_DB", "shop.db")}},
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    ROOT_URLCONF=__name__,
)
django.setup()

from django.contrib import admin as site  # noqa: E402 - Django's models can be imported from here on
from django.contrib.auth import aget_user  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

urlpatterns = [path("admin/", site.site.urls)]

jobs = Jobs(os.environ.get("SHOP_JOBS"))
worker = Worker(jobs)

GROUPS = {"support": {Permission.VIEW}, "operators": {Permission.VIEW, Permission.MANAGE}}


async def who(request: Request) -> Viewer | None:
    """Whoever is signed in to Django, with what their groups may; a superuser may everything."""
    asked = HttpRequest()
    asked.session = SessionStore(request.cookies.get(settings.SESSION_COOKIE_NAME))
    user = await aget_user(asked)  # verifies the session's hash: whoever changed their password is out
    if not user.is_authenticated or not user.is_active:
        return None
    if user.is_superuser:
        return Viewer(name=user.get_username(), permissions=frozenset(Permission))
    groups = [name async for name in user.groups.values_list("name", flat=True)]
    return Viewer(name=user.get_username(), permissions=frozenset().union(*(GROUPS.get(name, ()) for name in groups)))


# The pages stand beside Django: its middleware is WSGI's and ASGI's own, and theirs is Starlette's.
app = Starlette(
    routes=[Mount("/admin/jobs", admin(jobs, allow=who)), Mount("/", get_asgi_application())], lifespan=worker.lifespan
)
