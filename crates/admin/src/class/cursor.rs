//! The cursor of a scan: a position as opaque text that lives ten minutes (spec 03 §3.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parlor_chat::{ScanKey, ScanOrder, ScanPosition};
use parlor_model::Timestamp;

use crate::error::ApiError;

const LIFE_MS: i64 = 10 * 60 * 1000;

/// Spells a position of a walk in this order.
pub(super) fn write(order: ScanOrder, position: &ScanPosition, now: Timestamp) -> String {
    let at = position.at.map_or(0, Timestamp::as_millis);
    let text = format!("{} {} {at} {}", now.as_millis(), name(order), position.id);
    URL_SAFE_NO_PAD.encode(text)
}

/// Reads the position of a walk in this order.
pub(super) fn read(text: &str, order: ScanOrder, now: Timestamp) -> Result<ScanPosition, ApiError> {
    parse(text, order, now)
        .ok_or_else(|| ApiError::parameter("cursor", "is not one of this scan, or expired"))
}

fn parse(text: &str, order: ScanOrder, now: Timestamp) -> Option<ScanPosition> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let mut parts = text.splitn(4, ' ');
    let written_ms: i64 = parts.next()?.parse().ok()?;
    let is_fresh = (0..LIFE_MS).contains(&now.as_millis().checked_sub(written_ms)?);
    if !is_fresh || parts.next()? != name(order) {
        return None;
    }
    let at = Timestamp::from_millis(parts.next()?.parse().ok()?);
    let id = parts.next().filter(|id| !id.contains('\0'))?.to_owned();
    let at = match order.key {
        ScanKey::Id => None,
        ScanKey::Created | ScanKey::Updated => Some(at),
    };
    Some(ScanPosition { at, id })
}

fn name(order: ScanOrder) -> String {
    let key = match order.key {
        ScanKey::Id => "id",
        ScanKey::Created => "created",
        ScanKey::Updated => "updated",
    };
    let sign = if order.descending { '-' } else { '+' };
    format!("{sign}{key}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

    #[test]
    fn a_cursor_is_good_for_its_scan_and_ten_minutes() {
        for key in [ScanKey::Id, ScanKey::Created, ScanKey::Updated] {
            let order = ScanOrder {
                key,
                descending: true,
            };
            let position = ScanPosition {
                at: (key != ScanKey::Id).then(|| NOW.plus_millis(-5)),
                id: "an id with spaces".to_owned(),
            };
            let cursor = write(order, &position, NOW);
            let later = NOW.plus_millis(LIFE_MS - 1);
            assert_eq!(parse(&cursor, order, later), Some(position));
            assert_eq!(parse(&cursor, order, NOW.plus_millis(LIFE_MS)), None);
            assert_eq!(parse(&cursor, order, NOW.plus_millis(-1)), None);
            let other = ScanOrder {
                descending: false,
                ..order
            };
            assert_eq!(parse(&cursor, other, NOW), None);
        }
    }

    #[test]
    fn other_texts_are_no_cursors() {
        let order = ScanOrder {
            key: ScanKey::Id,
            descending: false,
        };
        for text in ["", "x", "%", "MSAraWQgMCA"] {
            assert_eq!(parse(text, order, NOW), None);
        }
    }
}
