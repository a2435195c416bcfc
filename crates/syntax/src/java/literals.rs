//! Literals.

use tree_sitter::Node;

use super::Lowering;
use crate::ir::{BinaryOp, CompareOp, Const, Operand};

/// No value.
pub(super) const fn null() -> Operand {
    Operand::Const(Const::Null)
}

impl<'t> Lowering<'t> {
    /// The constant that a literal is.
    pub(super) fn literal(&mut self, node: Node<'t>) -> Option<Const> {
        let text = self.text_of(node);
        Some(match node.kind() {
            "true" => Const::Bool(true),
            "false" => Const::Bool(false),
            "null_literal" => Const::Null,
            "decimal_integer_literal" => integer(text, 10),
            "hex_integer_literal" => integer(text.get(2..)?, 16),
            "octal_integer_literal" => integer(text.trim_start_matches('0'), 8),
            "binary_integer_literal" => integer(text.get(2..)?, 2),
            "decimal_floating_point_literal" | "hex_floating_point_literal" => {
                let digits: String = text
                    .chars()
                    .filter(|c| !matches!(c, '_' | 'f' | 'F' | 'd' | 'D'))
                    .collect();
                Const::Float(digits.parse().unwrap_or(f64::NAN))
            }
            "character_literal" => {
                let inner = text.trim_matches('\'');
                let text = unescaped(inner);
                Const::Str(self.builder.intern(&text))
            }
            "string_literal" => {
                let has_interpolation = node
                    .named_children(&mut node.walk())
                    .any(|c| c.kind() == "string_interpolation");
                if has_interpolation {
                    return None;
                }
                let value = if text.starts_with("\"\"\"") {
                    block(text)
                } else {
                    unescaped(text.trim_start_matches('"').strip_suffix('"').unwrap_or(""))
                };
                Const::Str(self.builder.intern(&value))
            }
            _ => return None,
        })
    }
}

fn integer(text: &str, radix: u32) -> Const {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, '_' | 'l' | 'L'))
        .collect();
    if digits.is_empty() {
        return Const::Int(0);
    }
    match i64::from_str_radix(&digits, radix) {
        Ok(value) => Const::Int(value),
        Err(_) => Const::Float(f64::NAN),
    }
}

/// A text block without its indentation.
fn block(text: &str) -> String {
    let inner = text
        .trim_start_matches("\"\"\"")
        .strip_suffix("\"\"\"")
        .unwrap_or("");
    let inner = inner.split_once('\n').map_or(inner, |(_, rest)| rest);
    let indent = inner
        .lines()
        .filter(|l| !l.trim().is_empty())
        .map(|l| l.len() - l.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = inner
        .lines()
        .map(|l| l.get(indent..).unwrap_or(""))
        .collect();
    unescaped(&lines.join("\n"))
}

fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('0') => out.push('\0'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let value = u32::from_str_radix(&digits, 16).ok();
                out.push(value.and_then(char::from_u32).unwrap_or('\u{fffd}'));
            }
            Some('\n') | None => {}
            Some(other) => out.push(other),
        }
    }
    out
}

pub(super) fn binary_op(text: &str) -> Option<BinaryOp> {
    Some(match text {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Mod,
        "<<" => BinaryOp::Shl,
        ">>" | ">>>" => BinaryOp::Shr,
        "&" => BinaryOp::BitAnd,
        "|" => BinaryOp::BitOr,
        "^" => BinaryOp::BitXor,
        _ => return None,
    })
}

pub(super) fn compare_op(text: &str) -> Option<CompareOp> {
    Some(match text {
        "==" => CompareOp::Eq,
        "!=" => CompareOp::NotEq,
        "<" => CompareOp::Lt,
        "<=" => CompareOp::LtE,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::GtE,
        _ => return None,
    })
}
