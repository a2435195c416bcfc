//! Simple statements: assignments to every kind of target, imports, deletions, returns.

use ruff_python_ast::{Expr, ExprSlice, Stmt, StmtAugAssign, StmtImport, StmtImportFrom};
use ruff_text_size::Ranged;

use super::control::Jump;
use super::{Lowering, element, span};
use crate::ir::{Const, Op, Operand, Span, Symbol, Terminator};

impl Lowering {
    pub(super) fn statements(&mut self, body: &[Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        let at = span(statement.range());
        match statement {
            Stmt::FunctionDef(def) => self.function_def(def),
            Stmt::ClassDef(def) => self.class_def(def),
            Stmt::Return(leave) => {
                let value = leave.value.as_deref().map(|value| self.expr(value));
                self.jump(Jump::Return, value, at);
            }
            Stmt::Delete(delete) => delete.targets.iter().for_each(|t| self.delete(t)),
            Stmt::TypeAlias(alias) => self.assign_expr(&alias.name, &alias.value),
            Stmt::Assign(assign) => {
                if let [target] = assign.targets.as_slice() {
                    self.assign_expr(target, &assign.value);
                } else {
                    let value = self.snapshot(&assign.value);
                    for target in &assign.targets {
                        self.assign(target, value.clone(), at);
                    }
                }
            }
            Stmt::AugAssign(assign) => self.augmented(assign),
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assign_expr(&assign.target, value);
                }
            }
            Stmt::For(each) => self.for_loop(each),
            Stmt::While(each) => self.while_loop(each),
            Stmt::If(choice) => self.if_statement(choice),
            Stmt::With(with) => self.with(with),
            Stmt::Match(choice) => self.match_statement(choice),
            Stmt::Raise(raise) => {
                let value = raise.exc.as_deref().map(|value| self.expr(value));
                if let Some(cause) = &raise.cause {
                    self.expr(cause);
                }
                self.builder.terminate(Terminator::Throw(value));
            }
            Stmt::Try(attempt) => self.try_statement(attempt),
            Stmt::Assert(assert) => {
                let (holds, fails) = (self.builder.new_block(), self.builder.new_block());
                self.condition(&assert.test, holds, fails);
                self.builder.switch_to(fails);
                let message = assert.msg.as_deref().map(|message| self.expr(message));
                self.builder.terminate(Terminator::Throw(message));
                self.builder.switch_to(holds);
            }
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            // Names were declared before the body.
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) => {}
            Stmt::Expr(expr) => match &*expr.value {
                // Documentation, or `...` for a body to come.
                Expr::StringLiteral(_) | Expr::EllipsisLiteral(_) => {}
                Expr::Call(call) => self.call_statement(call),
                value => {
                    self.expr(value);
                }
            },
            Stmt::Break(_) => self.jump(Jump::Break, None, at),
            Stmt::Continue(_) => self.jump(Jump::Continue, None, at),
            Stmt::IpyEscapeCommand(_) => {
                self.builder
                    .emit_unknown("IpyEscapeCommand", Vec::new(), at);
            }
        }
    }

    /// `target = value`, straight into the variable where the target is a name.
    fn assign_expr(&mut self, target: &Expr, value: &Expr) {
        if let Expr::Name(name) = target {
            let var = self.name(name.id.as_str());
            self.expr_into(value, var);
        } else {
            let at = Span::new(target.start().to_u32(), value.end().to_u32());
            let value = self.expr(value);
            self.assign(target, value, at);
        }
    }

    /// `target = value`, taking sequences apart.
    pub(super) fn assign(&mut self, target: &Expr, value: Operand, at: Span) {
        match target {
            Expr::Name(name) => {
                let var = self.name(name.id.as_str());
                self.builder.emit_to(var, Op::Copy(value), at);
            }
            Expr::Attribute(attribute) => {
                let base = self.expr(&attribute.value);
                let name = self.builder.intern(attribute.attr.as_str());
                self.builder.emit(Op::StoreField { base, name, value }, at);
            }
            Expr::Subscript(subscript) => {
                let base = self.expr(&subscript.value);
                let index = self.index(&subscript.slice);
                self.builder.emit(Op::StoreIndex { base, index, value }, at);
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, &value, at),
            Expr::List(list) => self.unpack(&list.elts, &value, at),
            Expr::Starred(starred) => self.assign(&starred.value, value, at),
            // Not assignable: a syntax error that the parser has recorded.
            other => {
                self.expr(other);
            }
        }
    }

    fn unpack(&mut self, targets: &[Expr], value: &Operand, at: Span) {
        let star = targets
            .iter()
            .position(|target| matches!(target, Expr::Starred(_)));
        for (position, target) in targets.iter().enumerate() {
            let op = element(value.clone(), position, targets.len(), star);
            let target = match target {
                Expr::Starred(starred) => &*starred.value,
                target => target,
            };
            if let Expr::Name(name) = target {
                let var = self.name(name.id.as_str());
                self.builder.emit_to(var, op, at);
            } else {
                let part = self.builder.emit_temp(op, at);
                self.assign(target, part, at);
            }
        }
    }

    fn augmented(&mut self, assign: &StmtAugAssign) {
        let at = span(assign.range());
        let op = super::expressions::binary_op(assign.op);
        match &*assign.target {
            Expr::Name(name) => {
                let var = self.name(name.id.as_str());
                let right = self.expr(&assign.value);
                let left = Operand::Var(var);
                self.builder
                    .emit_to(var, Op::Binary { op, left, right }, at);
            }
            Expr::Attribute(attribute) => {
                let base = self.expr(&attribute.value);
                let name = self.builder.intern(attribute.attr.as_str());
                let field = Op::Field {
                    base: base.clone(),
                    name,
                };
                let left = self.builder.emit_temp(field, span(assign.target.range()));
                let right = self.expr(&assign.value);
                let value = self.builder.emit_temp(Op::Binary { op, left, right }, at);
                self.builder.emit(Op::StoreField { base, name, value }, at);
            }
            Expr::Subscript(subscript) => {
                let base = self.expr(&subscript.value);
                let index = self.index(&subscript.slice);
                let element = Op::Index {
                    base: base.clone(),
                    index: index.clone(),
                };
                let left = self.builder.emit_temp(element, span(assign.target.range()));
                let right = self.expr(&assign.value);
                let value = self.builder.emit_temp(Op::Binary { op, left, right }, at);
                self.builder.emit(Op::StoreIndex { base, index, value }, at);
            }
            other => {
                self.expr(other);
                self.expr(&assign.value);
            }
        }
    }

    fn delete(&mut self, target: &Expr) {
        let at = span(target.range());
        match target {
            // Reading a deleted name raises: nothing flows.
            Expr::Name(_) => {}
            Expr::Attribute(attribute) => {
                let base = self.expr(&attribute.value);
                let index = self.text(attribute.attr.as_str());
                self.builder.emit(Op::Delete { base, index }, at);
            }
            Expr::Subscript(subscript) => {
                let base = self.expr(&subscript.value);
                let index = self.index(&subscript.slice);
                self.builder.emit(Op::Delete { base, index }, at);
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|t| self.delete(t)),
            Expr::List(list) => list.elts.iter().for_each(|t| self.delete(t)),
            other => {
                self.expr(other);
            }
        }
    }

    /// The key of a subscript; slices as calls of the builtin `slice`.
    pub(super) fn index(&mut self, index: &Expr) -> Operand {
        match index {
            Expr::Slice(slice) => self.slice_value(slice),
            other => self.expr(other),
        }
    }

    pub(super) fn slice_value(&mut self, slice: &ExprSlice) -> Operand {
        let parts = [&slice.lower, &slice.upper, &slice.step].map(|part| {
            part.as_deref()
                .map_or(Operand::Const(Const::Null), |part| self.expr(part))
        });
        self.builtin_call("slice", parts, span(slice.range()))
    }

    fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let at = span(alias.range());
            let full = alias.name.as_str();
            let module = self.builder.intern(full);
            if let Some(name) = &alias.asname {
                self.bind_import(name.as_str(), module, None, at);
                continue;
            }
            let first = full.split('.').next().unwrap_or_default();
            if first.len() < full.len() {
                // Loads the submodule, but binds the package.
                self.builder.emit(
                    Op::Import {
                        module,
                        member: None,
                    },
                    at,
                );
            }
            let package = self.builder.intern(first);
            self.bind_import(first, package, None, at);
        }
    }

    fn import_from(&mut self, import: &StmtImportFrom) {
        let name = import.module.as_ref().map_or("", |name| name.as_str());
        let module = if import.level == 0 {
            self.builder.intern(name)
        } else {
            let mut dotted = ".".repeat(import.level as usize);
            dotted.push_str(name);
            self.builder.intern(&dotted)
        };
        for alias in &import.names {
            let at = span(alias.range());
            let member = self.builder.intern(alias.name.as_str());
            if alias.name.as_str() == "*" {
                let member = Some(member);
                self.builder.emit(Op::Import { module, member }, at);
            } else {
                let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                self.bind_import(name, module, Some(member), at);
            }
        }
    }

    fn bind_import(&mut self, name: &str, module: Symbol, member: Option<Symbol>, at: Span) {
        let var = self.name(name);
        self.builder.emit_to(var, Op::Import { module, member }, at);
    }
}
