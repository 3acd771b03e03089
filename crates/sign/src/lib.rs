//! HMAC-SHA1 signatures and REST request signs as pure functions, compared in constant time.
