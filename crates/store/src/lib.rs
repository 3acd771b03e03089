//! All SQL: one module per aggregate, functions over a connection, domain values out.
