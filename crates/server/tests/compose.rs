//! The container files against the configuration: what they set exists and is valid, and no
//! secret has a default. They are not run here, which would need a container engine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use parlor_server::Config;
use serde_json::Value;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    fs::read_to_string(repository().join(name)).expect("it is in the repository")
}

fn compose() -> Value {
    serde_saphyr::from_str(&read("docker-compose.yml")).expect("it is YAML")
}

/// Fills `${NAME:?message}` with the letters of its name, which suits every setting here, and
/// `${NAME:-default}` with its default, as compose does.
fn substitute(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (variable, tail) = after.split_once('}').expect("a closing brace");
        filled.push_str(before);
        match variable.split_once(":-") {
            Some((_, default)) => filled.push_str(default),
            None => {
                let (name, _) = variable
                    .split_once(":?")
                    .unwrap_or_else(|| panic!("{variable} may be missing unnoticed"));
                filled.push_str(&name.replace('_', ""));
            }
        }
        rest = tail;
    }
    filled + rest
}

/// Returns the variables that the image sets.
fn image_environment() -> BTreeMap<String, String> {
    let dockerfile = read("Dockerfile").replace("\\\n", " ");
    dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("ENV "))
        .flat_map(str::split_whitespace)
        .map(|pair| {
            let (name, value) = pair.split_once('=').expect("NAME=value");
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// Returns the variables of a service as compose would pass them.
fn service_environment(compose: &Value, service: &str) -> BTreeMap<String, String> {
    compose["services"][service]["environment"]
        .as_object()
        .expect("a map of variables")
        .iter()
        .map(|(name, value)| (name.clone(), substitute(value.as_str().expect("text"))))
        .collect()
}

/// Loads the configuration that these variables make; an unknown or bad one is an error.
fn load(environment: &BTreeMap<String, String>) -> Config {
    let variables = environment
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::load(None, variables).expect("every variable is a setting with a valid value")
}

#[test]
fn the_image_starts_with_valid_settings() {
    let environment = image_environment();
    assert!(!environment.is_empty(), "the image sets where to listen");
    let config = load(&environment);
    assert_eq!(config.data_dir, Path::new("/data"));
    assert!(config.app.master_key.is_empty(), "no default secrets");
}

#[test]
fn compose_sets_variables_that_exist_to_values_that_are_valid() {
    let mut environment = image_environment();
    environment.extend(service_environment(&compose(), "parlor"));
    let config = load(&environment);
    assert_eq!(
        config.database_url(),
        Some("postgres://parlor:POSTGRESPASSWORD@postgres:5432/parlor")
    );
    assert_eq!(config.listen.http.port(), 8080);
    assert_eq!(config.listen.admin.port(), 9090);
}

#[test]
fn a_variable_that_is_no_setting_would_be_noticed() {
    let unknown = [("PARLOR_LISTEN__HTP".into(), "0.0.0.0:1".into())];
    assert!(Config::load(None, unknown).is_err());
}

#[test]
fn secrets_have_no_defaults() {
    let compose = compose();
    for service in ["parlor", "postgres"] {
        let environment = compose["services"][service]["environment"].as_object();
        for (name, value) in environment.expect("a map of variables") {
            let value = value.as_str().expect("text");
            if ["KEY", "PASSWORD", "DATABASE__URL"]
                .iter()
                .any(|secret| name.ends_with(secret))
            {
                assert!(value.contains(":?"), "{service}: {name}");
            }
        }
    }
}

#[test]
fn services_are_healthy_and_keep_their_data_in_declared_volumes() {
    let compose = compose();
    let declared = compose["volumes"].as_object().expect("a map of volumes");
    for (name, service) in compose["services"].as_object().expect("a map of services") {
        assert!(service["healthcheck"]["test"].is_array(), "{name}");
        let volumes = service["volumes"].as_array().expect("a list of volumes");
        for volume in volumes {
            let (volume, _) = volume
                .as_str()
                .and_then(|text| text.split_once(':'))
                .expect("a:b");
            assert!(declared.contains_key(volume), "{name}: {volume}");
        }
    }
    // One node needs no bus.
    assert_eq!(
        compose["services"]["nats"]["profiles"],
        serde_json::json!(["cluster"])
    );
    assert!(compose["services"]["parlor"]["depends_on"]["nats"].is_null());
}

#[test]
fn the_image_runs_as_a_normal_user() {
    let dockerfile = read("Dockerfile");
    let user = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("USER "))
        .next_back();
    assert_eq!(user, Some("parlor"));
}
