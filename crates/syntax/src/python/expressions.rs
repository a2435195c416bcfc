//! Expressions. Each gives an operand; operands are evaluated in the order of the language.

use ruff_python_ast::{
    BoolOp, CmpOp, Comprehension, Expr, ExprBoolOp, ExprCall, ExprCompare, ExprIf, ExprSubscript,
    ExprUnaryOp, Number, Operator, UnaryOp,
};
use ruff_text_size::Ranged;

use super::{Lowering, int, span};
use crate::ir::{
    Arg, ArgKind, BinaryOp, Callee, CompareOp, Const, Element, IterKind, Op, Operand, SequenceKind,
    Span, UnaryOp as Unary, Var,
};

impl Lowering {
    /// The value of an expression.
    pub(super) fn expr(&mut self, expr: &Expr) -> Operand {
        self.value(expr, None)
    }

    /// Evaluates an expression into a variable.
    pub(super) fn expr_into(&mut self, expr: &Expr, dst: Var) {
        let value = self.value(expr, Some(dst));
        if value != Operand::Var(dst) {
            self.builder
                .emit_to(dst, Op::Copy(value), span(expr.range()));
        }
    }

    /// The value of an expression. If its last instruction can write `dst`, it does, and the value
    /// is `dst`.
    fn value(&mut self, expr: &Expr, dst: Option<Var>) -> Operand {
        let at = span(expr.range());
        match expr {
            Expr::Name(name) if name.is_invalid() || name.id.is_empty() => {
                Operand::Const(Const::Null)
            }
            Expr::Name(name) => Operand::Var(self.name(name.id.as_str())),
            Expr::NumberLiteral(number) => number_value(&number.value),
            Expr::BooleanLiteral(literal) => Operand::Const(Const::Bool(literal.value)),
            Expr::NoneLiteral(_) => Operand::Const(Const::Null),
            Expr::EllipsisLiteral(_) => Operand::Var(self.name("Ellipsis")),
            Expr::StringLiteral(literal) => self.text(literal.value.to_str()),
            Expr::BytesLiteral(literal) => Operand::Const(self.bytes(literal)),
            Expr::FString(string) => self.f_string(string, dst),
            Expr::TString(string) => self.t_string(string, dst),
            Expr::Attribute(attribute) => {
                let base = self.expr(&attribute.value);
                let name = self.builder.intern(attribute.attr.as_str());
                self.put(dst, Op::Field { base, name }, at)
            }
            Expr::Subscript(subscript) => self.subscript(subscript, dst),
            Expr::Call(call) => {
                let op = self.call(call);
                self.put(dst, op, at)
            }
            Expr::BinOp(_) => self.binary(expr, dst),
            Expr::UnaryOp(unary) => self.unary(unary, dst),
            Expr::BoolOp(op) => self.short_circuit(op, dst),
            Expr::Compare(compare) => self.compare(compare, dst),
            Expr::If(choice) => self.conditional(choice, dst),
            Expr::Lambda(lambda) => {
                let name = dst
                    .map(|var| self.builder.function().vars[var.0 as usize].name)
                    .filter(|name| !self.builder.text(*name).is_empty());
                let closure = self.lambda(lambda, name);
                self.put(dst, Op::Closure(closure), at)
            }
            Expr::Named(named) => {
                if let Expr::Name(name) = &*named.target {
                    let var = self.name(name.id.as_str());
                    self.expr_into(&named.value, var);
                    Operand::Var(var)
                } else {
                    self.expr(&named.value)
                }
            }
            Expr::List(list) => self.sequence(SequenceKind::List, &list.elts, at, dst),
            Expr::Tuple(tuple) => self.sequence(SequenceKind::Tuple, &tuple.elts, at, dst),
            Expr::Set(set) => self.sequence(SequenceKind::Set, &set.elts, at, dst),
            Expr::Dict(dict) => {
                let entries = dict
                    .items
                    .iter()
                    .map(|item| {
                        let key = item.key.as_ref().map(|key| self.expr(key));
                        (key, self.expr(&item.value))
                    })
                    .collect();
                self.put(dst, Op::Map { entries }, at)
            }
            Expr::ListComp(comp) => {
                let result = Collected::Sequence(SequenceKind::List, &comp.elt);
                self.comprehension(&comp.generators, result, at)
            }
            Expr::Generator(comp) => {
                let result = Collected::Sequence(SequenceKind::List, &comp.elt);
                self.comprehension(&comp.generators, result, at)
            }
            Expr::SetComp(comp) => {
                let result = Collected::Sequence(SequenceKind::Set, &comp.elt);
                self.comprehension(&comp.generators, result, at)
            }
            Expr::DictComp(comp) => {
                let result = Collected::Map(comp.key.as_deref(), &comp.value);
                self.comprehension(&comp.generators, result, at)
            }
            Expr::Await(awaited) => {
                let value = self.expr(&awaited.value);
                self.put(dst, Op::Await(value), at)
            }
            Expr::Yield(hand) => {
                let value = hand.value.as_deref().map(|value| self.expr(value));
                self.builder.function().is_generator = true;
                self.put(dst, Op::Yield(value), at)
            }
            Expr::YieldFrom(hand) => {
                let iterable = self.expr(&hand.value);
                self.yield_from(iterable, at, dst)
            }
            // Only where the parser recovered from an error.
            Expr::Starred(starred) => self.value(&starred.value, dst),
            Expr::Slice(slice) => self.slice_value(slice),
            Expr::IpyEscapeCommand(_) => {
                self.builder
                    .emit_unknown("IpyEscapeCommand", Vec::new(), at)
            }
        }
    }

