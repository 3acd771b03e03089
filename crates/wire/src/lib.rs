//! The protobuf schema, the frame codec, and the client error and close codes.
