//! TensorFlow Lite: a flatbuffer whose operator codes name what a runtime must bring.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::source::Source;
use crate::technique;

const MAX_OPERATORS: u64 = 10_000;

pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("tflite");
    if walk(inspection, source).is_none() {
        inspection.report(
            Verdict::Suspicious,
            technique::TFLITE_STRUCTURE,
            0,
            "an offset of the model lies outside of the file: interpreters in C have crashed on such files",
        );
    }
}

/// The place of a table's field.
fn slot(source: &Source, table: u64, slot: u64) -> Option<Option<u64>> {
    let back = i64::from(i32::from_le_bytes(source.array(table)?));
    let vtable = table.checked_add_signed(-back)?;
    let size = u64::from(source.u16(vtable)?);
    let at = 4 + 2 * slot;
    if at + 2 > size {
        return Some(None);
    }
    let offset = u64::from(source.u16(vtable + at)?);
    Some((offset != 0).then_some(table + offset))
}

fn indirect(source: &Source, at: u64) -> Option<u64> {
    let to = at.checked_add(source.u32(at)?.into())?;
    (to < source.len()).then_some(to)
}

/// Start and count of a vector of tables.
fn vector(source: &Source, table: u64, number: u64) -> Option<Option<(u64, u64)>> {
    let Some(at) = slot(source, table, number)? else {
        return Some(None);
    };
    let start = indirect(source, at)?;
    let count = u64::from(source.u32(start)?);
    (count.checked_mul(4)? <= source.len() - start).then_some(Some((start + 4, count)))
}

fn walk(inspection: &mut Inspection, source: &Source) -> Option<()> {
    let model = indirect(source, 0)?;
    if let Some((start, count)) = vector(source, model, 1)? {
        for index in 0..count.min(MAX_OPERATORS) {
            let code = indirect(source, start + 4 * index)?;
            if let Some(at) = slot(source, code, 1)? {
                let at = indirect(source, at)?;
                let len = source.u32(at)?;
                let name = source.read(at + 4, (len as usize).min(256));
                operator(inspection, &String::from_utf8_lossy(&name));
            }
        }
    }
    let buffers = vector(source, model, 4)?.map_or(0, |(_, count)| count);
    if let Some((start, count)) = vector(source, model, 4)? {
        for index in 0..count.min(1 << 20) {
            let buffer = indirect(source, start + 4 * index)?;
            if let Some(at) = slot(source, buffer, 0)? {
                let at = indirect(source, at)?;
                let len = u64::from(source.u32(at)?);
                if len > source.len() - at {
                    return None;
                }
            }
        }
    }
    if let Some((start, count)) = vector(source, model, 2)? {
        for index in 0..count.min(4096) {
            let graph = indirect(source, start + 4 * index)?;
            if let Some((tensors, count)) = vector(source, graph, 0)? {
                for index in 0..count.min(1 << 18) {
                    let tensor = indirect(source, tensors + 4 * index)?;
                    if let Some(at) = slot(source, tensor, 2)?
                        && u64::from(source.u32(at)?) >= buffers.max(1)
                    {
                        inspection.report(
                            Verdict::Suspicious,
                            technique::TFLITE_STRUCTURE,
                            at,
                            "a tensor names a buffer that does not exist",
                        );
                    }
                    if let Some((shape, rank)) = vector(source, tensor, 0)? {
                        let mut product = 1i64;
                        for dimension in 0..rank.min(64) {
                            let size = i32::from_le_bytes(source.array(shape + 4 * dimension)?);
                            product = product.saturating_mul(i64::from(size.max(1)));
                        }
                        if product > 1 << 40 {
                            inspection.report(
                                Verdict::Suspicious,
                                technique::TFLITE_STRUCTURE,
                                shape,
                                "a tensor's dimensions overflow",
                            );
                        }
                    }
                }
            }
        }
    }
    Some(())
}

fn operator(inspection: &mut Inspection, name: &str) {
    if let Some(op) = name.strip_prefix("Flex") {
        let code = matches!(op, "PyFunc" | "PyFuncStateless" | "EagerPyFunc");
        let files = [
            "ReadFile",
            "WriteFile",
            "SaveV2",
            "MatchingFiles",
            "Save",
            "SaveSlices",
            "PrintV2",
            "WholeFileReaderV2",
            "TextLineDataset",
            "TFRecordDataset",
            "DebugIdentityV2",
            "ImmutableConst",
            "RestoreV2",
            "DeleteFile",
        ]
        .contains(&op);
        if code || files {
            inspection.report(
                Verdict::Malicious,
                technique::TF_OP_WRITE,
                0,
                format!(
                    "the TensorFlow operation {} runs code or touches files",
                    printable(op)
                ),
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
