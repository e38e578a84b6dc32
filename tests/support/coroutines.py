"""Coroutines to their end, beside a browser: Playwright's own loop runs in the tests' thread."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def finish(coroutine):
    """What a coroutine returns; it runs in a thread, and a loop, of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
