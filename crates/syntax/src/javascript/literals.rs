//! Constants as they are written.

use oxc_ast::ast::{
    ArrayExpressionElement, Expression, NumericLiteral, TemplateElement, UnaryExpression,
};
use oxc_syntax::operator::UnaryOperator;

use crate::builder::ModuleBuilder;
use crate::ir::Const;

/// Integers up to here are exact in JavaScript's numbers.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Nesting of constant lists that is followed; decorators hold one or two levels.
const MAX_LIST_DEPTH: u32 = 8;

/// The text of a string or of a template without values.
pub(super) fn text<'a>(expression: &'a Expression<'a>) -> Option<&'a str> {
    match expression.get_inner_expression() {
        Expression::StringLiteral(literal) => Some(literal.value.as_str()),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            template.quasis.first().map(cooked)
        }
        _ => None,
    }
}

/// The text between the values of a template, escapes resolved where they are valid.
pub(super) fn cooked<'a>(quasi: &TemplateElement<'a>) -> &'a str {
    quasi
        .value
        .cooked
        .as_ref()
        .map_or_else(|| quasi.value.raw.as_str(), |text| text.as_str())
}

/// The constant that a literal stands for.
pub(super) fn constant(expression: &Expression<'_>, builder: &mut ModuleBuilder) -> Option<Const> {
    constant_at(expression, builder, 0)
}

fn constant_at(
    expression: &Expression<'_>,
    builder: &mut ModuleBuilder,
    depth: u32,
) -> Option<Const> {
    match expression.get_inner_expression() {
        Expression::BooleanLiteral(literal) => Some(Const::Bool(literal.value)),
        Expression::NullLiteral(_) => Some(Const::Null),
        Expression::Identifier(name) if name.name == "undefined" => Some(Const::Null),
        Expression::NumericLiteral(literal) => Some(number(literal)),
        Expression::BigIntLiteral(literal) => Some(big_integer(literal.value.as_str())),
        Expression::StringLiteral(literal) => {
            Some(Const::Str(builder.intern(literal.value.as_str())))
        }
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            let text = template.quasis.first().map_or("", cooked);
            Some(Const::Str(builder.intern(text)))
        }
        Expression::UnaryExpression(unary) => constant_unary(unary, builder),
        Expression::ArrayExpression(array) if depth < MAX_LIST_DEPTH => array
            .elements
            .iter()
            .map(|element| match element {
                ArrayExpressionElement::SpreadElement(_) | ArrayExpressionElement::Elision(_) => {
                    None
                }
                other => constant_at(other.as_expression()?, builder, depth + 1),
            })
            .collect::<Option<Vec<_>>>()
            .map(Const::List),
        _ => None,
    }
}

/// A number with a sign.
pub(super) fn constant_unary(
    unary: &UnaryExpression<'_>,
    builder: &mut ModuleBuilder,
) -> Option<Const> {
    let operand = match &unary.argument {
        literal @ (Expression::NumericLiteral(_) | Expression::BigIntLiteral(_)) => {
            constant_at(literal, builder, MAX_LIST_DEPTH)?
        }
        _ => return None,
    };
    match (unary.operator, operand) {
        (UnaryOperator::UnaryNegation, Const::Int(0)) => Some(Const::Float(-0.0)),
        (UnaryOperator::UnaryNegation, Const::Int(value)) => Some(Const::Int(value.checked_neg()?)),
        (UnaryOperator::UnaryNegation, Const::Float(value)) => Some(Const::Float(-value)),
        (UnaryOperator::UnaryPlus, value) => Some(value),
        _ => None,
    }
}

fn number(literal: &NumericLiteral<'_>) -> Const {
    let value = literal.value;
    if value.fract().abs() < f64::MIN_POSITIVE && value.abs() <= MAX_SAFE_INTEGER {
        Const::Int(value as i64)
    } else {
        Const::Float(value)
    }
}

fn big_integer(digits: &str) -> Const {
    match (digits.parse::<i64>(), digits.parse::<f64>()) {
        (Ok(value), _) => Const::Int(value),
        (Err(_), Ok(value)) => Const::Float(value),
        (Err(_), Err(_)) => Const::Float(f64::NAN),
    }
}
