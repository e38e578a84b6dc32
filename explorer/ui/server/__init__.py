"""How the page is served: uploads, cache, API, MCP, weights."""
