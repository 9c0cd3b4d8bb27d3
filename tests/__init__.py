"""The tests mirror the rooms: tests/store is about headway.store. Only this folder is a package, the ones below need no __init__.py."""
