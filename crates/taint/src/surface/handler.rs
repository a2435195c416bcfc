//! What a handler does by itself: asks who calls, bounds what it reads, changes stored data. Read from
//! the names that it calls and the texts in it, the functions inside it included.

use std::collections::BTreeSet;

use trueline_syntax::ir::{Callee, CompareOp, Const, FuncId, Function, Op, Operand, Var};

use super::{Control, Reader};
use crate::analysis::{last_name, words};

/// Annotations of parameters that a request fills in.
const INPUTS: &[&str] = &[
    "PathVariable",
    "RequestParam",
    "RequestBody",
    "ModelAttribute",
    "RequestPart",
    "MatrixVariable",
];

impl Reader<'_> {
    /// Controls that the handler exercises, and whether it changes stored data.
    pub(super) fn handler(&self, id: FuncId) -> (Vec<Control>, bool) {
        let own = self.called_words(id);
        let mut checks: BTreeSet<Control> = self.controls_in(&own);
        if self.reads_session(id) {
            checks.insert(Control::Authentication);
        }
        // Forms of Flask-WTF hold a token, which this checks.
        if own.windows(3).any(|w| w == ["validate", "on", "submit"]) {
            checks.insert(Control::CsrfProtection);
        }
        (checks.into_iter().collect(), self.writes(id))
    }

    /// The handler reads who is logged in from the session and does something about it.
    fn reads_session(&self, id: FuncId) -> bool {
        self.functions_within(id).any(|f| {
            let instrs = || f.blocks.iter().flat_map(|b| &b.instrs);
            // What the request itself says of a user asks nobody who they are.
            let given: BTreeSet<Var> = instrs()
                .filter(|i| match &i.op {
                    Op::Field { name, .. } => {
                        matches!(self.module.text(*name), "params" | "query" | "body")
                    }
                    _ => false,
                })
                .filter_map(|i| i.dst)
                .collect();
            let of_input = |base: &Operand| match base {
                Operand::Var(var) => given.contains(var),
                Operand::Const(_) => false,
            };
            instrs().any(|i| match &i.op {
                Op::Field { base, name } if !of_input(base) => {
                    let own: Vec<String> = words(self.module.text(*name)).collect();
                    let joined = own.join("_");
                    matches!(
                        joined.as_str(),
                        "user"
                            | "user_id"
                            | "current_user"
                            | "is_authenticated"
                            | "session"
                            | "auth"
                            | "authorization"
                            | "jwt"
                    )
                }
                Op::Index {
                    index: Operand::Const(Const::Str(key)),
                    ..
                } => match self.module.text(*key) {
                    "role" => is_of_somebody(self.slice(i.span)),
                    key => says_who(key),
                },
                // `session.get("user_id")`, `"user_id" in session`
                Op::Call {
                    callee: Callee::Method { receiver, name },
                    args,
                } => {
                    self.module.text(*name) == "get"
                        && self.is_session(id, receiver)
                        && args.first().is_some_and(|a| match &a.value {
                            Operand::Const(Const::Str(key)) => says_who(self.module.text(*key)),
                            _ => false,
                        })
                }
                Op::Compare {
                    op: CompareOp::In | CompareOp::NotIn,
                    left: Operand::Const(Const::Str(key)),
                    right,
                } => says_who(self.module.text(*key)) && self.is_session(id, right),
                _ => false,
            })
        })
    }

    fn is_session(&self, id: FuncId, operand: &Operand) -> bool {
        let path = self.terms.path(id, operand);
        path.is_some_and(|p| p.rsplit('.').next() == Some("session"))
    }

    /// Words of everything that a function and those inside it call, and of the texts that they use.
    pub(super) fn called_words(&self, id: FuncId) -> Vec<String> {
        let mut own = Vec::new();
        for function in self.functions_within(id) {
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                match &instr.op {
                    Op::Call { callee, .. } => {
                        // What a request says is no answer to who sent it.
                        if self.is_of_input(function, callee) {
                            continue;
                        }
                        let source = self.slice(instr.span);
                        let called = source.split('(').next().unwrap_or("");
                        own.extend(words(called));
                        if let Callee::Method { name, .. } = callee {
                            own.extend(words(self.module.text(*name)));
                        }
                        // Phrases do not run from one call into the next.
                        own.push(String::new());
                    }
                    // A key that is passed on to another service asks nobody who they are.
                    Op::Field { name, .. } => {
                        let name = self.module.text(*name);
                        let part: Vec<String> = words(name).collect();
                        let says = match part.join("").as_str() {
                            "apikey" => false,
                            "role" | "roles" => is_of_somebody(self.slice(instr.span)),
                            _ => true,
                        };
                        if says {
                            own.extend(part);
                        }
                        own.push(String::new());
                    }
                    _ => {}
                }
            }
        }
        own
    }

    /// Whether a call is a method of a parameter that the request fills in: `role.toLowerCase()`.
    fn is_of_input(&self, function: &Function, callee: &Callee) -> bool {
        let Callee::Method {
            receiver: Operand::Var(var),
            ..
        } = callee
        else {
            return false;
        };
        let own = function.params.iter().find(|p| p.var == *var);
        own.is_some_and(|param| {
            let mut names = param.decorators.iter().map(|d| self.module.text(d.name));
            names.any(|name| INPUTS.contains(&last_name(name)))
        })
    }

    fn writes(&self, id: FuncId) -> bool {
        self.functions_within(id).any(|f| {
            f.blocks.iter().flat_map(|b| &b.instrs).any(|i| {
                let Op::Call { callee, args } = &i.op else {
                    return false;
                };
                let named = match callee {
                    Callee::Method { name, .. } => {
                        words(self.module.text(*name)).any(|w| self.common.writes.contains(&w))
                    }
                    _ => false,
                };
                named
                    || args.iter().any(|a| {
                        self.terms.text(id, &a.value).is_some_and(|t| {
                            let head = t.trim_start().get(..7).unwrap_or("").to_ascii_lowercase();
                            ["insert ", "update ", "delete "].contains(&head.as_str())
                        })
                    })
            })
        })
    }

    /// A function and all functions inside it.
    fn functions_within(&self, id: FuncId) -> impl Iterator<Item = &Function> + '_ {
        // Parents come before children: one pass finds the descendants.
        let mut inside: BTreeSet<FuncId> = BTreeSet::from([id]);
        for (at, function) in self.module.functions.iter().enumerate() {
            if function.parent.is_some_and(|p| inside.contains(&p)) {
                inside.insert(FuncId(at as u32));
            }
        }
        inside
            .into_iter()
            .filter_map(|f| self.module.functions.get(f.0 as usize))
    }
}

/// Whether a role (`req.user.role`, `claims["role"]`) is a person's: messages to a model have roles too.
fn is_of_somebody(access: &str) -> bool {
    const HOLDERS: &[&str] = &[
        "account",
        "admin",
        "auth",
        "authentication",
        "claims",
        "context",
        "ctx",
        "decoded",
        "g",
        "identity",
        "jwt",
        "member",
        "me",
        "owner",
        "payload",
        "principal",
        "profile",
        "req",
        "request",
        "requester",
        "session",
        "state",
        "token",
        "user",
    ];
    const INPUT: &[&str] = &[
        "body", "data", "form", "json", "message", "messages", "params", "query",
    ];
    let has = |wanted: &[&str]| words(access).any(|word| wanted.contains(&word.as_str()));
    has(HOLDERS) && !has(INPUT)
}

/// Whether a key of a session says who is logged in.
fn says_who(key: &str) -> bool {
    matches!(
        key.to_ascii_lowercase().as_str(),
        "user_id"
            | "userid"
            | "user"
            | "uid"
            | "username"
            | "logged_in"
            | "authorization"
            | "account_id"
            | "is_admin"
            | "role"
    )
}
