//! What stands between `[` and `]`.

use super::pattern::PatternError;
use super::translate::{Translator, push_literal};

impl Translator<'_> {
    /// Reads a class whose `[` is taken.
    pub(super) fn class(&mut self) -> Result<(), PatternError> {
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
