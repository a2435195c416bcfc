//! Secrets in the source that are known by their form, whatever the names around them say: keys, tokens, passwords in
//! URLs.

use trueline_syntax::ir::{FuncId, Span};

use super::Analyzer;
use super::sink::{Reached, SinkRef};
use crate::rules::format::Control;

impl Analyzer<'_> {
    /// Reports access keys, tokens, private keys and passwords of URLs in the text of the file.
    pub(super) fn check_credentials(&mut self) {
        let Some((rule, spec)) = self.secret_rule() else {
            return;
        };
        let keys = crate::credential::find(spec, self.text).into_iter();
        let keys = keys.map(|(start, end)| (Span::new(start as u32, end as u32), false));
        let passwords = crate::secret::url_passwords(spec, self.text).into_iter();
        let passwords = passwords.map(|found| {
            let span = Span::new(found.start as u32, found.end as u32);
            (span, !found.is_sure || self.is_by_hand(span))
        });
        for (span, by_hand) in keys.chain(passwords).collect::<Vec<_>>() {
            let new = Reached {
                function: self.innermost(span),
                sink: SinkRef::Secret { by_hand },
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
