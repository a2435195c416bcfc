//! Names of nodes and operators turned into those of the representation, and constants.

use tree_sitter::Node;

use super::Lowering;
use crate::ir::{Arg, ArgKind, BinaryOp, CompareOp, Const, Operand};

/// An arithmetic operator; `&^` is an `and`.
pub(super) fn binary_op(operator: &str) -> Option<BinaryOp> {
    Some(match operator {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Mod,
        "<<" => BinaryOp::Shl,
        ">>" => BinaryOp::Shr,
        "&" | "&^" => BinaryOp::BitAnd,
        "|" => BinaryOp::BitOr,
        "^" => BinaryOp::BitXor,
        _ => return None,
    })
}

pub(super) fn compare_op(operator: &str) -> Option<CompareOp> {
    Some(match operator {
        "==" => CompareOp::Eq,
        "!=" => CompareOp::NotEq,
        "<" => CompareOp::Lt,
        "<=" => CompareOp::LtE,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::GtE,
        _ => return None,
    })
}

pub(super) const fn positional(value: Operand) -> Arg {
    Arg {
        kind: ArgKind::Positional,
        value,
    }
}

pub(super) const fn null() -> Operand {
    Operand::Const(Const::Null)
}

pub(super) fn int(value: usize) -> Operand {
    Operand::Const(Const::Int(i64::try_from(value).unwrap_or(i64::MAX)))
}

impl<'t> Lowering<'t> {
    /// A text constant.
    pub(super) fn str(&mut self, text: &str) -> Operand {
        Operand::Const(Const::Str(self.builder.intern(text)))
    }

    /// The constant that a literal is.
    pub(super) fn literal(&mut self, node: Node<'t>) -> Option<Const> {
        let text = self.text_of(node);
        Some(match node.kind() {
            "int_literal" => integer(text),
            "float_literal" => Const::Float(text.replace('_', "").parse().unwrap_or(f64::NAN)),
            "imaginary_literal" => Const::Float(f64::NAN),
            "rune_literal" => Const::Int(rune(text)),
            "raw_string_literal" => {
                let inner = text.trim_matches('`');
                let inner = if inner.contains('\r') {
                    inner.replace('\r', "")
                } else {
                    inner.to_owned()
                };
                Const::Str(self.builder.intern(&inner))
            }
            "interpreted_string_literal" => {
                let inner = text.strip_prefix('"').unwrap_or(text);
                let inner = inner.strip_suffix('"').unwrap_or(inner);
                let symbol = if inner.contains('\\') {
                    let value = unescaped(inner);
                    self.builder.intern(&value)
                } else {
                    self.builder.intern(inner)
                };
                Const::Str(symbol)
            }
            "true" => Const::Bool(true),
            "false" => Const::Bool(false),
            "nil" => Const::Null,
            "iota" => Const::Int(self.iota?),
            _ => return None,
        })
    }
}

fn integer(text: &str) -> Const {
    let digits = text.replace('_', "").to_ascii_lowercase();
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits.as_str()),
    };
    i64::from_str_radix(digits, radix).map_or_else(
        |_| Const::Float(digits.parse().unwrap_or(f64::NAN)),
        Const::Int,
    )
}

fn rune(text: &str) -> i64 {
    let inner = text.strip_prefix('\'').unwrap_or(text);
    let inner = inner.strip_suffix('\'').unwrap_or(inner);
    unescaped(inner)
        .chars()
        .next()
        .map_or(0, |c| i64::from(u32::from(c)))
}

/// The value of the inside of an interpreted string.
fn unescaped(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(escape) = rest.next() else { break };
        let (digits, radix, first) = match escape {
            'x' => (2, 16, None),
            'u' => (4, 16, None),
            'U' => (8, 16, None),
            '0'..='7' => (2, 8, Some(escape)),
            _ => (0, 0, None),
        };
        if digits == 0 {
            out.push(match escape {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                other => other,
            });
            continue;
        }
        let code: String = first
            .into_iter()
            .chain(rest.by_ref().take(digits))
            .collect();
        let value = u32::from_str_radix(&code, radix).ok();
        out.push(value.and_then(char::from_u32).unwrap_or('\u{fffd}'));
    }
    out
}
