//! Who sends a REST request: the app key, the master key, or a signature made with one of the
//! app's keys (spec 03 §1.2, §1.3).

use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

use crate::AppCredentials;

/// What a request may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Proven by the app key.
    App,
    /// Proven by the master key.
    Master,
}

/// The credentials of a request, as found in its headers.
#[derive(Clone, Copy, Default)]
pub struct RestCredentials<'a> {
    /// `X-LC-Id`.
    pub id: Option<&'a str>,
    /// `X-LC-Key`: the app key, or the master key followed by `,master`.
    pub key: Option<&'a str>,
    /// `X-LC-Sign`: `md5hex(timestamp + key),timestamp`, with `,master` for the master key and
    /// `,ax-sig-1` for the key of the Android library.
    pub sign: Option<&'a str>,
    /// The bare master key of a legacy header.
    pub master_key: Option<&'a str>,
}

/// Why a request is not authenticated. Which of the two keys was wrong is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// No app id.
    #[error("header X-LC-Id is missing")]
    MissingId,
    /// Another app's id.
    #[error("header X-LC-Id names an app that is not served here")]
    ForeignApp,
    /// No proof.
    #[error("header X-LC-Key or X-LC-Sign is missing")]
    MissingProof,
    /// The key is neither the app key nor the master key with `,master`.
    #[error("header X-LC-Key is wrong; the master key needs the suffix ,master")]
    WrongKey,
    /// The signature does not match the key that it names.
    #[error("header X-LC-Sign is wrong; it is md5(timestamp + key),timestamp[,master]")]
    WrongSign,
}

/// Returns what a request may do. A key decides alone when there is one; the signature beside
/// it is not looked at, because SDK suites leave a stale one there.
///
/// # Errors
/// [`RestError`] when the request proves nothing.
pub fn authenticate(
    app: &AppCredentials,
    request: &RestCredentials<'_>,
) -> Result<AccessLevel, RestError> {
    match request.id {
        None => return Err(RestError::MissingId),
        Some(id) if id != app.id => return Err(RestError::ForeignApp),
        Some(_) => {}
    }
    if let Some(master_key) = request.master_key {
        return if same(master_key, &app.master_key) {
            Ok(AccessLevel::Master)
        } else {
            Err(RestError::WrongKey)
        };
    }
    if let Some(key) = request.key {
        return by_key(app, key);
    }
    if let Some(sign) = request.sign {
        return by_sign(app, sign);
    }
    Err(RestError::MissingProof)
}

/// Signs a request: lower-case hex MD5 of the timestamp in milliseconds followed by the key.
#[must_use]
pub fn request_sign(timestamp: &str, key: &str) -> String {
    let mut digest = Md5::new();
    digest.update(timestamp);
    digest.update(key);
    hex::encode(digest.finalize())
}

fn by_key(app: &AppCredentials, key: &str) -> Result<AccessLevel, RestError> {
    if let Some(key) = key.strip_suffix(",master") {
        if same(key, &app.master_key) {
            return Ok(AccessLevel::Master);
        }
    } else if same(key, &app.key) {
        return Ok(AccessLevel::App);
    }
    Err(RestError::WrongKey)
}

fn by_sign(app: &AppCredentials, sign: &str) -> Result<AccessLevel, RestError> {
    let mut parts = sign.split(',');
    let (Some(digest), Some(timestamp), suffix, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(RestError::WrongSign);
    };
    let (key, level) = match suffix {
        None => (Some(&app.key), AccessLevel::App),
        Some("master") => (Some(&app.master_key), AccessLevel::Master),
        Some("ax-sig-1") => (app.android_key.as_ref(), AccessLevel::App),
        Some(_) => (None, AccessLevel::App),
    };
    let key = key.ok_or(RestError::WrongSign)?;
    if same(&digest.to_ascii_lowercase(), &request_sign(timestamp, key)) {
        Ok(level)
    } else {
        Err(RestError::WrongSign)
    }
}

