//! The values of a function's variables at one point, in a tree of which copies share what is the
//! same: a function of a hundred thousand lines has as many variables and as many points, so that a
//! list at each would grow with the square.

use std::rc::Rc;

use super::value::ValId;

/// Values of a leaf, and branches of a node.
const WIDTH: usize = 32;

/// One value for each variable.
#[derive(Clone, Debug)]
pub(super) struct Env {
    len: usize,
    /// Values below each branch of the root; 1 if the root is a leaf.
    span: usize,
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Leaf(Rc<[ValId; WIDTH]>),
    /// Those that are missing at the end are never asked for.
    Inner(Rc<Vec<Self>>),
}

impl Env {
    /// So many variables without a value.
    pub(super) fn new(len: usize) -> Self {
        let mut root = Node::Leaf(Rc::new([ValId::UNDEF; WIDTH]));
        let mut span = 1;
        while span * WIDTH < len {
            span *= WIDTH;
            root = Node::Inner(Rc::new(vec![root; WIDTH]));
        }
        Self { len, span, root }
    }

    pub(super) fn get(&self, at: usize) -> Option<ValId> {
        if at >= self.len {
            return None;
        }
        let (mut node, mut span, mut at) = (&self.root, self.span, at);
        loop {
            match node {
                Node::Leaf(values) => return values.get(at).copied(),
                Node::Inner(branches) => node = branches.get(at / span)?,
            }
            at %= span;
            span /= WIDTH;
        }
    }

    /// Gives a variable a value; nothing if there is no such variable.
    pub(super) fn set(&mut self, at: usize, value: ValId) {
        // Most variables get the value that they have: nothing must be copied for that.
        if self.get(at).is_none_or(|known| known == value) {
            return;
        }
        let (mut node, mut span, mut at) = (&mut self.root, self.span, at);
        loop {
            match node {
                Node::Leaf(values) => {
                    if let Some(slot) = Rc::make_mut(values).get_mut(at) {
                        *slot = value;
                    }
                    return;
                }
                Node::Inner(branches) => {
                    let Some(branch) = Rc::make_mut(branches).get_mut(at / span) else {
                        return;
                    };
                    node = branch;
                }
            }
            at %= span;
            span /= WIDTH;
        }
    }

    /// Joins the values of another with as many variables where they differ; says whether one
    /// changed.
    pub(super) fn join(
        &mut self,
        other: &Self,
        mut join: impl FnMut(ValId, ValId) -> ValId,
    ) -> bool {
        join_nodes(&mut self.root, &other.root, &mut join)
    }
}

/// The depth is that of the tree: a few levels.
fn join_nodes(own: &mut Node, other: &Node, join: &mut impl FnMut(ValId, ValId) -> ValId) -> bool {
    match (own, other) {
        (Node::Leaf(own), Node::Leaf(other)) if !Rc::ptr_eq(own, other) => {
            let mut changed = false;
            for (at, theirs) in other.iter().enumerate() {
                let Some(before) = own.get(at).copied().filter(|own| own != theirs) else {
                    continue;
                };
                let joined = join(before, *theirs);
                if joined != before
                    && let Some(slot) = Rc::make_mut(own).get_mut(at)
                {
                    *slot = joined;
                    changed = true;
                }
            }
            changed
        }
        (Node::Inner(own), Node::Inner(other)) if !Rc::ptr_eq(own, other) => {
            let mut changed = false;
            for (at, theirs) in other.iter().enumerate() {
                let Some(mut branch) = own.get(at).cloned() else {
                    continue;
                };
                if join_nodes(&mut branch, theirs, join)
                    && let Some(slot) = Rc::make_mut(own).get_mut(at)
                {
                    *slot = branch;
                    changed = true;
                }
            }
            changed
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_at_any_size_and_copies_do_not_see_them() {
        for len in [0, 1, 31, 32, 33, 1_023, 1_024, 1_025, 40_000] {
            let mut env = Env::new(len);
            let empty = env.clone();
            for at in (0..len).step_by(7) {
                env.set(at, ValId(at as u32 + 10));
            }
            env.set(len, ValId(3));
            assert_eq!(env.get(len), None);
            for at in 0..len {
                let wanted = if at % 7 == 0 {
                    ValId(at as u32 + 10)
                } else {
                    ValId::UNDEF
                };
                assert_eq!(env.get(at), Some(wanted), "{at} of {len}");
                assert_eq!(empty.get(at), Some(ValId::UNDEF), "{at} of {len}");
            }
        }
    }

    #[test]
    fn a_join_asks_only_where_values_differ() {
        let mut own = Env::new(5_000);
        own.set(4_000, ValId(20));
        let mut other = own.clone();
        other.set(4_000, ValId(30));
        other.set(7, ValId(40));
        let mut asked = Vec::new();
        let changed = own.join(&other, |a, b| {
            asked.push((a, b));
            b
        });
        assert!(changed);
        assert_eq!(asked, [(ValId::UNDEF, ValId(40)), (ValId(20), ValId(30))]);
        assert_eq!(own.get(7), Some(ValId(40)));
        assert!(!own.join(&other, |_, b| b));
    }
}
