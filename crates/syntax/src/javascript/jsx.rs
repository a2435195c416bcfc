//! JSX elements.

use oxc_ast::ast::{
    JSXAttributeItem, JSXAttributeName, JSXAttributeValue, JSXChild, JSXElement, JSXElementName,
    JSXExpression, JSXExpressionContainer, JSXFragment, JSXMemberExpression,
    JSXMemberExpressionObject,
};

use super::names::Naming;
use super::{Dest, Lowering, at};
use crate::ir::{Const, Op, Operand, Span, Symbol};

impl<'a> Lowering<'a> {
    pub(super) fn lower_element(&mut self, element: &'a JSXElement<'a>, dest: Dest) -> Operand {
        let opening = &element.opening_element;
        let tag = self.lower_tag(&opening.name);
        let mut attributes = Vec::with_capacity(opening.attributes.len());
        for item in &opening.attributes {
            match item {
                JSXAttributeItem::Attribute(attribute) => {
                    let name = match &attribute.name {
                        JSXAttributeName::Identifier(name) => self.intern(name.name.as_str()),
                        JSXAttributeName::NamespacedName(name) => {
                            let text = format!("{}:{}", name.namespace.name, name.name.name);
                            self.intern(&text)
                        }
                    };
                    let value = self.lower_attribute(name, attribute.value.as_ref());
                    attributes.push((Some(name), value));
                }
                JSXAttributeItem::SpreadAttribute(spread) => {
                    attributes.push((None, self.lower_value(&spread.argument)));
                }
            }
        }
        let children = self.lower_children(&element.children);
        let op = Op::Element {
            tag,
            attributes,
            children,
        };
        self.produce(dest, op, at(element.span))
    }

    pub(super) fn lower_fragment(&mut self, fragment: &'a JSXFragment<'a>, dest: Dest) -> Operand {
        let children = self.lower_children(&fragment.children);
        let op = Op::Element {
            tag: self.words.empty,
            attributes: Vec::new(),
            children,
        };
        self.produce(dest, op, at(fragment.span))
    }

    /// The tag as written. The variable that it starts with is resolved, so that the function lists
    /// it and the component can be found.
    fn lower_tag(&mut self, name: &'a JSXElementName<'a>) -> Symbol {
        match name {
            JSXElementName::Identifier(name) => self.intern(name.name.as_str()),
            JSXElementName::IdentifierReference(name) => {
                let tag = self.intern(name.name.as_str());
                self.builder.resolve(tag);
                tag
            }
            JSXElementName::NamespacedName(name) => {
                let text = format!("{}:{}", name.namespace.name, name.name.name);
                self.intern(&text)
            }
            JSXElementName::MemberExpression(member) => self.lower_member_tag(member),
            JSXElementName::ThisExpression(_) => {
                self.read_this();
                self.words.this
            }
        }
    }

    fn lower_member_tag(&mut self, member: &'a JSXMemberExpression<'a>) -> Symbol {
        let mut segments = vec![member.property.name.as_str()];
        let mut object = &member.object;
        while let JSXMemberExpressionObject::MemberExpression(inner) = object {
            segments.push(inner.property.name.as_str());
            object = &inner.object;
        }
        if let JSXMemberExpressionObject::IdentifierReference(name) = object {
            self.read_name(name.name.as_str());
            segments.push(name.name.as_str());
        } else {
            self.read_this();
            segments.push("this");
        }
        segments.reverse();
        self.intern(&segments.join("."))
    }

    fn lower_attribute(
        &mut self,
        name: Symbol,
        value: Option<&'a JSXAttributeValue<'a>>,
    ) -> Operand {
        match value {
            None => Operand::Const(Const::Bool(true)),
            Some(JSXAttributeValue::StringLiteral(text)) => self.text_const(text.value.as_str()),
            Some(JSXAttributeValue::ExpressionContainer(container)) => self
                .lower_container(container, Naming::Property(name))
                .unwrap_or(Operand::Const(Const::Null)),
            Some(JSXAttributeValue::Element(element)) => self.lower_nested(element),
            Some(JSXAttributeValue::Fragment(fragment)) => self.lower_nested_fragment(fragment),
        }
    }

    fn lower_children(&mut self, children: &'a [JSXChild<'a>]) -> Vec<Operand> {
        let mut operands = Vec::with_capacity(children.len());
        for child in children {
            match child {
                JSXChild::Text(text) => {
                    let text = collapse(text.value.as_str());
                    if !text.is_empty() {
                        operands.push(self.text_const(&text));
                    }
                }
                JSXChild::Element(element) => operands.push(self.lower_nested(element)),
                JSXChild::Fragment(fragment) => {
                    operands.push(self.lower_nested_fragment(fragment));
                }
                JSXChild::ExpressionContainer(container) => {
                    operands.extend(self.lower_container(container, Naming::Anonymous));
                }
                JSXChild::Spread(spread) => operands.push(self.lower_value(&spread.expression)),
            }
        }
        operands
    }

    fn lower_nested(&mut self, element: &'a JSXElement<'a>) -> Operand {
        self.deeper(at(element.span), |l| l.lower_element(element, Dest::Value))
    }

    fn lower_nested_fragment(&mut self, fragment: &'a JSXFragment<'a>) -> Operand {
        self.deeper(at(fragment.span), |l| {
            l.lower_fragment(fragment, Dest::Value)
        })
    }

    /// Elements inside elements do not pass through the dispatch of expressions, which counts
    /// levels.
    fn deeper(&mut self, span: Span, lower: impl FnOnce(&mut Self) -> Operand) -> Operand {
        if self.is_too_deep() {
            return self.builder.emit_unknown("too deep", Vec::new(), span);
        }
        self.depth += 1;
        let value = lower(self);
        self.depth -= 1;
        value
    }

    /// `{expression}`; nothing for `{}` and `{/* comment */}`.
    fn lower_container(
        &mut self,
        container: &'a JSXExpressionContainer<'a>,
        naming: Naming<'a>,
    ) -> Option<Operand> {
        match &container.expression {
            JSXExpression::EmptyExpression(_) => None,
            other => {
                let expression = other.as_expression()?;
                Some(self.lower_named(expression, naming, Dest::Value))
            }
        }
    }
}

/// JSX text as it is shown: lines trimmed where they break, empty lines gone, one space between.
fn collapse(text: &str) -> String {
    let last = text.lines().count().saturating_sub(1);
    let mut collapsed = String::new();
    for (index, line) in text.lines().enumerate() {
        let mut line = line;
        if index > 0 {
            line = line.trim_start_matches([' ', '\t']);
        }
        if index < last || text.ends_with('\n') {
            line = line.trim_end_matches([' ', '\t']);
        }
        if line.is_empty() {
            continue;
        }
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(line);
    }
    collapsed
}
