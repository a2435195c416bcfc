//! Does code nest so deep that its tree would need more stack than there is?
//!
//! Told by the tokens alone: brackets, and operators and words between two commas, each of which may be a level of the
//! tree. Python itself gives up at 200 brackets.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

/// Levels that are followed. Python's own compiler stops at about as many.
const MAX_LEVELS: usize = 2_000;
/// Brackets in each other that are followed, with the fields of f-strings.
const MAX_BRACKETS: usize = 200;

/// Would the tree be deeper than is followed?
pub(super) fn is_too_deep(code: &str) -> bool {
    is_nested_too_deep(code) || is_indented_too_deep(code)
}

/// What is open at one bracket.
#[derive(Default)]
struct Level {
    /// Tokens since the last comma.
    tokens: usize,
    /// Lambdas whose colon is yet to come: a comma is one of their parameters'.
    heads: usize,
}

fn is_nested_too_deep(code: &str) -> bool {
    // The lexer of the parser, so that both have one opinion of where texts and their fields end.
    let mut lexer = lex(code, Mode::Module);
    let mut open = vec![Level::default()];
    let mut total = 0usize;
    let mut has_fields = false;
    let mut inside = 0usize;
    let mut is_torn = false;
    let mut before = TokenKind::Newline;
    loop {
        let token = lexer.next_token();
        match token {
            TokenKind::EndOfFile => {
                let brackets = || {
                    code.bytes()
                        .filter(|b| matches!(b, b'(' | b'[' | b'{'))
                        .count()
                };
                return has_fields && has_long_expression(code.as_bytes())
                    || is_torn && brackets() > MAX_LEVELS;
            }
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                open.push(Level::default());
                total += 1;
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                if open.len() > 1 {
                    total -= open.pop().unwrap_or_default().tokens + 1;
                }
                raise(&mut open, &mut total);
            }
            TokenKind::Comma => {
                if open.last().is_some_and(|level| level.heads == 0) {
                    reset(&mut open, &mut total);
                }
            }
            TokenKind::Semi => reset(&mut open, &mut total),
            // One that ends a statement; the lexer gives another within brackets.
            TokenKind::Newline => {
                if open.len() == 1 {
                    reset(&mut open, &mut total);
                }
            }
            TokenKind::FStringStart | TokenKind::TStringStart => {
                has_fields = true;
                inside += 1;
            }
            TokenKind::FStringEnd | TokenKind::TStringEnd => inside = inside.saturating_sub(1),
            // A text that the line ends within a field, perhaps for want of its quote.
            TokenKind::NonLogicalNewline if inside > 0 && before == TokenKind::String => {
                is_torn = true;
            }
            TokenKind::NonLogicalNewline
            | TokenKind::String
            | TokenKind::Comment
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle => {}
            _ => {
                if let Some(level) = open.last_mut() {
                    match token {
                        TokenKind::Lambda => level.heads += 1,
                        TokenKind::Colon => level.heads = level.heads.saturating_sub(1),
                        _ => {}
                    }
                }
                raise(&mut open, &mut total);
            }
        }
        if token != TokenKind::Comment {
            before = token;
        }
        if total > MAX_LEVELS || open.len() > MAX_BRACKETS + 1 {
            return true;
        }
    }
}

fn raise(open: &mut [Level], total: &mut usize) {
    if let Some(last) = open.last_mut() {
        last.tokens += 1;
        *total += 1;
    }
}

fn reset(open: &mut [Level], total: &mut usize) {
    if let Some(last) = open.last_mut() {
        *total -= last.tokens;
        *last = Level::default();
    }
}