    fn yield_from(&mut self, iterable: Operand, at: Span, dst: Option<Var>) -> Operand {
        self.builder.function().is_generator = true;
        let next = Op::Next {
            iterable: iterable.clone(),
            kind: IterKind::Elements,
        };
        let element = self.builder.emit_temp(next, at);
        self.builder.emit(Op::Yield(Some(element)), at);
        self.put(dst, Op::Await(iterable), at)
    }

    fn sequence(
        &mut self,
        kind: SequenceKind,
        elements: &[Expr],
        at: Span,
        dst: Option<Var>,
    ) -> Operand {
        let elements = elements
            .iter()
            .map(|element| match element {
                Expr::Starred(starred) => Element::Spread(self.expr(&starred.value)),
                element => Element::One(self.expr(element)),
            })
            .collect();
        self.put(dst, Op::Sequence { kind, elements }, at)
    }

    fn subscript(&mut self, subscript: &ExprSubscript, dst: Option<Var>) -> Operand {
        let at = span(subscript.range());
        let base = self.expr(&subscript.value);
        let op = if let Expr::Slice(slice) = &*subscript.slice {
            let low = slice.lower.as_deref().map(|low| self.expr(low));
            let high = slice.upper.as_deref().map(|high| self.expr(high));
            if let Some(step) = &slice.step {
                self.expr(step);
            }
            Op::Slice { base, low, high }
        } else {
            let index = self.expr(&subscript.slice);
            Op::Index { base, index }
        };
        self.put(dst, op, at)
    }

    /// A call whose result is dropped.
    pub(super) fn call_statement(&mut self, call: &ExprCall) {
        let op = self.call(call);
        self.builder.emit(op, span(call.range()));
    }

    fn call(&mut self, call: &ExprCall) -> Op {
        let callee = match &*call.func {
            Expr::Attribute(attribute) => {
                let name = self.builder.intern(attribute.attr.as_str());
                if is_super(&attribute.value) {
                    Callee::Super { name }
                } else {
                    let receiver = self.expr(&attribute.value);
                    Callee::Method { receiver, name }
                }
            }
            function => Callee::Function(self.expr(function)),
        };
        let mut args = Vec::with_capacity(call.arguments.len());
        for arg in &call.arguments.args {
            args.push(match arg {
                Expr::Starred(starred) => Arg {
                    kind: ArgKind::Spread,
                    value: self.expr(&starred.value),
                },
                arg => Arg {
                    kind: ArgKind::Positional,
                    value: self.expr(arg),
                },
            });
        }
        for keyword in &call.arguments.keywords {
            let kind = match &keyword.arg {
                Some(name) => ArgKind::Keyword(self.builder.intern(name.as_str())),
                None => ArgKind::KeywordSpread,
            };
            let value = self.expr(&keyword.value);
            args.push(Arg { kind, value });
        }
        Op::Call { callee, args }
    }

    /// A call of a builtin function with positional arguments.
    pub(super) fn builtin_call<const N: usize>(
        &mut self,
        name: &str,
        args: [Operand; N],
        at: Span,
    ) -> Operand {
        let callee = Callee::Function(Operand::Var(self.name(name)));
        let args = args.into_iter().map(positional).collect();
        self.builder.emit_temp(Op::Call { callee, args }, at)
    }

