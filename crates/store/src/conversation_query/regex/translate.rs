//! Walking a pattern, piece by piece.

use std::iter::Peekable;
use std::str::Chars;

use super::pattern::{Options, PatternError};

/// What a pattern may expand to, in characters and repetitions; keeps compiling it cheap.
const MAX_WEIGHT: u64 = 5000;

/// Nested groups.
pub(super) const MAX_GROUPS: usize = 50;

/// The highest bound of a repetition that PostgreSQL accepts.
pub(super) const MAX_BOUND: u64 = 255;

/// Translates a pattern that is not too long and holds no NUL.
pub(super) fn translate(pattern: &str, options: Options) -> Result<String, PatternError> {
    let mut translator = Translator {
        rest: pattern.chars().peekable(),
        out: String::new(),
        options,
        groups: Vec::new(),
        weight: 0,
        last: Atom::Nothing,
    };
    translator.run()?;
    Ok(translator.out)
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

pub(super) struct Translator<'a> {
    pub(super) rest: Peekable<Chars<'a>>,
    pub(super) out: String,
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

    pub(super) fn atom(&mut self, text: &str) -> Result<(), PatternError> {
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
    pub(super) fn character(&mut self, c: char) -> Result<char, PatternError> {
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
}

/// Writes a character so that it stands for itself, inside brackets and outside.
pub(super) fn push_literal(out: &mut String, c: char) {
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
