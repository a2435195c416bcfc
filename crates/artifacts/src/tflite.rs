//! TensorFlow Lite: a flatbuffer whose operator codes name what a runtime must bring.

use rustc_hash::FxHashSet;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::source::Source;
use crate::{payload, pickle, technique, tensorflow};

/// Reads of parts of the file beside one for every so many bytes: tables can share bytes, so that a small file has very
/// many of them.
const MAX_READS: u64 = 200_000;
const BYTES_A_READ: u64 = 64;
/// Bytes of an operator's name.
const MAX_NAME: u32 = 256;

pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("tflite");
    let mut walk = Walk {
        inspection,
        source,
        reads_left: MAX_READS + source.len() / BYTES_A_READ,
    };
    let whole = walk.model().is_some();
    // The tables say of no byte that it is the last.
    payload::anywhere(walk.inspection, source, 0);
    pickle::search(walk.inspection, source, 0);
    let is_cut = walk.reads_left == 0;
    if is_cut {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "the model has more tables than are looked at",
        );
    } else if !whole {
        inspection.report(
            Verdict::Suspicious,
            technique::TFLITE_STRUCTURE,
            0,
            "an offset of the model lies outside of the file: interpreters in C have crashed on such files",
        );
    }
}

struct Walk<'s> {
    inspection: &'s mut Inspection,
    source: &'s Source,
    reads_left: u64,
}

impl Walk<'_> {
    fn array<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        self.reads_left = self.reads_left.checked_sub(1)?;
        self.source.array(at)
    }

    fn u16(&mut self, at: u64) -> Option<u64> {
        Some(u16::from_le_bytes(self.array(at)?).into())
    }

    fn u32(&mut self, at: u64) -> Option<u64> {
        Some(u32::from_le_bytes(self.array(at)?).into())
    }

    fn i32(&mut self, at: u64) -> Option<i64> {
        Some(i32::from_le_bytes(self.array(at)?).into())
    }

    /// The place of a table's field.
    fn slot(&mut self, table: u64, slot: u64) -> Option<Option<u64>> {
        let back = self.i32(table)?;
        let vtable = table.checked_add_signed(-back)?;
        let size = self.u16(vtable)?;
        let at = 4 + 2 * slot;
        if at + 2 > size {
            return Some(None);
        }
        let offset = self.u16(vtable + at)?;
        Some((offset != 0).then_some(table + offset))
    }

    fn indirect(&mut self, at: u64) -> Option<u64> {
        let to = at.checked_add(self.u32(at)?)?;
        (to < self.source.len()).then_some(to)
    }

    /// Start and count of a vector of tables.
    fn vector(&mut self, table: u64, number: u64) -> Option<Option<(u64, u64)>> {
        let Some(at) = self.slot(table, number)? else {
            return Some(None);
        };
        let start = self.indirect(at)?;
        let count = self.u32(start)?;
        (count.checked_mul(4)? <= self.source.len() - start).then_some(Some((start + 4, count)))
    }

    fn model(&mut self) -> Option<()> {
        let model = self.indirect(0)?;
        if let Some((start, count)) = self.vector(model, 1)? {
            // Codes of one operator may share a table.
            let mut seen = FxHashSet::default();
            for index in 0..count {
                let code = self.indirect(start + 4 * index)?;
                if !seen.insert(code) {
                    continue;
                }
                if let Some(at) = self.slot(code, 1)? {
                    let at = self.indirect(at)?;
                    let len = self.u32(at)?.min(MAX_NAME.into());
                    let name = self.source.read(at + 4, len as usize);
                    operator(self.inspection, &String::from_utf8_lossy(&name));
                }
            }
        }
        let buffers = self.buffers(model)?;
        if let Some((start, count)) = self.vector(model, 2)? {
            for index in 0..count {
                let graph = self.indirect(start + 4 * index)?;
                if let Some((tensors, count)) = self.vector(graph, 0)? {
                    for index in 0..count {
                        let tensor = self.indirect(tensors + 4 * index)?;
                        self.tensor(tensor, buffers)?;
                    }
                }
            }
        }
        Some(())
    }

    fn buffers(&mut self, model: u64) -> Option<u64> {
        let Some((start, count)) = self.vector(model, 4)? else {
            return Some(0);
        };
        for index in 0..count {
            let buffer = self.indirect(start + 4 * index)?;
            if let Some(at) = self.slot(buffer, 0)? {
                let at = self.indirect(at)?;
                if self.u32(at)? > self.source.len() - at {
                    return None;
                }
            }
        }
        Some(count)
    }

    fn tensor(&mut self, tensor: u64, buffers: u64) -> Option<()> {
        if let Some(at) = self.slot(tensor, 2)?
            && self.u32(at)? >= buffers.max(1)
        {
            self.inspection.report(
                Verdict::Suspicious,
                technique::TFLITE_STRUCTURE,
                at,
                "a tensor names a buffer that does not exist",
            );
        }
        if let Some((shape, rank)) = self.vector(tensor, 0)? {
            let mut product = 1i64;
            for dimension in 0..rank {
                let size = self.i32(shape + 4 * dimension)?;
                product = product.saturating_mul(size.max(1));
            }
            if product > 1 << 40 {
                self.inspection.report(
                    Verdict::Suspicious,
                    technique::TFLITE_STRUCTURE,
                    shape,
                    "a tensor's dimensions overflow",
                );
            }
        }
        Some(())
    }
}

fn operator(inspection: &mut Inspection, name: &str) {
    if let Some(op) = name.strip_prefix("Flex") {
        if let Some((verdict, technique, what)) = tensorflow::outside_of_graphs(op) {
            inspection.report(
                verdict,
                technique,
                0,
                format!("the TensorFlow operation {} {what}", printable(op)),
            );
        }
        return;
    }
    let known = name.starts_with("TFLite_")
        || name.is_empty()
        || [
            "Mfcc",
            "AudioSpectrogram",
            "edgetpu-custom-op",
            "ethos-u",
            "NumericVerify",
            "Convolution2DTransposeBias",
            "MaxPoolingWithArgmax2D",
            "MaxUnpooling2D",
            "TransformTensorBilinear",
        ]
        .contains(&name);
    if !known {
        inspection.report(
            Verdict::Unknown,
            technique::TFLITE_CUSTOM,
            0,
            format!(
                "the custom operator {} needs native code of its own",
                printable(name)
            ),
        );
    }
}
