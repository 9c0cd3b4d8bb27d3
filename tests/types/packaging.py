"""The package declares itself typed: what it exports is known to a user's type checker, not `Any`."""

from typing import assert_type

import headway

assert_type(headway.__name__, str)
