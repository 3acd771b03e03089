//! `$regex` patterns as the SDKs write them (PCRE), translated for PostgreSQL's engine.
//!
//! PostgreSQL decides "does it match" with automata: no pattern without back-references takes
//! exponential time. So back-references are refused, and the repetitions a pattern may expand
//! to are bounded before the database sees it. Everything that is not a known piece of syntax
//! is refused rather than passed through, because the same characters can mean something else
//! there.

use std::iter::Peekable;
use std::str::Chars;

/// Characters of a pattern.
const MAX_CHARS: usize = 1024;

/// What a pattern may expand to, in characters and repetitions; keeps compiling it cheap.
const MAX_WEIGHT: u64 = 5000;

/// Nested groups.
const MAX_GROUPS: usize = 50;

/// The highest bound of a repetition that PostgreSQL accepts.
const MAX_BOUND: u64 = 255;

/// A pattern that is ready to be searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// For PostgreSQL's `~`, options included.
    pub(super) translated: String,
}

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PatternError {
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
struct Options {
    ignore_case: bool,
    lines: bool,
    dot_all: bool,
    extended: bool,
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
    pub(super) fn parse(pattern: &str, letters: &str) -> Result<Self, PatternError> {
        if pattern.chars().count() > MAX_CHARS {
            return Err(PatternError::Length);
        }
        if pattern.contains('\0') {
            return Err(PatternError::Nul);
        }
        let mut options = Options::default();
        options.add(letters)?;
        let pattern = leading_options(pattern, &mut options)?;
        let mut translator = Translator {
            rest: pattern.chars().peekable(),
            out: String::new(),
            options,
            groups: Vec::new(),
            weight: 0,
            last: Atom::Nothing,
        };
        translator.run()?;
        // The explicit option also keeps a pattern from starting with PostgreSQL's `***`.
        let flags = if options.ignore_case { "(?is)" } else { "(?s)" };
        Ok(Self {
            translated: format!("{flags}{}", translator.out),
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

/// What the last piece was, for a repetition that may follow.
#[derive(Clone, Copy, Debug)]
enum Atom {
    /// Nothing that can be repeated.
    Nothing,
    /// Something that expands to this much.
    Weighing(u64),
}

#[derive(Debug)]
struct Group {
    outer_weight: u64,
    repeatable: bool,
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    options: Options,
    groups: Vec<Group>,
    weight: u64,
    last: Atom,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), PatternError> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' => self.close()?,
                '|' => {
                    self.out.push('|');
                    self.last = Atom::Nothing;
                }
                '*' | '+' | '?' => self.repeat(c, &c.to_string(), 2)?,
                '{' => self.bound()?,
                '.' => self.atom(if self.options.dot_all { "." } else { "[^\\n]" })?,
                '^' if self.options.lines => self.anchor("(?:^|(?<=\\n))"),
                '^' => self.anchor("^"),
                '$' if self.options.lines => self.anchor("(?:$|(?=\\n))"),
                '$' => self.anchor("$"),
                c if self.options.extended && c.is_whitespace() => {}
                '#' if self.options.extended => {
                    while self.rest.next().is_some_and(|c| c != '\n') {}
                }
                c => self.literal(c)?,
            }
        }
        if self.groups.is_empty() {
            Ok(())
        } else {
            Err(PatternError::OpenGroup)
        }
    }

    fn atom(&mut self, text: &str) -> Result<(), PatternError> {
        self.out.push_str(text);
        self.last = Atom::Weighing(1);
        self.weigh(1)
    }

    fn anchor(&mut self, text: &str) {
        self.out.push_str(text);
        self.last = Atom::Nothing;
    }

    fn literal(&mut self, c: char) -> Result<(), PatternError> {
        push_literal(&mut self.out, c);
        self.atom("")
    }

    fn weigh(&mut self, weight: u64) -> Result<(), PatternError> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > MAX_WEIGHT {
            return Err(PatternError::Weight);
        }
        Ok(())
    }

    fn repeat(&mut self, sign: char, text: &str, times: u64) -> Result<(), PatternError> {
        let Atom::Weighing(weight) = self.last else {
            return Err(PatternError::NothingToRepeat(sign));
        };
        self.out.push_str(text);
        self.last = Atom::Nothing;
        match self.rest.peek() {
            // Lazy or not makes no difference to whether there is a match.
            Some('?') => {
                self.rest.next();
            }
            Some('+') => return Err(PatternError::Possessive),
            _ => {}
        }
        self.weigh(weight.saturating_mul(times.saturating_sub(1)))
    }

    /// Reads what follows a `{`: a repetition, or else a literal brace.
    fn bound(&mut self) -> Result<(), PatternError> {
        let mut ahead = self.rest.clone();
        let body: String = ahead.by_ref().take_while(|&c| c != '}').collect();
        let closed = self.rest.clone().any(|c| c == '}');
        let (low, high) = body
            .split_once(',')
            .map_or((body.as_str(), None), |(low, high)| (low, Some(high)));
        let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if !closed || low.is_empty() || !digits(low) || !high.is_none_or(digits) {
            return self.literal('{');
        }
        self.rest = ahead;
        let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
        let low = number(low);
        let most = match high {
            None => low,
            Some("") => low.saturating_add(1),
            Some(high) => number(high),
        };
        let unbounded = high == Some("");
        if low > MAX_BOUND || (!unbounded && (most < low || most > MAX_BOUND)) {
            return Err(PatternError::Bound);
        }
        self.repeat('{', &format!("{{{body}}}"), most)
    }

    fn open(&mut self) -> Result<(), PatternError> {
        if self.groups.len() >= MAX_GROUPS {
            return Err(PatternError::Groups);
        }
        let (text, repeatable) = self.group_kind()?;
        // Nothing refers back to a group, so none needs to capture.
        self.out.push_str(text);
        self.groups.push(Group {
            outer_weight: self.weight,
            repeatable,
        });
        self.weight = 0;
        self.last = Atom::Nothing;
        Ok(())
    }

    fn group_kind(&mut self) -> Result<(&'static str, bool), PatternError> {
        if self.rest.peek() != Some(&'?') {
            return Ok(("(?:", true));
        }
        self.rest.next();
        let kind = self.rest.next().ok_or(PatternError::OpenGroup)?;
        let next = self.rest.peek().copied();
        Ok(match (kind, next) {
            (':', _) => ("(?:", true),
            ('=', _) => ("(?=", false),
            ('!', _) => ("(?!", false),
            ('<', Some('=')) => {
                self.rest.next();
                ("(?<=", false)
            }
            ('<', Some('!')) => {
                self.rest.next();
                ("(?<!", false)
            }
            ('<', Some(c)) if c.is_alphabetic() || c == '_' => {
                self.group_name()?;
                ("(?:", true)
            }
            ('P', Some('<')) => {
                self.rest.next();
                self.group_name()?;
                ("(?:", true)
            }
            (kind, _) => return Err(PatternError::Group(kind.to_string())),
        })
    }

    fn group_name(&mut self) -> Result<(), PatternError> {
        for c in self.rest.by_ref() {
            match c {
                '>' => return Ok(()),
                c if c.is_alphanumeric() || c == '_' => {}
                c => return Err(PatternError::Group(format!("<{c}"))),
            }
        }
        Err(PatternError::OpenGroup)
    }

    fn close(&mut self) -> Result<(), PatternError> {
        let group = self.groups.pop().ok_or(PatternError::NoGroup)?;
        self.out.push(')');
        let inner = self.weight.max(1);
        self.weight = group.outer_weight;
        self.last = if group.repeatable {
            Atom::Weighing(inner)
        } else {
            Atom::Nothing
        };
        self.weigh(inner)
    }

    fn escape(&mut self) -> Result<(), PatternError> {
        match self.rest.next().ok_or(PatternError::Backslash)? {
            'Q' => {
                while let Some(c) = self.rest.next() {
                    if c == '\\' && self.rest.peek() == Some(&'E') {
                        self.rest.next();
                        return Ok(());
                    }
                    self.literal(c)?;
                }
                Ok(())
            }
            // The end of a quotation that did not begin.
            'E' => Ok(()),
            c @ ('d' | 'D' | 'w' | 'W' | 's' | 'S') => self.atom(&format!("\\{c}")),
            'b' => {
                self.anchor("\\y");
                Ok(())
            }
            'B' => {
                self.anchor("\\Y");
                Ok(())
            }
            'A' => {
                self.anchor("\\A");
                Ok(())
            }
            'z' | 'Z' => {
                self.anchor("\\Z");
                Ok(())
            }
            '1'..='9' | 'k' | 'g' => Err(PatternError::BackReference),
            c => {
                let c = self.character(c)?;
                self.literal(c)
            }
        }
    }

    /// Returns the one character that an escape stands for.
    fn character(&mut self, c: char) -> Result<char, PatternError> {
        Ok(match c {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'e' => '\u{1b}',
            'a' => '\u{7}',
            'x' | 'u' => return self.code_point(c),
            c if c.is_ascii_alphanumeric() => return Err(PatternError::Escape(c)),
            c => c,
        })
    }

    fn code_point(&mut self, kind: char) -> Result<char, PatternError> {
        let mut digits = String::new();
        if self.rest.peek() == Some(&'{') {
            self.rest.next();
            digits.extend(self.rest.by_ref().take_while(|&c| c != '}'));
        } else {
            digits.extend(self.rest.by_ref().take(if kind == 'x' { 2 } else { 4 }));
        }
        u32::from_str_radix(&digits, 16)
            .ok()
            .and_then(char::from_u32)
            .filter(|&c| c != '\0')
            .ok_or(PatternError::Escape(kind))
    }

    fn class(&mut self) -> Result<(), PatternError> {
        self.out.push('[');
        if self.rest.peek() == Some(&'^') {
            self.rest.next();
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or(PatternError::OpenClass)?;
            if c == ']' && !first {
                break;
            }
            first = false;
            self.class_item(c)?;
        }
        self.out.push(']');
        self.atom("")
    }

    fn class_item(&mut self, c: char) -> Result<(), PatternError> {
        if c == '[' && self.rest.peek() == Some(&':') {
            return self.named_class();
        }
        let Some(low) = self.class_character(c)? else {
            return Ok(());
        };
        let mut ahead = self.rest.clone();
        let is_range = ahead.next() == Some('-') && !matches!(ahead.next(), None | Some(']'));
        push_literal(&mut self.out, low);
        if !is_range {
            return Ok(());
        }
        self.rest.next();
        let c = self.rest.next().ok_or(PatternError::OpenClass)?;
        // `[a-\d]` holds a, a dash and the digits.
        let length = self.out.len();
        let Some(high) = self.class_character(c)? else {
            self.out.insert_str(length, "\\-");
            return Ok(());
        };
        if high < low {
            return Err(PatternError::Range);
        }
        self.out.push('-');
        push_literal(&mut self.out, high);
        Ok(())
    }

    /// Returns the character an item of a class stands for; writes it itself and returns
    /// `None` when it stands for several.
    fn class_character(&mut self, c: char) -> Result<Option<char>, PatternError> {
        if c != '\\' {
            return Ok(Some(c));
        }
        match self.rest.next().ok_or(PatternError::Backslash)? {
            c @ ('d' | 'D' | 'w' | 'W' | 's' | 'S') => {
                self.out.push('\\');
                self.out.push(c);
                Ok(None)
            }
            'Q' => {
                while let Some(c) = self.rest.next() {
                    if c == '\\' && self.rest.peek() == Some(&'E') {
                        self.rest.next();
                        return Ok(None);
                    }
                    push_literal(&mut self.out, c);
                }
                Err(PatternError::OpenClass)
            }
            'b' => Ok(Some('\u{8}')),
            c => self.character(c).map(Some),
        }
    }

    fn named_class(&mut self) -> Result<(), PatternError> {
        const NAMES: [&str; 12] = [
            "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
            "space", "upper", "xdigit",
        ];
        let mut ahead = self.rest.clone();
        ahead.next();
        let name: String = ahead
            .by_ref()
            .take_while(char::is_ascii_lowercase)
            .collect();
        // The take above consumed the closing colon as well.
        if NAMES.contains(&name.as_str()) && ahead.next() == Some(']') {
            self.rest = ahead;
            self.out.push_str("[:");
            self.out.push_str(&name);
            self.out.push_str(":]");
            return Ok(());
        }
        self.out.push_str("\\[");
        Ok(())
    }
}

/// Writes a character so that it stands for itself, inside brackets and outside.
fn push_literal(out: &mut String, c: char) {
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        c if c.is_ascii_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        c if c.is_ascii_alphanumeric() || !c.is_ascii() || c == '_' || c == ' ' => out.push(c),
        c => {
            out.push('\\');
            out.push(c);
        }
    }
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
