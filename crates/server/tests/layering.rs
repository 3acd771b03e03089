//! Which crate may know which: the table of ARCHITECTURE.md, read off the manifests.
//!
//! A change of the layers is a change of this table in the same commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each crate is built from, and what its tests use besides.
const LAYERS: [(&str, &[&str], &[&str]); 10] = [
    ("model", &[], &[]),
    ("wire", &["model"], &[]),
    ("sign", &[], &[]),
    ("store", &["model"], &[]),
    ("cluster", &["model"], &[]),
    ("chat", &["cluster", "model", "sign", "store"], &[]),
    ("gateway", &["chat", "cluster", "model", "wire"], &[]),
    (
        "admin",
        &["chat", "model", "sign", "wire"],
        &["cluster", "store"],
    ),
    (
        "server",
        &[
            "admin", "chat", "cluster", "gateway", "model", "sign", "store",
        ],
        &["testkit", "wire"],
    ),
    ("testkit", &["server", "wire"], &[]),
];

/// Where each framework may be named, and in whose tests besides. A framework that is named
/// nowhere else can be replaced in one place.
const FRAMEWORKS: [(&str, &[&str], &[&str]); 18] = [
    ("sqlx", &["store"], &["admin", "chat"]),
    ("prost", &["wire", "testkit"], &["server"]),
    ("prost-build", &["wire"], &[]),
    ("protox", &["wire"], &[]),
    ("axum", &["gateway", "admin", "server"], &[]),
    ("hyper", &["server"], &[]),
    ("rustls", &["server", "testkit"], &[]),
    ("tower-http", &["admin"], &[]),
    ("utoipa", &["admin"], &[]),
    ("tokio-tungstenite", &["gateway", "testkit"], &["server"]),
    ("hmac", &["sign"], &[]),
    ("sha1", &["sign"], &[]),
    ("dashmap", &["cluster"], &[]),
    ("clap", &["server"], &[]),
    ("anyhow", &["server", "testkit"], &[]),
    ("metrics-exporter-prometheus", &["server"], &[]),
    ("tracing-subscriber", &["server"], &["admin"]),
    ("reqwest", &["testkit"], &["server"]),
];

/// Crates of values and pure functions: no tasks, no sockets, no clock.
const PURE: [&str; 3] = ["model", "wire", "sign"];

struct Crate {
    /// Names of what it is built from, build script included.
    built_from: BTreeSet<String>,
    /// Names of what only its tests use.
    tested_with: BTreeSet<String>,
}

/// Reads the workspace's manifests, by the crates' short names.
fn workspace() -> BTreeMap<String, Crate> {
    let metadata = MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo reads its own workspace");
    metadata
        .packages
        .iter()
        .map(|package| (short(&package.name).to_owned(), read(package)))
        .collect()
}

fn read(package: &Package) -> Crate {
    let names = |test: bool| -> BTreeSet<String> {
        package
            .dependencies
            .iter()
            .filter(|dependency| (dependency.kind == DependencyKind::Development) == test)
            .map(|dependency| short(&dependency.name).to_owned())
            .collect()
    };
    let built_from = names(false);
    Crate {
        tested_with: names(true).difference(&built_from).cloned().collect(),
        built_from,
    }
}

fn short(name: &str) -> &str {
    name.strip_prefix("parlor-").unwrap_or(name)
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn crates_know_exactly_the_crates_of_the_table() {
    let workspace = workspace();
    let ours: BTreeSet<String> = workspace.keys().cloned().collect();
    let listed = LAYERS.map(|(name, ..)| name);
    assert_eq!(ours, set(&listed), "every crate has a line in the table");
    for (name, built_from, tested_with) in LAYERS {
        let found = &workspace[name];
        let of_ours = |names: &BTreeSet<String>| names & &ours;
        assert_eq!(of_ours(&found.built_from), set(built_from), "{name}");
        assert_eq!(
            of_ours(&found.tested_with),
            set(tested_with),
            "{name}, in tests"
        );
    }
}

#[test]
fn the_layers_have_no_way_back_up() {
    let mut below = BTreeSet::new();
    for (name, built_from, _) in LAYERS {
        for known in built_from {
            assert!(
                below.contains(known),
                "{name} knows {known}, which is not below"
            );
        }
        below.insert(name);
    }
}

#[test]
fn frameworks_are_named_only_where_they_belong() {
    let workspace = workspace();
    for (framework, built_from, tested_with) in FRAMEWORKS {
        for (name, found) in &workspace {
            let name = name.as_str();
            let may_build = built_from.contains(&name);
            assert!(
                may_build || !found.built_from.contains(framework),
                "{name} names {framework}"
            );
            assert!(
                may_build || tested_with.contains(&name) || !found.tested_with.contains(framework),
                "{name} names {framework} in its tests"
            );
        }
        let used = |name: &&str| workspace[*name].built_from.contains(framework);
        assert!(
            built_from.iter().any(used),
            "{framework} is not used any more"
        );
    }
}

#[test]
fn words_wire_and_signatures_are_pure() {
    let workspace = workspace();
    for name in PURE {
        for runtime in ["tokio", "tokio-util", "futures-util", "tracing", "metrics"] {
            let found = workspace[name].built_from.contains(runtime);
            assert!(!found, "{name} names {runtime}");
        }
    }
}
