"""The API edge: JSON-RPC over HTTP, read-only connections, no rule of its own."""
