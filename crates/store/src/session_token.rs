//! session_token
