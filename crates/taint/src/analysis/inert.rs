//! Functions that are there to check something and check nothing: a `checkServerTrusted` without a
//! body, a verifier of host names that always says yes.
//!
//! Which methods of which types these are stands in the rules; here only the body is looked at.

use trueline_syntax::ir::{FuncId, Op, Span, Terminator};

use super::Analyzer;
use super::entry::last_name;
use super::sink::{Reached, SinkRef};
use super::value::Konst;
use crate::rules::format::Control;

impl Analyzer<'_> {
    /// Reports methods of this file's classes that rules expect to check something.
    pub(super) fn check_inert_methods(&mut self) {
        let (tables, models, module) = (self.tables, self.models, self.module);
        if tables.inert.is_empty() {
            return;
        }
        for class in &module.classes {
            for (method, id) in &class.methods {
                let name = self.names.text(*method);
                let Some(indices) = tables.inert.get(name) else {
                    continue;
                };
                for index in indices {
                    let Some(weak) = models.weak_calls.get(usize::from(*index)) else {
                        continue;
                    };
                    let of = |base: &trueline_syntax::ir::Symbol| {
                        let base = last_name(self.names.text(*base));
                        weak.spec.bases.iter().any(|b| b == base)
                    };
                    if class.bases.iter().any(of) {
                        self.note_inert(*index, weak.rule, *id);
                    }
                }
            }
        }
    }

    fn note_inert(&mut self, index: u16, rule: u16, id: FuncId) {
        let Some(function) = self.function(id) else {
            return;
        };
        // The head: the body may hold other findings.
        let text = self.text;
        let whole = function.span;
        let body = text.get(whole.start as usize..whole.end as usize);
        let head = body.and_then(|b| b.find('{')).unwrap_or(0) as u32;
        let span = Span::new(whole.start, whole.start + head);
        self.sites.insert((rule, span));
        if !self.does_nothing(id) {
            return;
        }
        let new = Reached {
            function: id,
            sink: SinkRef::Weak {
                index,
                context: true,
            },
            label: None,
            control: Control::Local,
            parameter: None,
            depth: 0,
        };
        self.reached.entry((rule, None, span)).or_insert(new);
    }

    /// Whether a function calls nothing, raises nothing, and answers nothing but yes.
    pub(super) fn does_nothing(&mut self, id: FuncId) -> bool {
        let Some(function) = self.function(id) else {
            return false;
        };
        let acts = function.blocks.iter().any(|block| {
            let calls = |op: &Op| {
                matches!(
                    op,
                    Op::Call { .. } | Op::StoreField { .. } | Op::StoreIndex { .. }
                )
            };
            block.instrs.iter().any(|i| calls(&i.op))
                || matches!(block.terminator, Terminator::Throw(..))
        });
        if acts || function.blocks.is_empty() {
            return false;
        }
        let Some(summary) = self.summarize(id) else {
            return false;
        };
        match summary.ret.map(|ret| self.arena.get(ret)) {
            None => true,
            Some(ret) => {
                matches!(ret.konst, Some(Konst::Bool(true) | Konst::Null))
                    || ret.atoms.is_empty() && ret.labels.is_empty() && ret.konst.is_none()
            }
        }
    }
}
