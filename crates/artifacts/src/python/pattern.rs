//! What the patterns of `match` take out of a value: attributes by keyword, items by key, elements of sequences.

use ruff_python_ast::{Expr, Pattern};

use super::value::{self, Values};
use super::walk::Walk;

impl<'c> Walk<'c> {
    /// Binds the names of a pattern to what they would be if it fitted.
    pub(super) fn pattern(&mut self, subject: &'c Expr, pattern: &'c Pattern, values: &Values<'c>) {
        let mut open = vec![(pattern, values.clone())];
        while let Some((pattern, values)) = open.pop() {
            match pattern {
                Pattern::MatchAs(of) => {
                    if let Some(name) = &of.name {
                        self.bind(self.scope, name.as_str(), &values);
                    }
                    if let Some(inner) = &of.pattern {
                        open.push((inner, values));
                    }
                }
                Pattern::MatchStar(of) => {
                    if let Some(name) = &of.name {
                        self.bind(self.scope, name.as_str(), &values);
                    }
                }
                Pattern::MatchOr(of) => {
                    open.extend(of.patterns.iter().map(|pattern| (pattern, values.clone())));
                }
                Pattern::MatchClass(of) => {
                    for keyword in &of.arguments.keywords {
                        let held = self.attribute(subject, &values, keyword.attr.as_str());
                        open.push((&keyword.pattern, held));
                    }
                    // What `str(x)` binds is the value itself.
                    let own = of.arguments.patterns.iter();
                    open.extend(own.map(|pattern| (pattern, values.clone())));
                }
                Pattern::MatchMapping(of) => {
                    for (key, pattern) in of.keys.iter().zip(&of.patterns) {
                        let key = self.expression(key);
                        let held = self.item(subject, &values, &key);
                        open.push((pattern, held));
                    }
                    if let Some(rest) = &of.rest {
                        self.bind(self.scope, rest.as_str(), &values);
                    }
                }
                Pattern::MatchSequence(of) => {
                    let mut any = Values::default();
                    for held in value::held(&mut self.meter, &values) {
                        self.meter.join(&mut any, &held);
                    }
                    open.extend(of.patterns.iter().map(|pattern| (pattern, any.clone())));
                }
                Pattern::MatchValue(of) => {
                    self.expression(&of.value);
                }
                Pattern::MatchSingleton(_) => {}
            }
        }
    }
}
