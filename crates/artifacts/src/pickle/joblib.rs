//! Arrays that joblib writes into the stream itself, behind the object that describes them. Its loader passes over
//! them; the one of `pickle` goes on with their bytes as opcodes, so both readings are followed.

use trueline_facts::artifact::Verdict;

use super::machine::{Ended, MAX_ARRAYS, Machine};
use super::value::{Node, Value};
use crate::technique;
use crate::zip::leads_outside;

/// An array that follows in the file.
#[derive(Clone, Copy, Debug)]
struct Array {
    count: u64,
    item_size: u64,
    has_objects: bool,
    is_aligned: bool,
}

impl Machine {
    /// After BUILD of joblib's array wrapper the array follows in the file itself.
    pub(super) fn splice(&mut self, target: Value, state: Value) -> Result<(), Ended> {
        let wrapper = match self.get_node(target) {
            Some(Node::Call(called)) => self.full_name(called.callee),
            _ => None,
        };
        let class = wrapper
            .as_deref()
            .and_then(|name| name.rsplit('.').next())
            .unwrap_or_default();
        if class == "NDArrayWrapper" {
            self.beside(state);
        }
        // A module that imports the class has it too.
        if class != "NumpyArrayWrapper" {
            return Ok(());
        }
        let cost = u32::try_from(self.fields_of(state).len()).unwrap_or(u32::MAX);
        let Some(left) = self.looks_left.get().checked_sub(cost) else {
            return Err(Ended::Budget);
        };
        self.looks_left.set(left);
        let Some(array) = self.array(state) else {
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_ARRAY,
                "joblib reads an array from the file here, and its type and size cannot be told: what follows is read by others differently".to_owned(),
                None,
            );
            return Ok(());
        };
        self.spliced_arrays += 1;
        // The array stands outside of the frames, in the file itself.
        self.frame_end = None;
        // To a loader that is not joblib's its bytes are opcodes.
        self.read_as_opcodes(array.has_objects)?;
        if array.has_objects {
            return self.array_of_objects();
        }
        if array.is_aligned {
            let padding = self.cursor.u8().ok_or(Ended::Truncated)?;
            self.cursor.skip(padding.into()).ok_or(Ended::Truncated)?;
        }
        let bytes = array
            .count
            .checked_mul(array.item_size)
            .ok_or(Ended::Malformed)?;
        self.cursor.skip(bytes).ok_or(Ended::Truncated)?;
        Ok(())
    }

    /// What a wrapper says of its array; `None` if that cannot be told.
    fn array(&mut self, state: Value) -> Option<Array> {
        if self.is_cut(state) {
            return None;
        }
        let fields = self.fields_of(state);
        // The last of a name counts.
        let field = |machine: &Self, name: &str| {
            fields
                .chunks_exact(2)
                .rev()
                .find(|pair| machine.short_text(pair[0], 64).as_deref() == Some(name))
                .map(|pair| pair[1])
        };
        let (item_size, has_objects) = field(self, "dtype").and_then(|d| self.dtype(d))?;
        let shape = self.whole(field(self, "shape")?)?;
        let mut count: u64 = 1;
        for dimension in shape {
            let Value::Int(size) = dimension else {
                return None;
            };
            count = count.checked_mul(u64::try_from(size).ok()?)?;
        }
        if let Some(class) = field(self, "subclass") {
            self.judge_handed("joblib.numpy_pickle", "NumpyArrayWrapper.read", &[class]);
        }
        Some(Array {
            count,
            item_size,
            has_objects,
            is_aligned: matches!(
                field(self, "numpy_array_alignment_bytes"),
                Some(Value::Int(_))
            ),
        })
    }

    /// The objects of an array are a pickle of their own.
    fn array_of_objects(&mut self) -> Result<(), Ended> {
        let mut inner = Self::new(super::machine_cursor(&self.cursor));
        inner.extensions = std::mem::take(&mut self.extensions);
        inner.arrays = self.arrays + 1;
        inner.objects = self.objects;
        inner.limit(self.first_collection, self.memo_limit);
        inner.work_left = self.work_left.saturating_sub(self.work());
        inner.reserve = self.reserve;
        inner.fork_left = self.fork_left;
        inner.looks_left.set(self.looks_left.get());
        let nested = inner.arrays > MAX_ARRAYS || self.spliced_arrays > 10_000;
        let ended = if nested { Ended::Budget } else { inner.run() };
        self.extensions = std::mem::take(&mut inner.extensions);
        self.fork_left = inner.fork_left;
        self.cursor.seek(inner.cursor.position());
        self.take_over(inner, |_| true);
        if ended == Ended::Stop {
            Ok(())
        } else {
            Err(ended)
        }
    }

    /// Old wrappers name the file that their array stands in, which joblib loads from the folder of the pickle.
    fn beside(&mut self, state: Value) {
        let fields = self.fields_of(state);
        let files: Vec<String> = fields
            .chunks_exact(2)
            .filter(|pair| self.short_text(pair[0], 64).as_deref() == Some("filename"))
            .filter_map(|pair| self.text(pair[1]))
            .collect();
        for file in files.into_iter().filter(|file| leads_outside(file)) {
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
