"""The smallest FastAPI page that shows the same certificates: `uvicorn bench.bare_page:app`.

One select by asyncpg, the least template, no session, no permission, no CSRF, no headers, no translation.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment

_PAGE = Environment(autoescape=True).from_string(
    "<!doctype html><title>Certificate Status</title><table>"
    "{% for one in rows %}"
    "<tr><td>{{ one.classification }}<td>{{ one.effective_on }}<td>{{ one.expires_on }}"
    "{% endfor %}</table>"
)
_SELECT = (
    "SELECT classification, effective_on, expires_on FROM certificates"
    " WHERE educator_id = $1 ORDER BY effective_on DESC, id"
)


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_POSTGRES"], min_size=8, max_size=16) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_pool)


@app.get("/{educator_id}")
async def show(educator_id: str) -> HTMLResponse:
    """The page."""
    rows = await app.state.pool.fetch(_SELECT, educator_id)
    return HTMLResponse(_PAGE.render(rows=rows))