/// Is there a long run that reads as one expression, wherever it stands? Where the field of an f-string is broken, the
/// parser reads on from another place than the lexer alone does, and what is text to one is code to the other.
fn has_long_expression(bytes: &[u8]) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii();
    let mut run = 0usize;
    let mut open = 0usize;
    // An operand that follows another is of prose, or of the next statement.
    let mut after_operand = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let mut end = at + 1;
        match byte {
            b' ' | b'\t' | b'\x0c' | b'\r' | b'\n' | b'\\' | b'"' | b'\'' => {}
            b',' | b';' | b'#' => {
                run = 0;
                after_operand = false;
            }
            b if is_word(b) => {
                while bytes.get(end).is_some_and(is_word) {
                    end += 1;
                }
                let is_operand = !matches!(
                    &bytes[at..end],
                    b"not"
                        | b"await"
                        | b"lambda"
                        | b"yield"
                        | b"and"
                        | b"or"
                        | b"in"
                        | b"is"
                        | b"if"
                        | b"else"
                        | b"for"
                );
                if is_operand && after_operand {
                    run = 0;
                }
                run += 1;
                after_operand = is_operand;
            }
            b'(' | b'[' | b'{' => {
                run += 1;
                open += 1;
                after_operand = false;
            }
            b')' | b']' | b'}' => {
                open = open.saturating_sub(1);
                after_operand = true;
            }
            _ => {
                run += 1;
                after_operand = false;
            }
        }
        if run > MAX_LEVELS || open > MAX_LEVELS {
            return true;
        }
        at = end;
    }
    false
}

/// Python stops at 100 blocks in each other.
fn is_indented_too_deep(code: &str) -> bool {
    let mut indents: Vec<usize> = Vec::new();
    for line in code.split(['\n', '\r']) {
        let bare = line.trim_start_matches([' ', '\t']);
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        let indent = line.len() - bare.len();
        while indents.last().is_some_and(|last| *last >= indent) {
            indents.pop();
        }
        indents.push(indent);
        if indents.len() > 110 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_too_deep;

    #[test]
    fn long_is_not_deep() {
        assert!(!is_too_deep(&format!("x = [{}]", "-1.5, ".repeat(50_000))));
        assert!(!is_too_deep(&"x = 1 + 2\n".repeat(50_000)));
        assert!(!is_too_deep(&format!("x = '''{}'''", "((((".repeat(9_000))));
        assert!(is_too_deep(&"(".repeat(300)));
        assert!(is_too_deep(&format!("x = 1{}", "+1".repeat(9_000))));
        assert!(is_too_deep(&format!("x = {}1", "not ".repeat(9_000))));
    }
    #[test]
    fn what_f_strings_interpolate_is_code() {
        let signs = "-".repeat(3_000_000);
        assert!(is_too_deep(&format!("x = f\"{{{signs}1}}\"")));
        let sum = "+1".repeat(9_000);
        assert!(is_too_deep(&format!("x = f\"{{1{sum}}}\"")));
        // Quotes of the same kind, and fields of a format.
        assert!(is_too_deep(&format!("x = f\"{{\"\" + 1{sum}}}\"")));
        assert!(is_too_deep(&format!("x = f'{{y:{{1{sum}}}}}'")));
        // The parser ends the f-string at the quote, the lexer alone after the brace.
        for deep in [
            sum.as_str(),
            &signs,
            &"(".repeat(9_000),
            &"(1,".repeat(9_000),
            &"(\")\",".repeat(9_000),
        ] {
            assert!(is_too_deep(&format!("x = f'{{a'\n}};y = 1{deep}\n")));
        }
        let prose = "one word and another - (see below)\n".repeat(2_000);
        assert!(!is_too_deep(&format!("x = f\"\"\"{prose}{{y}}\"\"\"")));
        assert!(!is_too_deep(&"x = f'{a + 1}{b:>{c}}'\n".repeat(5_000)));
    }

    #[test]
    fn lines_that_go_on_are_one() {
        assert!(is_too_deep(&format!("x = {}1", "not \\\n".repeat(100_000))));
        assert!(is_too_deep(&format!("x = 1{}", " \\\r\n+ 1".repeat(9_000))));
        // A carriage return ends a comment.
        assert!(is_too_deep(&format!("# \rx = 1{}", "+1".repeat(9_000))));
    }

    #[test]
    fn parameters_of_lambdas_end_none_of_them() {
        assert!(is_too_deep(&format!(
            "x = {}1",
            "lambda a, b: ".repeat(9_000)
        )));
        assert!(!is_too_deep(&format!(
            "x = [{}]",
            "lambda a, b: 1, ".repeat(9_000)
        )));
    }
}
