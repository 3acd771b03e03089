//! Duplicate slashes: an SDK joins its base URL and the path without looking, so that a base
//! with a trailing slash asks for `//1.1/date` (spec 03 §1.1).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::Uri;
use http::uri::PathAndQuery;

/// Makes every run of slashes in the path one slash.
pub(crate) async fn collapse(mut request: Request, next: Next) -> Response {
    if let Some(uri) = collapsed(request.uri()) {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

fn collapsed(uri: &Uri) -> Option<Uri> {
    if !uri.path().contains("//") {
        return None;
    }
    let mut path = String::with_capacity(uri.path().len());
    for c in uri.path().chars() {
        if c != '/' || !path.ends_with('/') {
            path.push(c);
        }
    }
    if let Some(query) = uri.query() {
        path.push('?');
        path.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_path_changes() {
        for (uri, expected) in [
            ("//1.1//date", "/1.1/date"),
            ("///1.1/date?", "/1.1/date?"),
            ("/1.1//a?url=http://b//c", "/1.1/a?url=http://b//c"),
            ("http://host//1.1/date", "http://host/1.1/date"),
        ] {
            let collapsed = collapsed(&uri.parse().unwrap()).unwrap();
            assert_eq!(collapsed.to_string(), expected);
        }
        assert_eq!(collapsed(&"/1.1/a?b=//".parse().unwrap()), None);
    }
}
