//! Models of `CoreML`: custom layers and models name classes of the loading program; linked models name files.

use trueline_facts::artifact::Verdict;

use crate::inspection::Inspection;
use crate::protobuf;
use crate::source::Source;
use crate::technique;

/// Inspects such a model.
pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("coreml");
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
