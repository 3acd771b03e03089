//! The WebSocket door: routers, upgrade, one actor per connection, one file per client command.
