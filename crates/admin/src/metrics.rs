//! What the REST API counts. Labels never hold ids or paths.

use std::time::Duration;

use http::StatusCode;
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

/// Describes every metric of this crate.
pub(crate) fn describe() {
    describe_counter!(
        "parlor_rest_requests_total",
        "REST requests, by route and status class"
    );
    describe_counter!(
        "parlor_rest_rate_limited_total",
        "REST requests refused because a quota was spent, by rate class"
    );
    describe_histogram!(
        "parlor_rest_request_seconds",
        Unit::Seconds,
        "time from a REST request's head to its answer's, by route"
    );
}

/// Counts an answered request.
pub(crate) fn answered(route: &str, status: StatusCode, duration: Duration) {
    let class = match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    counter!("parlor_rest_requests_total", "route" => route.to_owned(), "status" => class)
        .increment(1);
    histogram!("parlor_rest_request_seconds", "route" => route.to_owned())
        .record(duration.as_secs_f64());
}