fn same(presented: &str, expected: &str) -> bool {
    presented.as_bytes().ct_eq(expected.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The key pair of the published vectors.
    fn app() -> AppCredentials {
        AppCredentials {
            id: "app-id-for-tests".to_owned(),
            key: "UtOCzqb67d3sN12Kts4URwy8".to_owned(),
            master_key: "DyJegPlemooo4X1tg94gQkw1".to_owned(),
            android_key: None,
        }
    }

    fn with(change: impl Fn(&mut RestCredentials<'static>)) -> Result<AccessLevel, RestError> {
        let mut request = RestCredentials {
            id: Some("app-id-for-tests"),
            ..RestCredentials::default()
        };
        change(&mut request);
        authenticate(&app(), &request)
    }

    #[test]
    fn published_signatures_count() {
        const APP: &str = "d5bcbb897e19b2f6633c716dfdfaf9be,1453014943466";
        const MASTER: &str = "e074720658078c898aa0d4b1b82bdf4b,1453014943466,master";
        assert_eq!(
            with(|request| request.sign = Some(APP)),
            Ok(AccessLevel::App)
        );
        assert_eq!(
            with(|request| request.sign = Some(MASTER)),
            Ok(AccessLevel::Master)
        );
        assert_eq!(
            with(|request| request.sign = Some("e074720658078c898aa0d4b1b82bdf4b,1453014943466")),
            Err(RestError::WrongSign)
        );
        assert_eq!(
            with(|request| request.sign = Some("d5bcbb897e19b2f6633c716dfdfaf9be,1453014943467")),
            Err(RestError::WrongSign)
        );
        assert_eq!(
            with(|request| request.sign =
                Some("d5bcbb897e19b2f6633c716dfdfaf9be,1453014943466,ax-sig-1")),
            Err(RestError::WrongSign)
        );
    }

    #[test]
    fn the_android_library_signs_with_its_own_key_where_there_is_one() {
        let timestamp = "1453014943466";
        let sign = format!("{},{timestamp},ax-sig-1", request_sign(timestamp, "third"));
        let request = RestCredentials {
            id: Some("app-id-for-tests"),
            sign: Some(&sign),
            ..RestCredentials::default()
        };
        let with_key = |android_key: Option<&str>| {
            let app = AppCredentials {
                android_key: android_key.map(str::to_owned),
                ..app()
            };
            authenticate(&app, &request)
        };
        assert_eq!(with_key(Some("third")), Ok(AccessLevel::App));
        assert_eq!(with_key(Some("other")), Err(RestError::WrongSign));
        assert_eq!(with_key(None), Err(RestError::WrongSign));
    }

    #[test]
    fn a_master_key_needs_its_suffix() {
        assert_eq!(
            with(|request| request.key = Some("UtOCzqb67d3sN12Kts4URwy8")),
            Ok(AccessLevel::App)
        );
        assert_eq!(
            with(|request| request.key = Some("DyJegPlemooo4X1tg94gQkw1,master")),
            Ok(AccessLevel::Master)
        );
        assert_eq!(
            with(|request| request.key = Some("DyJegPlemooo4X1tg94gQkw1")),
            Err(RestError::WrongKey)
        );
        assert_eq!(
            with(|request| request.key = Some("UtOCzqb67d3sN12Kts4URwy8,master")),
            Err(RestError::WrongKey)
        );
    }

    #[test]
    fn a_key_decides_even_beside_a_signature() {
        assert_eq!(
            with(|request| {
                request.key = Some("DyJegPlemooo4X1tg94gQkw1,master");
                request.sign = Some("stale,1");
            }),
            Ok(AccessLevel::Master)
        );
    }

    #[test]
    fn every_missing_part_is_named() {
        assert_eq!(with(|_| {}), Err(RestError::MissingProof));
        assert_eq!(with(|request| request.id = None), Err(RestError::MissingId));
        assert_eq!(
            with(|request| request.id = Some("other")),
            Err(RestError::ForeignApp)
        );
    }

    proptest! {
        #[test]
        fn no_header_panics_or_passes(key in ".*", sign in ".*") {
            let request = RestCredentials { id: Some("app-id-for-tests"), key: Some(&key), ..RestCredentials::default() };
            prop_assert!(authenticate(&app(), &request).is_err());
            let request = RestCredentials { id: Some("app-id-for-tests"), sign: Some(&sign), ..RestCredentials::default() };
            prop_assert!(authenticate(&app(), &request).is_err());
        }
    }
}
