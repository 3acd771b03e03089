//! A pattern with its options, ready for the database.

use super::translate::{MAX_BOUND, MAX_GROUPS, translate};

/// Characters of a pattern.
const MAX_CHARS: usize = 1024;

/// A pattern that is ready to be searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::conversation_query) struct Pattern {
    /// For PostgreSQL's `~`, options included.
    pub(in crate::conversation_query) translated: String,
}

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::conversation_query) enum PatternError {
    #[error("$options may hold i, m, s and x, not {0}")]
    Option(char),
    #[error("it is longer than {MAX_CHARS} characters")]
    Length,
    #[error("it contains a NUL character")]
    Nul,
    #[error("it repeats too much")]
    Weight,
    #[error("{0} has nothing to repeat")]
    NothingToRepeat(char),
    #[error("a repetition must be of the form {{n}}, {{n,}} or {{n,m}} with n <= m <= {MAX_BOUND}")]
    Bound,
    #[error("groups are nested more than {MAX_GROUPS} levels deep")]
    Groups,
    #[error("a group is not closed")]
    OpenGroup,
    #[error("a ) closes no group")]
    NoGroup,
    #[error("a [ is not closed")]
    OpenClass,
    #[error("a range in [ ] runs backwards")]
    Range,
    #[error("it ends in a backslash")]
    Backslash,
    #[error("\\{0} is not supported")]
    Escape(char),
    #[error("back-references are not supported")]
    BackReference,
    #[error("(?{0} is not supported")]
    Group(String),
    #[error("possessive repetitions are not supported")]
    Possessive,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    pub(super) ignore_case: bool,
    pub(super) lines: bool,
    pub(super) dot_all: bool,
    pub(super) extended: bool,
}

impl Options {
    fn add(&mut self, letters: &str) -> Result<(), PatternError> {
        for letter in letters.chars() {
            match letter {
                'i' => self.ignore_case = true,
                'm' => self.lines = true,
                's' => self.dot_all = true,
                'x' => self.extended = true,
                // What JavaScript appends; every match here is Unicode and the first one.
                'u' | 'g' => {}
                other => return Err(PatternError::Option(other)),
            }
        }
        Ok(())
    }
}

impl Pattern {
    /// Translates a pattern and its option letters.
    pub(in crate::conversation_query) fn parse(
        pattern: &str,
        letters: &str,
    ) -> Result<Self, PatternError> {
        if pattern.chars().count() > MAX_CHARS {
            return Err(PatternError::Length);
        }
        if pattern.contains('\0') {
            return Err(PatternError::Nul);
        }
        let mut options = Options::default();
        options.add(letters)?;
        let pattern = leading_options(pattern, &mut options)?;
        let translated = translate(pattern, options)?;
        // The explicit option also keeps a pattern from starting with PostgreSQL's `***`.
        let flags = if options.ignore_case { "(?is)" } else { "(?s)" };
        Ok(Self {
            translated: format!("{flags}{translated}"),
        })
    }
}

/// Takes options such as `(?i)` off the front, the one place where they can be honoured.
fn leading_options<'a>(pattern: &'a str, options: &mut Options) -> Result<&'a str, PatternError> {
    if let Some(rest) = pattern.strip_prefix("(?")
        && let Some((letters, rest)) = rest.split_once(')')
        && !letters.is_empty()
        && letters.chars().all(|letter| letter.is_ascii_lowercase())
    {
        options.add(letters)?;
        return Ok(rest);
    }
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn translate(pattern: &str) -> String {
        Pattern::parse(pattern, "").unwrap().translated
    }

    #[test]
    fn c27_quoted_text_becomes_escaped_literals() {
        assert_eq!(translate(r"^\Qa.b*\E"), r"(?s)^a\.b\*");
        assert_eq!(translate(r".*\Q(x\E.*"), r"(?s)[^\n]*\(x[^\n]*");
        assert_eq!(translate(r"\Qa\E$"), r"(?s)a$");
        assert_eq!(translate(r"\Qa\E\\E\Qb\E"), r"(?s)a\\Eb");
        assert_eq!(translate(r"\Qopen"), r"(?s)open");
    }

    #[test]
    fn syntax_that_differs_is_translated() {
        assert_eq!(translate(r"\bx\B"), r"(?s)\yx\Y");
        assert_eq!(translate(r"(a)(?<n>b)(?P<m>c)"), r"(?s)(?:a)(?:b)(?:c)");
        assert_eq!(translate(r"a{2}{"), r"(?s)a{2}\{");
        assert_eq!(translate(r"{,3}a+?"), r"(?s)\{\,3\}a+");
        assert_eq!(translate(r"[]a-c\d\-x-]"), r"(?s)[\]a-c\d\-x\-]");
        assert_eq!(translate(r"[[:alpha:][a-\d]"), r"(?s)[[:alpha:]\[a\-\d]");
        assert_eq!(translate(r"\x41\u0042\x{43}"), r"(?s)ABC");
        assert_eq!(translate("(?i)a"), "(?is)a");
        assert_eq!(
            Pattern::parse("^a .# end\n$", "mx").unwrap().translated,
            r"(?s)(?:^|(?<=\n))a[^\n](?:$|(?=\n))"
        );
        assert_eq!(Pattern::parse(".", "s").unwrap().translated, "(?s).");
    }

    #[test]
    fn what_cannot_be_searched_safely_is_refused() {
        for (pattern, error) in [
            (r"(a)\1", PatternError::BackReference),
            (r"\p{L}", PatternError::Escape('p')),
            (r"(?>a)", PatternError::Group(">".to_owned())),
            (r"a++", PatternError::Possessive),
            (r"*", PatternError::NothingToRepeat('*')),
            (r"a**", PatternError::NothingToRepeat('*')),
            (r"(?=a)*", PatternError::NothingToRepeat('*')),
            (r"a{3,2}", PatternError::Bound),
            (r"a{256}", PatternError::Bound),
            (r"((a{200}){200})", PatternError::Weight),
            (r"[b-a]", PatternError::Range),
            (r"[", PatternError::OpenClass),
            (r"a)", PatternError::NoGroup),
            (r"a\", PatternError::Backslash),
        ] {
            assert_eq!(Pattern::parse(pattern, "").unwrap_err(), error, "{pattern}");
        }
        assert_eq!(
            Pattern::parse("a", "iq").unwrap_err(),
            PatternError::Option('q')
        );
        assert_eq!(
            Pattern::parse(&"a".repeat(MAX_CHARS + 1), "").unwrap_err(),
            PatternError::Length
        );
        assert_eq!(
            Pattern::parse(&"(".repeat(MAX_GROUPS + 1), "").unwrap_err(),
            PatternError::Groups
        );
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in ".{0,40}", letters in "[imsx]{0,4}") {
            let _ = Pattern::parse(&pattern, &letters);
        }

        #[test]
        fn no_syntax_like_pattern_panics(pattern in r"[\\QEabdwxu\[\](){}?:=!<>P^$.*+|,0-9\-]{0,24}") {
            let _ = Pattern::parse(&pattern, "");
        }
    }
}
