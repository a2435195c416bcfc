//! Source text as tokens joined by one blank, for fingerprints.
//!
//! Blanks, line ends, comments, trailing commas and the kind of quotes do not count; what stands
//! inside of text does. Strings, template literals and f-strings are told from code with a stack
//! instead of recursion; regular expressions are not, but an escaped slash opens no comment.

use std::iter::Peekable;
use std::str::Chars;

use trueline_syntax::ir::Language;

/// Where the scanner is; the code of the piece itself lies below the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Frame {
    /// Text up to these quotes.
    Text {
        quote: char,
        triple: bool,
        holes: Holes,
    },
    /// Code in a hole of a text, with the brackets that are open in it.
    Code { holes: Holes, open: u32 },
    /// What follows the colon in a hole of an f-string.
    Format,
}

/// How code is put into a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holes {
    None,
    /// `${…}`
    Template,
    /// `{…}`
    Formatted,
}

/// Source text as tokens joined by one blank.
pub(crate) fn normalised(text: &str, language: Language) -> String {
    let mut scanner = Scanner {
        chars: text.chars().peekable(),
        python: language == Language::Python,
        out: String::with_capacity(text.len()),
        stack: Vec::new(),
        in_word: false,
        endless: false,
    };
    while let Some(c) = scanner.chars.next() {
        match scanner.stack.last().copied() {
            Some(Frame::Text {
                quote,
                triple,
                holes,
            }) => scanner.text(c, quote, triple, holes),
            Some(Frame::Format) => scanner.format(c),
            Some(Frame::Code { holes, .. }) => scanner.code(c, holes),
            None => scanner.code(c, Holes::None),
        }
    }
    scanner.out
}

struct Scanner<'a> {
    chars: Peekable<Chars<'a>>,
    python: bool,
    out: String,
    stack: Vec<Frame>,
    in_word: bool,
    /// No block comment ends in what is left.
    endless: bool,
}

