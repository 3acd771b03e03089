//! Test harness: a real server on port 0 with its own database, and a scripted client.
