//! The tokens of a block: names, texts with their escapes resolved, numbers and signs.

/// A word of an expression.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Number(String),
    Sign(char),
}

/// The tokens of a block, and whether a text in it does not end.
pub(super) fn tokens(code: &str) -> (Vec<Token>, bool) {
    let mut tokens = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '\'' | '"' => {
                let mut text = String::new();
                let mut closed = false;
                while let Some(c2) = chars.next() {
                    if c2 == c {
                        closed = true;
                        break;
                    }
                    if c2 != '\\' {
                        text.push(c2);
                        continue;
                    }
                    match chars.next() {
                        Some('n') => text.push('\n'),
                        Some('t') => text.push('\t'),
                        Some(kind @ ('x' | 'u' | 'U')) => {
                            let count = match kind {
                                'x' => 2,
                                'u' => 4,
                                _ => 8,
                            };
                            let digits: String = chars.by_ref().take(count).collect();
                            let c = u32::from_str_radix(&digits, 16)
                                .ok()
                                .and_then(char::from_u32);
                            text.extend(c);
                        }
                        Some(digit @ '0'..='7') => {
                            let mut value = digit.to_digit(8).unwrap_or(0);
                            for _ in 0..2 {
                                let Some(next) = chars.peek().and_then(|c| c.to_digit(8)) else {
                                    break;
                                };
                                value = value * 8 + next;
                                chars.next();
                            }
                            text.extend(char::from_u32(value));
                        }
                        Some(other) => text.push(other),
                        None => {}
                    }
                }
                if !closed {
                    return (tokens, true);
                }
                tokens.push(Token::Text(text));
            }
            c if c.is_ascii_digit() => {
                let mut number = String::from(c);
                while let Some(d) = chars.next_if(|d| d.is_ascii_alphanumeric() || *d == '_') {
                    number.push(d);
                }
                tokens.push(Token::Number(number));
            }
            c if c.is_alphabetic() || c == '_' => {
                let mut name = String::from(c);
                while let Some(d) = chars.next_if(|d| d.is_alphanumeric() || *d == '_') {
                    name.push(d);
                }
                tokens.push(Token::Name(name));
            }
            c => tokens.push(Token::Sign(c)),
        }
    }
    (tokens, false)
}
