"""JSON-RPC 2.0 over HTTP and WebSocket on one port, as Substrate's clients expect it."""
