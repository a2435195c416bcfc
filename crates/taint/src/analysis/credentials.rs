//! Secrets in the source that are known by their form, whatever the names around them say.

use trueline_syntax::ir::{FuncId, Span};

use super::Analyzer;
use super::sink::{Reached, SinkRef};
use crate::rules::format::Control;

impl Analyzer<'_> {
    /// Reports access keys, tokens and private keys in the text of the file.
    pub(super) fn check_credentials(&mut self) {
        let Some((rule, spec)) = self.secret_rule() else {
            return;
        };
        for (start, end) in crate::credential::find(spec, self.text) {
            let span = Span::new(start as u32, end as u32);
            let new = Reached {
                function: self.innermost(span),
                sink: SinkRef::Secret { by_hand: false },
                label: None,
                control: Control::Local,
                parameter: None,
                depth: 0,
            };
            self.sites.insert((rule, span));
            // What a name says of it is said already.
            let known = self.reached.keys().any(|(r, unit, at)| {
                *r == rule && unit.is_none() && at.start < span.end && span.start < at.end
            });
            if !known {
                self.reached.insert((rule, None, span), new);
            }
        }
    }

    /// The smallest function around a place.
    pub(super) fn innermost(&self, span: Span) -> FuncId {
        let functions = self.module.functions.iter().enumerate().skip(1);
        let around =
            functions.filter(|(_, f)| f.span.start <= span.start && span.end <= f.span.end);
        let smallest = around.min_by_key(|(_, f)| f.span.end - f.span.start);
        FuncId(smallest.map_or(0, |(at, _)| at as u32))
    }
}
