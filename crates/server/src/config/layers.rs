//! Laying configuration sources over each other, key by key.
//!
//! The defaults name every key and its type; later layers may only change values.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Prefix of the environment variables that are settings.
const PREFIX: &str = "PARLOR_";

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {path} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file is no TOML.
    #[error("configuration file {origin} is not valid TOML: line {line}: {problem}")]
    Syntax {
        /// The file.
        origin: String,
        /// Where it goes wrong, counted from 1.
        line: usize,
        /// What the parser says. The line itself may hold a secret.
        problem: String,
    },
    /// There is no such key.
    #[error("unknown key {key} in {origin}{hint}")]
    Unknown {
        /// The key as it was written.
        key: String,
        /// Where.
        origin: String,
        /// The nearest known key, as a question.
        hint: String,
    },
    /// The value is of the wrong type or out of range.
    #[error("{key}: {problem}")]
    Invalid {
        /// The key.
        key: String,
        /// What it should be.
        problem: String,
    },
}

impl ConfigError {
    pub(crate) fn invalid(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid {
            key: key.into(),
            problem: problem.into(),
        }
    }
}

/// The sources so far, merged.
pub(super) struct Layers {
    values: Table,
}

impl Layers {
    /// Starts with the defaults.
    pub(super) fn new(defaults: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            values: parse(defaults, "the compiled-in defaults")?,
        })
    }

    /// Lays a file over what is there.
    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        let origin = path.display().to_string();
        for (name, value) in parse(&text, &origin)? {
            match value {
                Value::Table(section) if !self.is_leaf(&name) => {
                    for (key, value) in section {
                        self.set(&[&name, &key], value, &origin)?;
                    }
                }
                value => self.set(&[&name], value, &origin)?,
            }
        }
        Ok(())
    }

    /// Lays environment variables over what is there.
    ///
    /// A variable with a section must be a known key, and one that is a known key but for its
    /// underscores is refused. Others with the prefix are left alone: container platforms
    /// inject names like `PARLOR_PORT` for a service called `parlor`.
    pub(super) fn add_environment(
        &mut self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        for (variable, text) in environment {
            let Ok(variable) = variable.into_string() else {
                continue;
            };
            let Some(name) = variable.strip_prefix(PREFIX) else {
                continue;
            };
            let name = name.to_ascii_lowercase();
            let path: Vec<&str> = name.split("__").collect();
            let meant = if path.len() < 2 && !self.is_leaf(&name) {
                let Some(key) = self.misspelt(&name) else {
                    continue;
                };
                Some(key)
            } else {
                self.nearest(&path.join("."))
            };
            let Some(present) = self.get(&path) else {
                return Err(ConfigError::Unknown {
                    key: variable,
                    origin: "the environment".to_owned(),
                    hint: meant
                        .map(|key| format!("; did you mean {}?", variable_of(&key)))
                        .unwrap_or_default(),
                });
            };
            let Ok(text) = text.into_string() else {
                return Err(ConfigError::invalid(variable, "is not UTF-8"));
            };
            let value = from_text(present, &text)
                .map_err(|problem| ConfigError::invalid(variable.clone(), problem))?;
            self.set(&path, value, "the environment")?;
        }
        Ok(())
    }

    /// Turns the merged values into the typed configuration.
    pub(super) fn finish<T: DeserializeOwned>(self) -> Result<T, ConfigError> {
        serde_path_to_error::deserialize(Value::Table(self.values)).map_err(|error| {
            let problem = error.inner().to_string();
            ConfigError::invalid(error.path().to_string(), problem.trim())
        })
    }

    fn is_leaf(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_table())
    }

    fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        let mut value = self.values.get(*first)?;
        for key in rest {
            value = value.as_table()?.get(*key)?;
        }
        (!value.is_table()).then_some(value)
    }

    fn set(&mut self, path: &[&str], value: Value, origin: &str) -> Result<(), ConfigError> {
        let key = path.join(".");
        let Some(present) = self.get(path) else {
            let hint = self
                .nearest(&key)
                .map(|key| format!("; did you mean {key}?"))
                .unwrap_or_default();
            return Err(ConfigError::Unknown {
                key,
                origin: origin.to_owned(),
                hint,
            });
        };
        if !present.same_type(&value) {
            let problem = format!(
                "expected {}, found {}",
                present.type_str(),
                value.type_str()
            );
            return Err(ConfigError::invalid(key, problem));
        }
        let (last, parents) = path.split_last().expect("a key has a name");
        let mut table = &mut self.values;
        for parent in parents {
            table = table
                .get_mut(*parent)
                .and_then(Value::as_table_mut)
                .expect("the key was just found");
        }
        table.insert((*last).to_owned(), value);
        Ok(())
    }

    /// Returns the known key that is most like this one, when one is alike at all.
    fn nearest(&self, wanted: &str) -> Option<String> {
        self.keys()
            .into_iter()
            .map(|key| (strsim::jaro_winkler(&key, wanted), key))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, key)| key)
    }

    /// Returns the known key that differs from this variable by underscores only.
    fn misspelt(&self, name: &str) -> Option<String> {
        let letters = |text: &str| text.replace(['.', '_'], "");
        let wanted = letters(name);
        self.keys().into_iter().find(|key| letters(key) == wanted)
    }

    fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for (name, value) in &self.values {
            match value.as_table() {
                Some(section) => keys.extend(section.keys().map(|key| format!("{name}.{key}"))),
                None => keys.push(name.clone()),
            }
        }
        keys
    }
}

fn parse(text: &str, origin: &str) -> Result<Table, ConfigError> {
    text.parse()
        .map_err(|error: toml::de::Error| ConfigError::Syntax {
            origin: origin.to_owned(),
            line: 1 + text
                .bytes()
                .take(error.span().map_or(0, |span| span.start))
                .filter(|byte| *byte == b'\n')
                .count(),
            problem: error.message().trim().replace('\n', ", "),
        })
}

fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

/// Reads an environment variable as the type its key has.
fn from_text(present: &Value, text: &str) -> Result<Value, String> {
    match present {
        Value::Integer(_) => text
            .trim()
            .parse()
            .map(Value::Integer)
            .map_err(|_| format!("expected a whole number, found {text:?}")),
        Value::Boolean(_) => text
            .trim()
            .parse()
            .map(Value::Boolean)
            .map_err(|_| format!("expected true or false, found {text:?}")),
        Value::Array(_) => Ok(Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Value::String(item.to_owned()))
                .collect(),
        )),
        _ => Ok(Value::String(text.to_owned())),
    }
}