impl Scanner<'_> {
    fn code(&mut self, c: char, holes: Holes) {
        if c.is_whitespace() {
            self.in_word = false;
            return;
        }
        if self.comment(c) {
            self.in_word = false;
            return;
        }
        if matches!(c, '"' | '\'') || c == '`' && !self.python {
            self.open(c);
            return;
        }
        if let Some(Frame::Code { open, .. }) = self.stack.last_mut() {
            match c {
                '(' | '[' | '{' => *open += 1,
                '}' if *open == 0 => {
                    self.stack.pop();
                    self.out.push('}');
                    self.in_word = false;
                    return;
                }
                ')' | ']' | '}' => *open = open.saturating_sub(1),
                ':' if *open == 0 && holes == Holes::Formatted => {
                    self.stack.pop();
                    self.stack.push(Frame::Format);
                    self.out.push(':');
                    self.in_word = false;
                    return;
                }
                _ => {}
            }
        }
        let part_of_word = c.is_alphanumeric() || c == '_';
        if !(part_of_word && self.in_word) {
            self.gap();
        }
        if matches!(c, ')' | ']' | '}') && self.out.ends_with(", ") {
            self.out.truncate(self.out.len() - 2);
        }
        self.out.push(c);
        if c == '\\' {
            // `\/` of a regular expression.
            self.out.extend(self.chars.next());
        }
        self.in_word = part_of_word;
    }

    /// Skips a comment that begins with `c`. One without an end is none.
    fn comment(&mut self, c: char) -> bool {
        if self.python {
            if c == '#' {
                self.skip_line();
            }
            return c == '#';
        }
        match (c, self.chars.peek()) {
            ('/', Some('/')) => {
                self.skip_line();
                true
            }
            ('/', Some('*')) if !self.endless => {
                let mut ahead = self.chars.clone();
                ahead.next();
                let mut last = ' ';
                let ends = ahead.any(|c| std::mem::replace(&mut last, c) == '*' && c == '/');
                if ends {
                    self.chars = ahead;
                }
                // Looked for once only, so that many beginnings cost no more than one.
                self.endless = !ends;
                ends
            }
            _ => false,
        }
    }

    fn skip_line(&mut self) {
        while self.chars.next_if(|c| *c != '\n').is_some() {}
    }

    fn open(&mut self, quote: char) {
        let prefix = if self.in_word && self.python {
            self.out.rsplit(' ').next().unwrap_or("")
        } else {
            ""
        };
        let formatted = prefix.len() <= 2 && prefix.contains(['f', 'F', 't', 'T']);
        let triple = self.python && {
            let mut ahead = self.chars.clone();
            ahead.next() == Some(quote) && ahead.next() == Some(quote)
        };
        if triple {
            self.chars.next();
            self.chars.next();
        }
        let holes = match quote {
            '`' => Holes::Template,
            _ if formatted => Holes::Formatted,
            _ => Holes::None,
        };
        self.gap();
        self.out.push(shown(quote));
        self.in_word = false;
        self.stack.push(Frame::Text {
            quote,
            triple,
            holes,
        });
    }

    fn text(&mut self, c: char, quote: char, triple: bool, holes: Holes) {
        match c {
            '\\' => match self.chars.next() {
                // `'\"'`, `'"'` and `"\""` are the same text, and so are `"'"` and `'\''`.
                Some('\'') => self.out.push('\''),
                Some(escaped) => {
                    self.out.push('\\');
                    self.out.push(escaped);
                }
                None => self.out.push('\\'),
            },
            _ if c == quote => {
                if triple {
                    let mut ahead = self.chars.clone();
                    if ahead.next() != Some(quote) || ahead.next() != Some(quote) {
                        self.plain(c);
                        return;
                    }
                    self.chars.next();
                    self.chars.next();
                }
                self.close(quote);
            }
            // A quote without its pair: an apostrophe in markup or in a regular expression.
            '\n' if !triple && quote != '`' => self.close(quote),
            '$' if holes == Holes::Template && self.chars.peek() == Some(&'{') => {
                self.chars.next();
                self.out.push_str("${");
                self.stack.push(Frame::Code { holes, open: 0 });
            }
            '{' | '}' if holes == Holes::Formatted => {
                self.out.push(c);
                if self.chars.next_if_eq(&c).is_some() {
                    self.out.push(c);
                } else if c == '{' {
                    self.stack.push(Frame::Code { holes, open: 0 });
                }
            }
            _ => self.plain(c),
        }
    }

    fn format(&mut self, c: char) {
        self.out.push(c);
        match c {
            '{' => self.stack.push(Frame::Code {
                holes: Holes::Formatted,
                open: 0,
            }),
            '}' => {
                self.stack.pop();
            }
            _ => {}
        }
    }

    fn plain(&mut self, c: char) {
        if c == '"' {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    fn close(&mut self, quote: char) {
        self.stack.pop();
        self.out.push(shown(quote));
        self.in_word = false;
    }

    fn gap(&mut self) {
        if !self.out.is_empty() {
            self.out.push(' ');
        }
    }
}

/// Both kinds of quotes are one; a template is its own.
const fn shown(quote: char) -> char {
    if quote == '`' { '`' } else { '"' }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn python(text: &str) -> String {
        normalised(text, Language::Python)
    }

    fn javascript(text: &str) -> String {
        normalised(text, Language::JavaScript)
    }

    #[test]
    fn layout_quotes_and_comments_do_not_change_tokens() {
        let one = python("cur.execute('a b' % x,)");
        let other = python("cur.execute(\n    \"a b\"  % x,  # why\n)");
        assert_eq!(one, other);
        assert_ne!(one, python("cur.execute('ab' % x)"));
        assert_eq!(python(r#"f('it"s')"#), python(r#"f("it\"s")"#));
        assert_eq!(python(r#"f("it's")"#), python(r"f('it\'s')"));
    }

    #[test]
    fn both_kinds_of_comments_are_left_out() {
        let bare = javascript("eval(a, b)");
        assert_eq!(bare, javascript("eval(a, /* why */ b) // and how"));
        assert_eq!(bare, javascript("eval(/** a\n * b */a, // x\n b)"));
        assert_ne!(bare, javascript("eval(a, '/* why */' + b)"));
        assert_eq!(javascript("a /* it's */ + b"), javascript("a + b"));
        assert_ne!(javascript("g(/[/*]/, a)"), javascript("g(/[/*]/, b)"));
        // In Python these are marks.
        assert_ne!(python("a // b"), python("a // c"));
        assert_ne!(python("'# a'"), python("'# b'"));
    }

    #[test]
    fn addresses_in_texts_are_not_comments() {
        let fetches = [
            "fetch(`http://${a}/x`)",
            "fetch(`http://${b}/zzz`)",
            "fetch(`http://${a}/zzz`)",
            "fetch('http://' + a)",
            "fetch('http://' + b)",
        ];
        let mut all: Vec<String> = fetches.iter().map(|f| javascript(f)).collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        fetch ( `http://${ a}/x` )
        fetch ( `http://${ b}/zzz` )
        fetch ( `http://${ a}/zzz` )
        fetch ( "http://" + a )
        fetch ( "http://" + b )
        "#);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), fetches.len());
    }

    #[test]
    fn code_in_templates_is_code_again() {
        assert_eq!(
            javascript("`a  ${ x /* y */ + `b ${ {c: '}'} }` }  //d`"),
            javascript("`a  ${x+`b ${{c:\"}\"}}`}  //d`")
        );
        assert_ne!(javascript("`a  ${x}`"), javascript("`a ${x}`"));
        assert_ne!(javascript("`${x}`"), javascript("'${x}'"));
    }

    #[test]
    fn code_in_f_strings_is_code_again() {
        assert_eq!(
            python(r#"run(f"ls { x [ 'a' ] : >10} # {{b}}", y)"#),
            python(r#"run(f'ls {x["a"]: >10} # {{b}}',y)"#)
        );
        assert_eq!(python(r#"f"{x["a"]} b""#), python(r#"f"{ x['a'] } b""#));
        assert_ne!(python(r#"f"{x:>10}""#), python(r#"f"{x: >10}""#));
        assert_ne!(python(r#"f"{x} #a""#), python(r#"f"{x} #b""#));
        assert_ne!(python(r#""{x }""#), python(r#""{x}""#));
        assert_eq!(python(r#"f"{x:{w }}" + y"#), python(r#"f"{x:{w}}"+y"#));
    }

    #[test]
    fn triple_quotes_hold_quotes_and_lines() {
        insta::assert_snapshot!(
            python("run(\"\"\"a \"b\"\n # c\"\"\", d) # e"),
            @r#"
        run ( "a \"b\"
         # c" , d )
        "#
        );
    }

    #[test]
    fn a_quote_without_its_pair_ends_with_its_line() {
        assert_eq!(
            javascript("<p>don't</p>\n{x /* y */}"),
            javascript("<p>don't</p>\n{ x }")
        );
        assert_ne!(javascript(r"/a\//.test(b)"), javascript(r"/a\//.test(c)"));
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_and_blanks_at_its_ends_do_not_count(
            text in "[a-z'\"`${}()\\[\\]:#/*\\\\ \n,.]{0,60}"
        ) {
            for language in [Language::Python, Language::JavaScript] {
                let one = normalised(&text, language);
                prop_assert_eq!(&one, &normalised(&format!(" \n{text}"), language));
            }
        }
    }
}