    /// A chain of binary operators, without recursion on its left side.
    fn binary(&mut self, expr: &Expr, dst: Option<Var>) -> Operand {
        let mut chain = Vec::new();
        let mut innermost = expr;
        while let Expr::BinOp(binary) = innermost {
            chain.push(binary);
            innermost = &binary.left;
        }
        let mut left = self.expr(innermost);
        while let Some(binary) = chain.pop() {
            let right = self.expr(&binary.right);
            let op = Op::Binary {
                op: binary_op(binary.op),
                left,
                right,
            };
            let dst = dst.filter(|_| chain.is_empty());
            left = self.put(dst, op, span(binary.range()));
        }
        left
    }

    fn unary(&mut self, unary: &ExprUnaryOp, dst: Option<Var>) -> Operand {
        let operand = self.expr(&unary.operand);
        let op = match (unary.op, &operand) {
            (UnaryOp::USub, Operand::Const(Const::Int(value))) if *value != i64::MIN => {
                return int(-value);
            }
            (UnaryOp::USub, Operand::Const(Const::Float(value))) => {
                return Operand::Const(Const::Float(-value));
            }
            (UnaryOp::USub, _) => Unary::Neg,
            (UnaryOp::UAdd, _) => Unary::Plus,
            (UnaryOp::Invert, _) => Unary::Invert,
            (UnaryOp::Not, _) => Unary::Not,
        };
        self.put(dst, Op::Unary { op, operand }, span(unary.range()))
    }

    /// `a and b`, `a or b` where the value is wanted, not just its truth.
    fn short_circuit(&mut self, op: &ExprBoolOp, dst: Option<Var>) -> Operand {
        let result = dst.unwrap_or_else(|| self.builder.temp());
        let after = self.builder.new_block();
        let last = op.values.len().saturating_sub(1);
        for (position, value) in op.values.iter().enumerate() {
            let at = span(value.range());
            if position == last {
                self.expr_into(value, result);
                self.builder.goto_and_switch(after);
                break;
            }
            let operand = self.expr(value);
            let (decided, next) = (self.builder.new_block(), self.builder.new_block());
            match op.op {
                BoolOp::And => self.branch(operand.clone(), next, decided),
                BoolOp::Or => self.branch(operand.clone(), decided, next),
            }
            self.builder.switch_to(decided);
            self.builder.emit_to(result, Op::Copy(operand), at);
            self.goto(after);
            self.builder.switch_to(next);
        }
        Operand::Var(result)
    }

