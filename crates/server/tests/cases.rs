//! Every numbered case of the specification has a test, or docs/compatibility.md says why not.
//!
//! A test says which cases it proves by its name: `c15_c17_…` in Rust and Java, `'C15 C17 …'` in
//! JavaScript.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, iter};

/// How many cases there are under each letter.
const CASES: [(char, u32); 2] = [('C', 84), ('W', 64)];

/// Where the tests are, and how their files end.
const TESTS: [(&str, &str); 3] = [
    ("crates", "rs"),
    ("sdk-tests/js/test", "mjs"),
    ("sdk-tests/java/src", "java"),
];

/// What stands before the name of a test.
const DECLARATIONS: [&str; 4] = ["fn ", "void ", "scenario('", "test('"];

/// The heading in docs/compatibility.md under which the cases without a test are listed.
const HEADING: &str = "## Cases without a test";

#[test]
fn every_case_has_a_test_or_a_reason() {
    let tested: BTreeSet<String> = TESTS
        .iter()
        .flat_map(|(folder, extension)| files(&root().join(folder), extension))
        .flat_map(|file| named_cases(&read(&file)))
        .collect();
    let excused = excused_cases(&read(&root().join("docs/compatibility.md")));

    let all = CASES
        .iter()
        .flat_map(|(letter, last)| (1..=*last).map(move |number| format!("{letter}{number}")));
    for case in all {
        assert!(
            tested.contains(&case) || excused.contains(&case),
            "{case} is in no test's name; prove it, or give the reason in docs/compatibility.md",
        );
        assert!(
            !(tested.contains(&case) && excused.contains(&case)),
            "{case} has a test; take it off the list in docs/compatibility.md",
        );
    }
}

#[test]
fn cases_are_read_off_the_names_of_tests() {
    let source =
        "async fn c7_c10_w2_some_of_3() {} void w43_x() {} test('C15 C9 a', scenario('plain C1'";
    let found: Vec<String> = named_cases(source).into_iter().collect();
    assert_eq!(found, ["C10", "C15", "C7", "C9", "W2", "W43"]);
}

/// The cases that the names of the tests in a source begin with.
fn named_cases(source: &str) -> BTreeSet<String> {
    DECLARATIONS
        .iter()
        .flat_map(|declaration| source.split(declaration).skip(1))
        .flat_map(|name| {
            name.split(|character: char| !character.is_ascii_alphanumeric())
                .map_while(as_case)
        })
        .collect()
}

/// The cases in the first column of the table below the heading.
fn excused_cases(document: &str) -> BTreeSet<String> {
    let (_, section) = document
        .split_once(HEADING)
        .expect("docs/compatibility.md lists the cases without a test");
    let section = section.split("\n## ").next().unwrap_or(section);
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .flat_map(str::split_whitespace)
        .filter_map(as_case)
        .collect()
}

/// The case that a word such as `c15` or `W3` is the number of.
fn as_case(word: &str) -> Option<String> {
    let letter = word.chars().next()?.to_ascii_uppercase();
    let number: u32 = word.get(1..)?.parse().ok()?;
    CASES
        .iter()
        .any(|(known, last)| *known == letter && (1..=*last).contains(&number))
        .then(|| format!("{letter}{number}"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of tests") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    iter::successors(Some(manifest), |path| path.parent())
        .nth(2)
        .expect("the workspace holds crates/server")
        .to_owned()
}
