"""The page: components and their wiring. Everything that is computed comes from the core."""

from explorer.ui import stubs

stubs.leave_out()
