//! Which keys of a row a caller wants: `keys=a,b.c` names them, `keys=-a` leaves some out
//! (spec 03 §3.5).

use parlor_model::JsonObject;
use serde_json::Value;

/// Keys that come with every row unless they are left out by name.
const ALWAYS: [&str; 3] = ["objectId", "createdAt", "updatedAt"];

/// A choice of keys. Without any, rows are whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Projection {
    included: Vec<Vec<String>>,
    excluded: Vec<Vec<String>>,
}

impl Projection {
    /// Reads comma-separated keys; what is no key is ignored, as it names nothing.
    pub(crate) fn parse(text: &str) -> Self {
        let mut projection = Self::default();
        for key in text.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            let (keys, path) = match key.strip_prefix('-') {
                Some(path) => (&mut projection.excluded, path),
                None => (&mut projection.included, key),
            };
            keys.push(path.split('.').map(str::to_owned).collect());
        }
        projection
    }

    /// Tells whether anything of a column may remain.
    pub(crate) fn wants(&self, column: &str) -> bool {
        let named = self.included.is_empty()
            || ALWAYS.contains(&column)
            || self.included.iter().any(|path| path[0] == column);
        named && !self.excluded.iter().any(|path| path[..] == [column])
    }

    /// Removes what is not wanted from a row.
    pub(crate) fn apply(&self, row: JsonObject) -> JsonObject {
        let mut wanted = if self.included.is_empty() {
            row
        } else {
            let mut wanted = JsonObject::new();
            for key in ALWAYS {
                copy(&row, &mut wanted, &[key.to_owned()]);
            }
            for path in &self.included {
                copy(&row, &mut wanted, path);
            }
            wanted
        };
        for path in &self.excluded {
            remove(&mut wanted, path);
        }
        wanted
    }
}

fn copy(from: &JsonObject, to: &mut JsonObject, path: &[String]) {
    let Some((key, rest)) = path.split_first() else {
        return;
    };
    let Some(value) = from.get(key) else {
        return;
    };
    if rest.is_empty() {
        to.insert(key.clone(), value.clone());
        return;
    }
    let Value::Object(from) = value else {
        return;
    };
    let inner = to
        .entry(key.clone())
        .or_insert_with(|| Value::Object(JsonObject::new()));
    // What is no object here was copied whole by a shorter path.
    if let Value::Object(to) = inner {
        copy(from, to, rest);
    }
}

fn remove(row: &mut JsonObject, path: &[String]) {
    match path {
        [] => {}
        [key] => {
            row.remove(key);
        }
        [key, rest @ ..] => {
            if let Some(Value::Object(inner)) = row.get_mut(key) {
                remove(inner, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn project(keys: &str) -> Value {
        let row = json!({
            "objectId": "id", "createdAt": "c", "updatedAt": "u", "name": "n",
            "attr": {"a": {"b": 1, "c": 2}, "d": 3}
        });
        let Value::Object(row) = row else {
            unreachable!("an object");
        };
        Value::Object(Projection::parse(keys).apply(row))
    }

    #[test]
    fn named_keys_come_with_the_built_in_ones() {
        assert_eq!(
            project("name, unknown"),
            json!({"objectId": "id", "createdAt": "c", "updatedAt": "u", "name": "n"})
        );
        assert_eq!(
            project("attr.a.b,-createdAt,-updatedAt"),
            json!({"objectId": "id", "attr": {"a": {"b": 1}}})
        );
        assert_eq!(
            project("attr.a.b,attr.d,-objectId,-createdAt,-updatedAt"),
            json!({"attr": {"a": {"b": 1}, "d": 3}})
        );
    }

    #[test]
    fn excluded_keys_are_left_out_of_the_whole_row() {
        assert_eq!(
            project("-name,-attr.a.c,-objectId"),
            json!({"createdAt": "c", "updatedAt": "u", "attr": {"a": {"b": 1}, "d": 3}})
        );
        assert!(project("")["attr"].is_object());
    }

    #[test]
    fn a_column_is_wanted_when_something_of_it_remains() {
        assert!(Projection::parse("").wants("m"));
        assert!(Projection::parse("m").wants("m"));
        assert!(Projection::parse("attr.a").wants("attr"));
        assert!(Projection::parse("name").wants("objectId"));
        assert!(!Projection::parse("name").wants("m"));
        assert!(!Projection::parse("-m").wants("m"));
    }
}
