//! Tensors of torch files: do size, stride and offset stay inside of the storage, and is the storage as long as
//! the pickle says? C++ code has read and written out of bounds on files where they do not.

use trueline_facts::artifact::Verdict;

use super::machine::Machine;
use super::value::{Node, Value};
use crate::technique;

/// Storages that are compared with the archive's records.
const MAX_STORAGES: usize = 100_000;

impl Machine {
    /// Keeps what a persistent id says of a storage: `('storage', class, key, place, count)`.
    pub(super) fn storage(&mut self, id: Value) {
        if self.storages.len() >= MAX_STORAGES {
            return;
        }
        let Some((class, key, count)) = self.described(id) else {
            return;
        };
        let item = match class.as_str() {
            "DoubleStorage" | "LongStorage" | "ComplexFloatStorage" => 8,
            "FloatStorage" | "IntStorage" | "QInt32Storage" => 4,
            "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
            "ComplexDoubleStorage" => 16,
            "ByteStorage" | "CharStorage" | "BoolStorage" | "UntypedStorage" => 1,
            _ => return,
        };
        if let Some(bytes) = count.checked_mul(item) {
            self.storages.push((key, bytes));
        }
    }

    fn described(&self, id: Value) -> Option<(String, String, u64)> {
        let Some(Node::Container { items, .. }) = self.get_node(id) else {
            return None;
        };
        let [kind, class, key, _, Value::Int(count), ..] = items.as_slice() else {
            return None;
        };
        let is_storage = self.short_text(*kind, 16)? == "storage";
        let class = self.full_name(*class)?;
        let key = self.short_text(*key, 64)?;
        let count = u64::try_from(*count).ok()?;
        is_storage.then(|| {
            (
                class.rsplit('.').next().unwrap_or_default().to_owned(),
                key,
                count,
            )
        })
    }

    /// Arguments of `_rebuild_tensor_v2`: storage, offset, size, stride.
    pub(super) fn check_bounds(&mut self, args: &[Value]) {
        let [storage, Value::Int(offset), size, stride, ..] = args else {
            return;
        };
        let id = match self.get_node(*storage) {
            Some(Node::Persistent(id)) => *id,
            _ => return,
        };
        let Some((_, _, count)) = self.described(id) else {
            return;
        };
        let (Some(sizes), Some(strides)) = (self.numbers(*size), self.numbers(*stride)) else {
            return;
        };
        let negative = *offset < 0 || sizes.iter().chain(&strides).any(|n| *n < 0);
        let is_empty = sizes.contains(&0);
        let last = sizes
            .iter()
            .zip(&strides)
            .try_fold(*offset, |last, (size, stride)| {
                last.checked_add((size - 1).checked_mul(*stride)?)
            });
        let outside = last.is_none_or(|last| u64::try_from(last).is_ok_and(|last| last >= count));
        if negative || (outside && !is_empty) {
            self.find(
                Verdict::Suspicious,
                technique::TORCH_BOUNDS,
                format!("a tensor reaches outside of its storage of {count} items: offset {offset}, size {sizes:?}, stride {strides:?}"),
                None,
            );
        }
    }

    fn numbers(&self, value: Value) -> Option<Vec<i64>> {
        let Some(Node::Container {
            items, cut: false, ..
        }) = self.get_node(value)
        else {
            return None;
        };
        items
            .iter()
            .map(|item| match item {
                Value::Int(number) => Some(*number),
                _ => None,
            })
            .collect()
    }
}
