//! Calls of what is no name: a method of something that was made while loading, a name that is computed.

use trueline_facts::artifact::Verdict;

use super::foldable::COMPUTED;
use super::machine::Machine;
use super::value::{Node, Value};
use crate::names::{self, Standing};
use crate::technique;

impl Machine {
    /// Something is called that could not be told.
    pub(super) fn unresolved(&mut self, callee: Value, args: &[Value]) {
        let call = self.show_call(callee, args);
        if self.is_own_code(callee) {
            self.find(
                Verdict::Malicious,
                technique::PICKLE_CODE_OBJECT,
                format!("runs a function whose code stands in the file: {call}"),
                Some(call),
            );
            return;
        }
        if self.is_own_class(callee) {
            // An object of a class whose code stands in the file: the class was reported.
            return;
        }
        if let Some((full, reason)) = self.method_of_file(callee) {
            self.find(
                Verdict::Malicious,
                technique::PICKLE_CALL,
                format!("loading it calls {full}, which {reason}"),
                Some(call),
            );
            return;
        }
        let escapes = match self.get_node(callee) {
            Some(Node::Attribute { name, .. }) if &**name == COMPUTED => {
                self.find(
                    Verdict::Malicious,
                    technique::PICKLE_CALL_UNRESOLVED,
                    format!("calls something whose name is computed while it is loaded: {call}"),
                    Some(call),
                );
                return;
            }
            Some(Node::Attribute { of, name }) => {
                names::is_escape(name) || self.is_dangerous(*of, 0)
            }
            Some(Node::Call(called)) => {
                let callee = called.callee;
                self.is_dangerous(callee, 0)
            }
            _ => false,
        };
        if escapes {
            self.find(
                Verdict::Malicious,
                technique::PICKLE_CALL,
                format!("calls what a dangerous call returned or what leads into the interpreter: {call}"),
                Some(call),
            );
            return;
        }
        self.find(
            Verdict::Suspicious,
            technique::PICKLE_CALL_UNRESOLVED,
            format!("calls something that cannot be told without running it: {call}"),
            Some(call),
        );
    }

    /// A method that reaches outside, of a path or of an object of such a module that was made while loading.
    fn method_of_file(&self, callee: Value) -> Option<(String, &'static str)> {
        let Some(Node::Attribute { of, name: method }) = self.get_node(callee) else {
            return None;
        };
        let Some(Node::Call(made)) = self.get_node(*of) else {
            return None;
        };
        let Some(Node::Global { module, name }) = self.get_node(made.callee) else {
            return None;
        };
        let method = format!("{name}.{method}");
        match names::standing(module, &method) {
            Standing::Dangerous { reason, .. }
                if module.starts_with("pathlib")
                    || names::is_plain(module, name)
                    || names::is_inert(module, name)
                    // Making them opens nothing; what they can do is another matter.
                    || module.starts_with("fsspec.")
                    || &**module == "pyarrow._fs" =>
            {
                Some((format!("{module}.{method}"), reason))
            }
            _ => None,
        }
    }
}
