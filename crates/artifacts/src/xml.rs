//! XML of models (PMML, OpenVINO): entities that read files, libraries that are loaded, documents that are included.

use trueline_facts::artifact::Verdict;

use crate::code::is_code;
use crate::inspection::{Inspection, printable};
use crate::technique;
use crate::zip::leads_outside;

/// Inspects a document.
pub(crate) fn inspect(inspection: &mut Inspection, text: &str) {
    let head = text.get(..text.len().min(1 << 20)).unwrap_or(text);
    let upper = head.to_ascii_uppercase();
    let is_pmml = upper.contains("<PMML");
    if is_pmml {
        inspection.format("pmml");
    } else if upper.contains("<NET ") && upper.contains("<LAYERS") {
        inspection.format("openvino");
    } else {
        inspection.format("xml");
    }
    if upper.contains("<!ENTITY") {
        let external = upper.contains("SYSTEM") || upper.contains("PUBLIC");
        // Entities of entities grow without limit.
        let many = upper
            .split("<!ENTITY")
            .skip(1)
            .filter(|declared| {
                let value = declared.split('>').next().unwrap_or_default();
                value.matches('&').count() > 1
            })
            .count()
            > 0;
        inspection.report(
            if external || many {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::XML_ENTITY,
            0,
            if external {
                "an entity reads a file or an address when the document is parsed"
            } else {
                "entities are declared, which can grow without limit when the document is parsed"
            },
        );
    } else if upper.contains("<!DOCTYPE") && (upper.contains("SYSTEM") || upper.contains("PUBLIC"))
    {
        inspection.report(
            if upper.contains("SYSTEM \"HTTP")
                || upper.contains("SYSTEM \"FILE:")
                || upper.contains("SYSTEM 'HTTP")
                || upper.contains("SYSTEM 'FILE:")
            {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::XML_ENTITY,
            0,
            "the document type is loaded from another place",
        );
    }
    let lower = head.to_ascii_lowercase();
    // Kernels of custom layers are compiled from the files that they name.
    for (at, _) in lower.match_indices("<source") {
        let element: String = head[at..]
            .chars()
            .take(2000)
            .take_while(|c| *c != '>')
            .collect();
        let named = element
            .to_ascii_lowercase()
            .find("filename=")
            .map(|start| &element[start + "filename=".len()..]);
        let file: String = named
            .unwrap_or_default()
            .trim_start_matches(['"', '\''])
            .chars()
            .take_while(|c| !matches!(c, '"' | '\''))
            .collect();
        if leads_outside(&file) {
            inspection.report(
                Verdict::Suspicious,
                technique::XML_EXTENSION,
                at as u64,
                format!(
                    "a layer is compiled from {}, outside of the model's folder",
                    printable(&file)
                ),
            );
        }
    }
    for attribute in [
        "library=\"",
        "extension_path=\"",
        "plugin=\"",
        "implementation=\"",
        "implpath=\"",
        "so_path=\"",
        "path=\"",
        "file=\"",
    ] {
        for (at, _) in lower.match_indices(attribute) {
            let value: String = head[at + attribute.len()..]
                .chars()
                .take_while(|c| *c != '"')
                .collect();
            if [".so", ".dll", ".dylib"]
                .iter()
                .any(|end| value.contains(end))
                || leads_outside(&value)
            {
                inspection.report(
                    Verdict::Malicious,
                    technique::XML_EXTENSION,
                    at as u64,
                    format!("the model loads the library {}", printable(&value)),
                );
            }
        }
    }
    if is_pmml {
        for (at, _) in lower.match_indices("<extension") {
            let element: String = head[at..]
                .chars()
                .take(2000)
                .take_while(|c| *c != '>')
                .collect();
            if is_code(&element) || element.contains("java.lang") || element.contains("Runtime") {
                inspection.report(
                    Verdict::Suspicious,
                    technique::XML_EXTENSION,
                    at as u64,
                    "an extension element holds code",
                );
            }
        }
    }
    if lower.contains("xi:include") || lower.contains("http://www.w3.org/2001/xinclude") {
        let outside = lower.split("href=").skip(1).any(|href| {
            let path: String = href
                .chars()
                .skip(1)
                .take_while(|c| !matches!(c, '"' | '\''))
                .collect();
            leads_outside(&path) || path.contains("://")
        });
        inspection.report(
            if outside {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::XML_ENTITY,
            0,
            "the document includes another file",
        );
    }
}