    fn compare(&mut self, compare: &ExprCompare, dst: Option<Var>) -> Operand {
        let at = span(compare.range());
        let mut left = self.expr(&compare.left);
        if let ([op], [right]) = (&*compare.ops, &*compare.comparators) {
            let right = self.expr(right);
            let op = compare_op(*op);
            return self.put(dst, Op::Compare { op, left, right }, at);
        }
        // `a < b < c`: the first comparison that fails decides.
        let result = self.builder.temp();
        let after = self.builder.new_block();
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            let right = self.expr(right);
            let op = Op::Compare {
                op: compare_op(*op),
                left,
                right: right.clone(),
            };
            self.builder.emit_to(result, op, at);
            let next = self.builder.new_block();
            self.branch(Operand::Var(result), next, after);
            self.builder.switch_to(next);
            left = right;
        }
        self.builder.goto_and_switch(after);
        Operand::Var(result)
    }

    fn conditional(&mut self, choice: &ExprIf, dst: Option<Var>) -> Operand {
        let result = dst.unwrap_or_else(|| self.builder.temp());
        let after = self.builder.new_block();
        let mut choice = choice;
        // `a if p else b if q else c` nests to the right.
        loop {
            let (then, otherwise) = (self.builder.new_block(), self.builder.new_block());
            self.condition(&choice.test, then, otherwise);
            self.builder.switch_to(then);
            self.expr_into(&choice.body, result);
            self.goto(after);
            self.builder.switch_to(otherwise);
            match &*choice.orelse {
                Expr::If(inner) => choice = inner,
                other => {
                    self.expr_into(other, result);
                    self.builder.goto_and_switch(after);
                    return Operand::Var(result);
                }
            }
        }
    }

    fn comprehension(
        &mut self,
        generators: &[Comprehension],
        collected: Collected<'_>,
        at: Span,
    ) -> Operand {
        let empty = match collected {
            Collected::Sequence(kind, _) => Op::Sequence {
                kind,
                elements: Vec::new(),
            },
            Collected::Map(..) => Op::Map {
                entries: Vec::new(),
            },
        };
        // The first iterable is evaluated outside of the comprehension's scope.
        let mut first = generators.first().map(|each| self.snapshot(&each.iter));
        let result = self.builder.emit_temp(empty, at);
        self.builder.push_scope();
        for each in generators {
            self.declare_target(&each.target);
        }
        let after = self.builder.new_block();
        let mut head = after;
        for each in generators {
            let iterable = match first.take() {
                Some(first) => first,
                None => self.snapshot(&each.iter),
            };
            let exhausted = head;
            head = self.builder.new_block();
            self.builder.goto_and_switch(head);
            let here = span(each.iter.range());
            self.next_element(&iterable, &each.target, each.is_async, exhausted, here);
            for test in &each.ifs {
                let kept = self.builder.new_block();
                self.condition(test, kept, head);
                self.builder.switch_to(kept);
            }
        }
        self.collect(&collected, &result, at);
        self.goto(head);
        self.builder.pop_scope();
        self.builder.switch_to(after);
        result
    }

    fn collect(&mut self, collected: &Collected<'_>, result: &Operand, at: Span) {
        let (method, arg) = match collected {
            Collected::Map(Some(key), value) => {
                let index = self.expr(key);
                let value = self.expr(value);
                let base = result.clone();
                self.builder.emit(Op::StoreIndex { base, index, value }, at);
                return;
            }
            Collected::Map(None, value) => ("update", positional(self.expr(value))),
            Collected::Sequence(kind, element) => {
                let (one, all) = match kind {
                    SequenceKind::Set => ("add", "update"),
                    SequenceKind::List | SequenceKind::Tuple => ("append", "extend"),
                };
                match element {
                    Expr::Starred(starred) => (all, positional(self.expr(&starred.value))),
                    element => (one, positional(self.expr(element))),
                }
            }
        };
        let callee = Callee::Method {
            receiver: result.clone(),
            name: self.builder.intern(method),
        };
        let args = vec![arg];
        self.builder.emit(Op::Call { callee, args }, at);
    }
}

/// What a comprehension makes.
#[derive(Clone, Copy)]
enum Collected<'a> {
    Sequence(SequenceKind, &'a Expr),
    /// A map; without a key it joins maps.
    Map(Option<&'a Expr>, &'a Expr),
}

pub(super) const fn positional(value: Operand) -> Arg {
    Arg {
        kind: ArgKind::Positional,
        value,
    }
}

/// `super()` or `super(C, self)`.
fn is_super(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call)
        if matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "super"))
}

fn number_value(number: &Number) -> Operand {
    Operand::Const(number_constant(number))
}

pub(super) fn number_constant(number: &Number) -> Const {
    match number {
        Number::Int(value) => value.as_i64().map_or_else(
            || Const::Float(value.to_string().parse().unwrap_or(f64::INFINITY)),
            Const::Int,
        ),
        Number::Float(value) => Const::Float(*value),
        Number::Complex { imag, .. } => Const::Float(*imag),
    }
}

pub(super) const fn binary_op(op: Operator) -> BinaryOp {
    match op {
        Operator::Add => BinaryOp::Add,
        Operator::Sub => BinaryOp::Sub,
        Operator::Mult => BinaryOp::Mul,
        Operator::MatMult => BinaryOp::MatMul,
        Operator::Div => BinaryOp::Div,
        Operator::Mod => BinaryOp::Mod,
        Operator::Pow => BinaryOp::Pow,
        Operator::LShift => BinaryOp::Shl,
        Operator::RShift => BinaryOp::Shr,
        Operator::BitOr => BinaryOp::BitOr,
        Operator::BitXor => BinaryOp::BitXor,
        Operator::BitAnd => BinaryOp::BitAnd,
        Operator::FloorDiv => BinaryOp::FloorDiv,
    }
}

pub(super) const fn compare_op(op: CmpOp) -> CompareOp {
    match op {
        CmpOp::Eq => CompareOp::Eq,
        CmpOp::NotEq => CompareOp::NotEq,
        CmpOp::Lt => CompareOp::Lt,
        CmpOp::LtE => CompareOp::LtE,
        CmpOp::Gt => CompareOp::Gt,
        CmpOp::GtE => CompareOp::GtE,
        CmpOp::Is => CompareOp::Is,
        CmpOp::IsNot => CompareOp::IsNot,
        CmpOp::In => CompareOp::In,
        CmpOp::NotIn => CompareOp::NotIn,
    }
}
