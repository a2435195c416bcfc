//! Statements, declarations and loops.

use oxc_ast::ast::{
    Declaration, DoWhileStatement, Expression, ForInStatement, ForOfStatement, ForStatement,
    ForStatementInit, ForStatementLeft, IfStatement, LabeledStatement, Statement, SwitchStatement,
    VariableDeclaration, VariableDeclarationKind, WhileStatement,
};
use oxc_span::GetSpan;

use super::control::{Frame, Jump};
use super::names::Naming;
use super::{Dest, Lowering, MAX_DEPTH, at};
use crate::ir::{BlockId, CompareOp, Const, IterKind, Op, Operand, Span, Terminator};

impl<'a> Lowering<'a> {
    /// A list of statements whose scope is open already.
    pub(super) fn lower_body(&mut self, body: &'a [Statement<'a>]) {
        self.declare_lexical(body);
        self.hoist_imports(body);
        self.hoist_functions(body);
        for statement in body {
            self.lower_statement(statement);
        }
    }

    /// A block with its own scope.
    pub(super) fn lower_block(&mut self, body: &'a [Statement<'a>]) {
        self.builder.push_scope();
        self.lower_body(body);
        self.builder.pop_scope();
    }

    pub(super) fn lower_statement(&mut self, statement: &'a Statement<'a>) {
        if self.depth >= MAX_DEPTH {
            self.builder
                .emit_unknown("too deep", Vec::new(), at(statement.span()));
            return;
        }
        self.depth += 1;
        self.dispatch_statement(statement);
        self.depth -= 1;
    }

    fn dispatch_statement(&mut self, statement: &'a Statement<'a>) {
        match statement {
            Statement::ExpressionStatement(s) => {
                self.lower_into(&s.expression, Dest::Drop);
            }
            Statement::VariableDeclaration(s) => self.lower_variables(s),
            Statement::IfStatement(s) => self.lower_if(s),
            Statement::ReturnStatement(s) => {
                let value = s.argument.as_ref().map(|value| self.lower_value(value));
                self.leave_by_return(value, at(s.span));
            }
            Statement::BlockStatement(s) => self.lower_block(&s.body),
            Statement::ForStatement(s) => self.lower_for(s),
            Statement::ForInStatement(s) => self.lower_for_in(s),
            Statement::ForOfStatement(s) => self.lower_for_of(s),
            Statement::WhileStatement(s) => self.lower_while(s),
            Statement::DoWhileStatement(s) => self.lower_do_while(s),
            Statement::SwitchStatement(s) => self.lower_switch(s),
            Statement::ThrowStatement(s) => {
                let value = self.lower_value(&s.argument);
                self.builder.terminate(Terminator::Throw(Some(value)));
            }
            Statement::TryStatement(s) => self.lower_try(s),
            Statement::BreakStatement(s) => {
                let label = s.label.as_ref().map(|l| self.intern(l.name.as_str()));
                self.leave_by_jump(Jump::Break, label, at(s.span));
            }
            Statement::ContinueStatement(s) => {
                let label = s.label.as_ref().map(|l| self.intern(l.name.as_str()));
                self.leave_by_jump(Jump::Continue, label, at(s.span));
            }
            Statement::LabeledStatement(s) => self.lower_labelled(s),
            Statement::WithStatement(s) => {
                // Its names are not resolvable: the body is lowered as if it had no object.
                let object = self.lower_value(&s.object);
                self.builder
                    .emit_unknown("WithStatement", vec![object], at(s.span));
                self.lower_statement(&s.body);
            }
            Statement::ClassDeclaration(class) => self.lower_class_declaration(class),
            Statement::TSEnumDeclaration(s) => self.lower_enum(s),
            Statement::TSNamespaceDeclaration(s) => self.lower_namespace(s),
            Statement::TSImportEqualsDeclaration(s) => self.lower_import_equals(s),
            Statement::ExportAllDeclaration(s) => self.lower_export_all(s),
            Statement::ExportDefaultDeclaration(s) => self.lower_export_default(s),
            Statement::ExportDeclaration(s) => self.lower_export_declaration(s),
            Statement::ExportNamedDeclaration(s) => self.lower_export_names(s),
            Statement::ExportFromDeclaration(s) => self.lower_export_from(s),
            Statement::TSExportAssignment(s) => {
                let value = self.lower_named(&s.expression, Naming::Anonymous, Dest::Value);
                self.export_whole_module(&s.expression, &value, at(s.span));
            }
            // Imports and functions were hoisted; the others have no meaning at run time.
            Statement::ImportDeclaration(_)
            | Statement::FunctionDeclaration(_)
            | Statement::DebuggerStatement(_)
            | Statement::EmptyStatement(_)
            | Statement::TSTypeAliasDeclaration(_)
            | Statement::TSInterfaceDeclaration(_)
            | Statement::TSExternalModuleDeclaration(_)
            | Statement::TSGlobalDeclaration(_)
            | Statement::TSNamespaceExportDeclaration(_) => {}
        }
    }

    /// A declaration behind `export`; functions were hoisted.
    pub(super) fn lower_declaration(&mut self, declaration: &'a Declaration<'a>) {
        match declaration {
            Declaration::VariableDeclaration(d) => self.lower_variables(d),
            Declaration::ClassDeclaration(d) => self.lower_class_declaration(d),
            Declaration::TSEnumDeclaration(d) => self.lower_enum(d),
            Declaration::TSNamespaceDeclaration(d) => self.lower_namespace(d),
            Declaration::TSImportEqualsDeclaration(d) => self.lower_import_equals(d),
            Declaration::FunctionDeclaration(_)
            | Declaration::TSTypeAliasDeclaration(_)
            | Declaration::TSInterfaceDeclaration(_)
            | Declaration::TSExternalModuleDeclaration(_)
            | Declaration::TSGlobalDeclaration(_) => {}
        }
    }

    fn lower_variables(&mut self, declaration: &'a VariableDeclaration<'a>) {
        if declaration.declare {
            return;
        }
        for declarator in &declaration.declarations {
            match (&declarator.init, declarator.id.get_binding_identifier()) {
                (Some(init), Some(name)) => {
                    let symbol = self.intern(name.name.as_str());
                    let var = self.builder.resolve(symbol);
                    self.lower_named(init, Naming::Bound(symbol), Dest::Into(var));
                }
                (Some(init), None) => {
                    let value = self.lower_value(init);
                    self.bind_pattern(&declarator.id, value);
                }
                (None, Some(name)) if declaration.kind != VariableDeclarationKind::Var => {
                    let symbol = self.intern(name.name.as_str());
                    let var = self.builder.resolve(symbol);
                    let undefined = Op::Copy(Operand::Const(Const::Null));
                    self.builder.emit_to(var, undefined, at(declarator.span));
                }
                // `var x;` keeps the value that `x` has.
                (None, _) => {}
            }
        }
    }

    fn lower_if(&mut self, statement: &'a IfStatement<'a>) {
        let after = self.builder.new_block();
        let mut statement = statement;
        // A chain of `else if` is a list, not a nest.
        loop {
            let then = self.builder.new_block();
            let Some(alternate) = &statement.alternate else {
                self.branch_on(&statement.test, then, after);
                self.builder.switch_to(then);
                self.lower_statement_in_scope(&statement.consequent);
                break;
            };
            let otherwise = self.builder.new_block();
            self.branch_on(&statement.test, then, otherwise);
            self.builder.switch_to(then);
            self.lower_statement_in_scope(&statement.consequent);
            self.builder.terminate(Terminator::Goto(after));
            self.builder.switch_to(otherwise);
            match alternate {
                Statement::IfStatement(next) => statement = next,
                last => {
                    self.lower_statement_in_scope(last);
                    break;
                }
            }
        }
        self.builder.goto_and_switch(after);
    }

    /// A statement that is the whole body of another. Sloppy code may put a function there.
    fn lower_statement_in_scope(&mut self, statement: &'a Statement<'a>) {
        match statement {
            Statement::BlockStatement(block) => self.lower_block(&block.body),
            Statement::FunctionDeclaration(_) => self.lower_block(std::slice::from_ref(statement)),
            other => self.lower_statement(other),
        }
    }

    fn begin_loop(&mut self, break_to: BlockId, continue_to: BlockId) {
        let labels = std::mem::take(&mut self.context().labels);
        self.frames().push(Frame::Loop {
            labels,
            break_to,
            continue_to,
        });
    }

    fn loop_body(&mut self, body: &'a Statement<'a>, break_to: BlockId, continue_to: BlockId) {
        self.begin_loop(break_to, continue_to);
        self.lower_statement_in_scope(body);
        self.frames().pop();
    }

    fn lower_while(&mut self, statement: &'a WhileStatement<'a>) {
        let head = self.builder.new_block();
        let body = self.builder.new_block();
        let after = self.builder.new_block();
        self.builder.goto_and_switch(head);
        self.branch_on(&statement.test, body, after);
        self.builder.switch_to(body);
        self.loop_body(&statement.body, after, head);
        self.builder.terminate(Terminator::Goto(head));
        self.builder.switch_to(after);
    }

    fn lower_do_while(&mut self, statement: &'a DoWhileStatement<'a>) {
        let body = self.builder.new_block();
        let test = self.builder.new_block();
        let after = self.builder.new_block();
        self.builder.goto_and_switch(body);
        self.loop_body(&statement.body, after, test);
        self.builder.goto_and_switch(test);
        self.branch_on(&statement.test, body, after);
        self.builder.switch_to(after);
    }

    fn lower_for(&mut self, statement: &'a ForStatement<'a>) {
        self.builder.push_scope();
        match &statement.init {
            Some(ForStatementInit::VariableDeclaration(declaration)) => {
                self.declare_variables(declaration);
                self.lower_variables(declaration);
            }
            Some(init) => {
                if let Some(expression) = init.as_expression() {
                    self.lower_into(expression, Dest::Drop);
                }
            }
            None => {}
        }
        let head = self.builder.new_block();
        let body = self.builder.new_block();
        let step = self.builder.new_block();
        let after = self.builder.new_block();
        self.builder.goto_and_switch(head);
        match &statement.test {
            Some(test) => self.branch_on(test, body, after),
            None => self.builder.terminate(Terminator::Goto(body)),
        }
        self.builder.switch_to(body);
        self.loop_body(&statement.body, after, step);
        self.builder.goto_and_switch(step);
        if let Some(update) = &statement.update {
            self.lower_into(update, Dest::Drop);
        }
        self.builder.terminate(Terminator::Goto(head));
        self.builder.switch_to(after);
        self.builder.pop_scope();
    }

    fn lower_for_in(&mut self, statement: &'a ForInStatement<'a>) {
        let iteration = Iteration {
            kind: IterKind::Keys,
            left: &statement.left,
            right: &statement.right,
            body: &statement.body,
            awaited: Awaited::No,
        };
        self.lower_iteration(&iteration);
    }

    fn lower_for_of(&mut self, statement: &'a ForOfStatement<'a>) {
        let iteration = Iteration {
            kind: IterKind::Elements,
            left: &statement.left,
            right: &statement.right,
            body: &statement.body,
            awaited: if statement.r#await {
                Awaited::Yes
            } else {
                Awaited::No
            },
        };
        self.lower_iteration(&iteration);
    }

    fn lower_iteration(&mut self, iteration: &Iteration<'a>) {
        let span = at(iteration.right.span());
        let iterable = self.lower_value(iteration.right);
        self.builder.push_scope();
        if let ForStatementLeft::VariableDeclaration(declaration) = iteration.left {
            self.declare_variables(declaration);
        }
        let head = self.builder.new_block();
        let body = self.builder.new_block();
        let after = self.builder.new_block();
        self.builder.goto_and_switch(head);
        let more = self.builder.emit_temp(
            Op::HasNext {
                iterable: iterable.clone(),
            },
            span,
        );
        self.builder.terminate(Terminator::Branch {
            condition: more,
            then: body,
            otherwise: after,
        });
        self.builder.switch_to(body);
        let next = Op::Next {
            iterable,
            kind: iteration.kind,
        };
        self.bind_element(iteration, next, span);
        self.loop_body(iteration.body, after, head);
        self.builder.terminate(Terminator::Goto(head));
        self.builder.switch_to(after);
        self.builder.pop_scope();
    }

    fn bind_element(&mut self, iteration: &Iteration<'a>, next: Op, span: Span) {
        let mut value = self.builder.emit_temp(next, span);
        if iteration.awaited == Awaited::Yes {
            value = self.builder.emit_temp(Op::Await(value), span);
        }
        match iteration.left {
            ForStatementLeft::VariableDeclaration(declaration) => {
                if let Some(declarator) = declaration.declarations.first() {
                    self.bind_pattern(&declarator.id, value);
                }
            }
            target => {
                if let Some(target) = target.as_assignment_target() {
                    self.assign_target(target, value, span);
                }
            }
        }
    }

    fn lower_switch(&mut self, statement: &'a SwitchStatement<'a>) {
        let on_true = matches!(&statement.discriminant, Expression::BooleanLiteral(b) if b.value);
        let subject = if on_true {
            Operand::Const(Const::Bool(true))
        } else {
            // Not kept aside: a guard on the subject should speak of the variable itself.
            self.lower_value(&statement.discriminant)
        };
        let after = self.builder.new_block();
        let bodies: Vec<BlockId> = statement
            .cases
            .iter()
            .map(|_| self.builder.new_block())
            .collect();
        self.builder.push_scope();
        for case in &statement.cases {
            self.declare_lexical(&case.consequent);
        }
        let mut default = after;
        for (case, body) in statement.cases.iter().zip(&bodies) {
            let Some(test) = &case.test else {
                default = *body;
                continue;
            };
            let next = self.builder.new_block();
            if on_true {
                // `switch (true)` is a chain of conditions.
                self.branch_on(test, *body, next);
            } else {
                let right = self.lower_value(test);
                let condition = self.builder.emit_temp(
                    Op::Compare {
                        op: CompareOp::Eq,
                        left: subject.clone(),
                        right,
                    },
                    at(test.span()),
                );
                self.builder.terminate(Terminator::Branch {
                    condition,
                    then: *body,
                    otherwise: next,
                });
            }
            self.builder.switch_to(next);
        }
        self.builder.terminate(Terminator::Goto(default));
        self.frames().push(Frame::Switch { break_to: after });
        for (case, body) in statement.cases.iter().zip(&bodies) {
            // The present block is the end of the case before, which falls through.
            self.builder.goto_and_switch(*body);
            self.hoist_functions(&case.consequent);
            for statement in &case.consequent {
                self.lower_statement(statement);
            }
        }
        self.frames().pop();
        self.builder.pop_scope();
        self.builder.goto_and_switch(after);
    }

    fn lower_labelled(&mut self, statement: &'a LabeledStatement<'a>) {
        let label = self.intern(statement.label.name.as_str());
        self.context().labels.push(label);
        match &statement.body {
            body @ (Statement::LabeledStatement(_)
            | Statement::ForStatement(_)
            | Statement::ForInStatement(_)
            | Statement::ForOfStatement(_)
            | Statement::WhileStatement(_)
            | Statement::DoWhileStatement(_)) => self.lower_statement(body),
            body => {
                let labels = std::mem::take(&mut self.context().labels);
                let after = self.builder.new_block();
                self.frames().push(Frame::Labelled {
                    labels,
                    break_to: after,
                });
                self.lower_statement_in_scope(body);
                self.frames().pop();
                self.builder.goto_and_switch(after);
            }
        }
        self.context().labels.clear();
    }
}

/// `for…in` and `for…of`.
struct Iteration<'a> {
    kind: IterKind,
    left: &'a ForStatementLeft<'a>,
    right: &'a Expression<'a>,
    body: &'a Statement<'a>,
    awaited: Awaited,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Yes,
    No,
}
