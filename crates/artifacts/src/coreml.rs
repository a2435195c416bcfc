//! Models of `CoreML`: custom layers and models name classes of the loading program; linked models name files.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable, shorten};
use crate::protobuf;
use crate::source::Source;
use crate::technique;

/// Models and layers that are looked at, and how deep pipelines of pipelines are followed.
const MAX_MODELS: u32 = 200_000;
const MAX_DEPTH: u32 = 8;

/// The class of a layer that is none of the format's own, in a network or in one of a pipeline.
fn custom_layer(model: &Source, depth: u32, left: &mut u32) -> Option<String> {
    const PIPELINES: [u32; 3] = [200, 201, 202];
    const NETWORKS: [u32; 3] = [303, 403, 500];
    for (number, field) in protobuf::fields(model) {
        let protobuf::Field::Bytes(part) = field else {
            continue;
        };
        let found = if NETWORKS.contains(&number) {
            protobuf::messages(&part, 1).find_map(|layer| {
                *left = left.checked_sub(1)?;
                let custom = protobuf::messages(&layer, 500).next()?;
                Some(protobuf::text(&custom, 10).unwrap_or_default())
            })
        } else if PIPELINES.contains(&number) && depth < MAX_DEPTH {
            // One that classifies or estimates wraps the plain one.
            let inner = if number == 202 {
                Some(part)
            } else {
                protobuf::messages(&part, 1).next()
            };
            inner.and_then(|pipeline| {
                protobuf::messages(&pipeline, 1).find_map(|model| {
                    *left = left.checked_sub(1)?;
                    custom_layer(&model, depth + 1, left)
                })
            })
        } else {
            None
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Inspects such a model.
pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("coreml");
    let mut left = MAX_MODELS;
    let layer = custom_layer(source, 0, &mut left);
    if left == 0 {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "the model has more layers and parts than are looked at",
        );
    }
    if let Some(class) = layer {
        inspection.report(
            Verdict::Unknown,
            technique::COREML_CUSTOM,
            0,
            format!(
                "a custom layer runs the class {} of the loading program",
                printable(&shorten(&class, 200))
            ),
        );
    }
    let custom = protobuf::messages(source, 555).next().is_some();
    let linked = protobuf::messages(source, 556).next();
    if custom {
        inspection.report(
            Verdict::Unknown,
            technique::COREML_CUSTOM,
            0,
            "a custom model runs a class of the loading program",
        );
    }
    if let Some(linked) = linked {
        let bytes = linked.read(0, 4096);
        let outside = memchr::memmem::find(&bytes, b"../").is_some()
            || memchr::memmem::find(&bytes, b"\x0a/").is_some();
        inspection.report(
            if outside {
                Verdict::Malicious
            } else {
                Verdict::Unknown
            },
            technique::COREML_CUSTOM,
            0,
            "the model is taken from another file",
        );
    }
}
