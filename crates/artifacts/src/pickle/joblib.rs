//! Arrays that joblib writes into the stream itself, behind the object that describes them.

use trueline_facts::artifact::Verdict;

use super::machine::{Ended, MAX_ARRAYS, Machine};
use super::value::{Kind, Node, Value};
use crate::technique;
use crate::zip::leads_outside;

impl Machine {
    /// After BUILD of joblib's array wrapper the array follows in the file itself.
    pub(super) fn splice(&mut self, target: Value, state: Value) -> Result<(), Ended> {
        let wrapper = match self.get_node(target) {
            Some(Node::Call(called)) => self.full_name(called.callee),
            _ => None,
        };
        if wrapper.as_ref().is_some_and(|name| {
            name.ends_with("numpy_pickle.NDArrayWrapper")
                || name.ends_with("numpy_pickle_compat.NDArrayWrapper")
        }) {
            self.beside(state);
        }
        if !wrapper.is_some_and(|name| {
            name.ends_with("numpy_pickle.NumpyArrayWrapper")
                && (name.starts_with("joblib.") || name.starts_with("sklearn.externals.joblib."))
        }) {
            return Ok(());
        }
        let Some(Node::Container {
            kind: Kind::Dict,
            items,
            ..
        }) = self.get_node(state)
        else {
            return Ok(());
        };
        let items = items.clone();
        let field = |machine: &Self, name: &str| {
            items
                .chunks_exact(2)
                .find(|pair| machine.text(pair[0]).as_deref() == Some(name))
                .map(|pair| pair[1])
        };
        let Some((item_size, has_objects)) = field(self, "dtype").and_then(|d| self.dtype(d))
        else {
            return Ok(());
        };
        let mut count: u64 = 1;
        if let Some(shape) = field(self, "shape") {
            for dimension in self.arguments(shape) {
                if let Value::Int(size) = dimension {
                    let size = u64::try_from(size).map_err(|_| Ended::Malformed)?;
                    count = count.checked_mul(size).ok_or(Ended::Malformed)?;
                }
            }
        }
        self.spliced_arrays += 1;
        // The array stands outside of the frames, in the file itself.
        self.frame_end = None;
        if has_objects {
            let mut inner = Self::new(super::machine_cursor(&self.cursor));
            inner.extensions = std::mem::take(&mut self.extensions);
            inner.arrays = self.arrays + 1;
            inner.objects = self.objects;
            let nested = inner.arrays > MAX_ARRAYS || self.spliced_arrays > 10_000;
            let ended = if nested { Ended::Budget } else { inner.run() };
            self.extensions = std::mem::take(&mut inner.extensions);
            self.worst = self.worst.max(inner.worst);
            self.findings.append(&mut inner.findings);
            self.calls += inner.calls;
            self.opcodes += inner.opcodes;
            self.cursor.seek(inner.cursor.position());
            return if ended == Ended::Stop {
                Ok(())
            } else {
                Err(ended)
            };
        }
        if matches!(
            field(self, "numpy_array_alignment_bytes"),
            Some(Value::Int(_))
        ) {
            let padding = self.cursor.u8().ok_or(Ended::Truncated)?;
            self.cursor.skip(padding.into()).ok_or(Ended::Truncated)?;
        }
        let bytes = count.checked_mul(item_size).ok_or(Ended::Malformed)?;
        self.cursor.skip(bytes).ok_or(Ended::Truncated)?;
        Ok(())
    }

    /// Old wrappers name the file that their array stands in, which joblib loads from the folder of the pickle.
    fn beside(&mut self, state: Value) {
        let Some(Node::Container { items, .. }) = self.get_node(state) else {
            return;
        };
        let file = items.chunks_exact(2).find_map(|pair| {
            (self.text(pair[0]).as_deref() == Some("filename")).then(|| self.text(pair[1]))?
        });
        if let Some(file) = file
            && leads_outside(&file)
        {
            self.find(
                Verdict::Suspicious,
                technique::INDEX_PATH,
                format!("the array is loaded from {file}, outside of the folder"),
                None,
            );
        }
    }

    /// Bytes of an item of a pickled `numpy.dtype`, and whether items are objects.
    pub(super) fn dtype(&self, value: Value) -> Option<(u64, bool)> {
        let Node::Call(called) = self.get_node(value)? else {
            return None;
        };
        if self.full_name(called.callee)? != "numpy.dtype" {
            return None;
        }
        let text = self.text(*called.args.first()?)?;
        let text = text.trim_start_matches(['<', '>', '|', '=']);
        let kind = text.chars().next()?;
        let number: u64 = text[kind.len_utf8()..].parse().ok().unwrap_or(1);
        let mut size = if kind == 'U' {
            number.checked_mul(4)?
        } else {
            number
        };
        let mut has_objects = kind == 'O';
        if let Some(state) = called.state
            && let Some(Node::Container { items, .. }) = self.get_node(state)
        {
            if let Some(Value::Int(bytes)) = items.get(5)
                && let Ok(bytes) = u64::try_from(*bytes)
            {
                size = bytes;
            }
            if let Some(Value::Int(flags)) = items.get(7) {
                has_objects |= flags & 1 != 0;
            }
        }
        Some((size, has_objects))
    }
}
