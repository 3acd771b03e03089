//! Prints the OpenAPI document; `make openapi` keeps it in `docs/openapi.json`.

fn main() {
    print!("{}", parlor_admin::openapi_document());
}
