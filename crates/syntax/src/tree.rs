//! What the front ends on tree-sitter share: parsing within a budget of steps, places, and the errors
//! that the parser recovered from.

use tree_sitter::{Language, Node, Parser, Tree};

use crate::Refused;
use crate::builder::ModuleBuilder;
use crate::ir::Span;

/// The parser reports after a hundred steps; text that parses takes about one step for a token.
/// Recovering from errors in text of another language may take far more: then it is refused.
const BYTES_PER_ROUND: usize = 1;
const MIN_ROUNDS: usize = 2_000;

/// Parses a text.
pub(crate) fn parse(language: &Language, text: &str) -> Result<Tree, Refused> {
    let failed = |message: &str| Refused::ParserPanicked {
        message: message.to_owned(),
    };
    let mut parser = Parser::new();
    parser
        .set_language(language)
        .map_err(|error| failed(&error.to_string()))?;
    let limit = MIN_ROUNDS.max(text.len() / BYTES_PER_ROUND);
    let mut rounds = 0_usize;
    let mut progress = |_: &tree_sitter::ParseState| {
        rounds += 1;
        if rounds > limit {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        }
    };
    let options = tree_sitter::ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    parser
        .parse_with_options(
            &mut |at, _| bytes.get(at..).unwrap_or_default(),
            None,
            Some(options),
        )
        .ok_or_else(|| failed("it could not make sense of the text"))
}

/// Records what the parser skipped or made up, in the order of the text.
pub(crate) fn syntax_errors(builder: &mut ModuleBuilder, root: Node<'_>) {
    if !root.has_error() {
        return;
    }
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_missing() {
            let message = format!("`{}` is missing", node.kind());
            builder.syntax_error(span(node), message);
        } else if node.is_error() {
            let message = "text that does not belong here".to_owned();
            builder.syntax_error(span(node), message);
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// The place of a node.
pub(crate) fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte() as u32, node.end_byte() as u32)
}

/// A child in a field that every tree without errors has.
pub(crate) fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}
