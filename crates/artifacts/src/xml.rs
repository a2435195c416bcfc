//! XML of models (PMML, OpenVINO): entities that read files, libraries that are loaded, documents that are included.

use std::borrow::Cow;

use trueline_facts::artifact::Verdict;

use crate::code::is_code;
use crate::executable::is_library;
use crate::inspection::{Inspection, printable};
use crate::technique;
use crate::zip::leads_outside;

/// Names of attributes whose values are libraries that a runtime loads.
const LIBRARIES: &[&str] = &[
    "library",
    "extension_path",
    "plugin",
    "implementation",
    "implpath",
    "so_path",
    "path",
    "file",
];

/// Bytes of an element that are looked at: it ends where the next one begins.
const MAX_ELEMENT: usize = 4096;

/// Inspects a document.
pub(crate) fn inspect(inspection: &mut Inspection, name: &str, text: &str) {
    let text = &*without_notes(text);
    let upper = text.to_ascii_uppercase();
    let is_pmml = upper.contains("<PMML");
    let is_openvino = upper.contains("<NET") && upper.contains("<LAYERS");
    if is_pmml {
        inspection.format("pmml");
    } else if is_openvino {
        inspection.format("openvino");
    } else {
        inspection.format("xml");
    }
    let is_model = is_pmml || is_openvino;
    declarations(inspection, &upper, is_model);
    drop(upper);
    let lower = text.to_ascii_lowercase();
    if is_veiled(&lower) {
        inspection.report(
            Verdict::Suspicious,
            technique::XML_ENTITY,
            0,
            "the XML is written in an encoding that hides what it declares: no tool for models writes so",
        );
    }
    if is_openvino {
        weights(inspection, name, text, &lower);
    }
    if lower.contains("<plugins") {
        plugins(inspection, text, &lower);
    }
    // Kernels of custom layers are compiled from the files that they name.
    for (at, _) in lower.match_indices("<source") {
        let file = attributes(element(text, at), "filename").next();
        if let Some(file) = file.filter(|file| leads_outside(file)) {
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
    for name in LIBRARIES {
        for (at, value) in attributes_at(text, &lower, name) {
            // Paths of other documents are those of other programs.
            if is_library(&value) || is_model && leads_outside(&value) {
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
        functions(inspection, text, &lower);
        for (at, _) in lower.match_indices("<extension") {
            let element = element(text, at);
            if is_code(element) || element.contains("java.lang") || element.contains("Runtime") {
                inspection.report(
                    Verdict::Suspicious,
                    technique::XML_EXTENSION,
                    at as u64,
                    "an extension element holds code",
                );
            }
        }
    }
    if !is_pmml && lower.contains("version=\"extension\"") {
        inspection.report(
            Verdict::Unknown,
            technique::XML_EXTENSION,
            0,
            "a layer of an extension needs a native library, which is not here",
        );
    }
    let stylesheet = lower.match_indices("<?xml-stylesheet").find(|(at, _)| {
        let mut places = attributes(element(text, *at), "href");
        places.any(|place| place.contains("://") || leads_outside(&place))
    });
    if let Some((at, _)) = stylesheet {
        inspection.report(
            Verdict::Suspicious,
            technique::XML_ENTITY,
            at as u64,
            "the document asks for a style sheet from elsewhere, which programs that show it fetch and run",
        );
    }
    if is_including(&lower) {
        let outside = attributes_at(text, &lower, "href")
            .any(|(_, path)| leads_outside(&path) || path.contains("://"));
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

/// Is there an element that takes in another document, under the prefix that is declared for them?
fn is_including(lower: &str) -> bool {
    if lower.contains("xi:include") {
        return true;
    }
    lower.contains("http://www.w3.org/2001/xinclude")
        && (lower.contains(":include") || lower.contains("<include"))
}

/// Is the text written in an encoding in which marks of markup stand for others? What hides so is not seen here.
fn is_veiled(lower: &str) -> bool {
    const VEILS: &[&str] = &[
        "utf-7",
        "utf7",
        "unicode-1-1-utf-7",
        "ibm",
        "cp037",
        "cp500",
        "cp1047",
        "ebcdic",
    ];
    let declared = lower
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
        .and_then(|(declaration, _)| declaration.split_once("encoding"))
        .map(|(_, value)| value.trim_start_matches([' ', '\t', '\n', '\r', '=', '"', '\'']));
    declared.is_some_and(|value| VEILS.iter().any(|veil| value.starts_with(veil)))
}

/// The text with spaces for what no reader of it takes as markup: comments and quoted sections. Everything else stays
/// where it is; from the first place on where readers may differ, all of it.
fn without_notes(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut notes: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'<', &bytes[at..]) {
        let start = at + open;
        let rest = &bytes[start..];
        let note = [
            (&b"<!--"[..], &b"-->"[..]),
            (b"<![CDATA[", b"]]>"),
            (b"<?", b"?>"),
        ]
        .into_iter()
        .find(|(mark, _)| rest.starts_with(mark));
        let end = match note {
            Some((mark, close)) => {
                let Some(len) = memchr::memmem::find(&rest[mark.len()..], close) else {
                    break;
                };
                let end = start + mark.len() + len + close.len();
                if mark != b"<?" {
                    notes.push((start, end));
                }
                end
            }
            None => match end_of_tag(rest) {
                Some(len) => start + len,
                None => break,
            },
        };
        at = end;
    }
    if notes.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut kept = 0;
    for (start, end) in notes {
        plain.push_str(&text[kept..start]);
        plain.extend(std::iter::repeat_n(' ', end - start));
        kept = end;
    }
    plain.push_str(&text[kept..]);
    Cow::Owned(plain)
}

/// Bytes of an element's tag or of a declaration, up to where its own begin; `None` where a value holds what none may,
/// so that readers differ in where it ends.
fn end_of_tag(tag: &[u8]) -> Option<usize> {
    let is_declaration = tag.starts_with(b"<!");
    let mut at = 1;
    loop {
        let found = at + tag[at..].iter().position(|b| b"\"'<>[".contains(b))?;
        match tag[found] {
            b'>' => return Some(found + 1),
            b'[' if is_declaration => return Some(found + 1),
            b'[' => at = found + 1,
            b'<' => return None,
            quote => {
                let len = memchr::memchr(quote, &tag[found + 1..])?;
                let value = &tag[found + 1..found + 1 + len];
                if !is_declaration && value.contains(&b'<') {
                    return None;
                }
                at = found + len + 2;
            }
        }
    }
}

/// `OpenVINO` loads the library of each plugin that a list of them names: its own by their names alone, from where it is
/// installed, and others from wherever they are said to be.
fn plugins(inspection: &mut Inspection, text: &str, lower: &str) {
    for (at, _) in lower.match_indices("<plugin") {
        if lower.as_bytes().get(at + 7) == Some(&b's') {
            continue;
        }
        for place in attributes(element(text, at), "location") {
            inspection.format("openvino");
            let place = place.trim();
            let base = place.strip_prefix("lib").unwrap_or(place);
            let is_place = place.contains(['/', '\\', ':']) || place.starts_with('~');
            if place.is_empty() || !is_place && base.starts_with("openvino_") {
                continue;
            }
            inspection.report(
                if leads_outside(place) || place.contains("://") {
                    Verdict::Malicious
                } else {
                    Verdict::Suspicious
                },
                technique::XML_EXTENSION,
                at as u64,
                format!(
                    "reading the list of plugins loads the library {}",
                    printable(place)
                ),
            );
        }
    }
}

/// Constants stand in the file of weights beside the model, which has its name.
fn weights(inspection: &mut Inspection, name: &str, text: &str, lower: &str) {
    let mut end = 0;
    for (at, _) in lower.match_indices("<data") {
        let element = element(text, at);
        let number = |name: &str| attributes(element, name).find_map(|value| value.parse().ok());
        let (offset, size): (Option<u64>, Option<u64>) = (number(" offset"), number(" size"));
        if let (Some(offset), Some(size)) = (offset, size) {
            let Some(last) = offset.checked_add(size) else {
                inspection.report(
                    Verdict::Suspicious,
                    technique::EXTERNAL_BOUNDS,
                    at as u64,
                    "the place of a constant is beyond what can be counted",
                );
                continue;
            };
            end = end.max(last);
        }
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if end > 0 {
        inspection.external(&format!("{stem}.bin"), end);
    }
}

/// Functions with dots in their names are classes of Java, which evaluators of PMML load and call.
fn functions(inspection: &mut Inspection, text: &str, lower: &str) {
    for (at, _) in lower.match_indices("<apply") {
        for name in attributes(element(text, at), "function") {
            if !name.contains('.') {
                continue;
            }
            let is_system = ["java.", "javax.", "jdk.", "sun.", "com.sun.", "groovy."]
                .iter()
                .any(|start| name.starts_with(start));
            inspection.report(
                if is_system {
                    Verdict::Suspicious
                } else {
                    Verdict::Unknown
                },
                technique::XML_EXTENSION,
                at as u64,
                format!("the model calls the class {}", printable(&name)),
            );
        }
    }
}

/// Entities and document types, in capitals.
fn declarations(inspection: &mut Inspection, upper: &str, is_model: bool) {
    if upper.contains("<!ENTITY") {
        let external = upper.contains("SYSTEM") || upper.contains("PUBLIC");
        // Entities of entities grow without limit.
        let many = upper.split("<!ENTITY").skip(1).any(|declared| {
            let value = declared.split('>').next().unwrap_or_default();
            memchr::memchr_iter(b'&', value.as_bytes()).nth(1).is_some()
        });
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
        return;
    }
    let Some(start) = upper.find("<!DOCTYPE") else {
        return;
    };
    let declared = element(upper, start);
    // Pages and drawings name the standard that they keep to, others a file beside them; models have neither.
    let is_beside = !declared.contains("//") && !declared.contains(['\\', ':', '/']);
    if !is_model && (declared.contains("PUBLIC") || is_beside) {
        return;
    }
    if declared.contains("SYSTEM") || declared.contains("PUBLIC") {
        let is_place = ["HTTP", "FILE:"].iter().any(|scheme| {
            ['"', '\'']
                .iter()
                .any(|quote| declared.contains(&format!("{quote}{scheme}")))
        });
        inspection.report(
            if is_place && declared.contains("SYSTEM") {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::XML_ENTITY,
            0,
            "the document type is loaded from another place",
        );
    }
}

/// From an element's bracket to its end, or to the next one.
fn element(text: &str, at: usize) -> &str {
    let rest = &text[at..text.floor_char_boundary(at + MAX_ELEMENT)];
    let end = memchr::memchr2(b'<', b'>', &rest.as_bytes()[1..]);
    &rest[..end.map_or(rest.len(), |end| end + 1)]
}

/// Values of attributes whose names end so.
fn attributes<'t>(element: &'t str, name: &'t str) -> impl Iterator<Item = String> + 't {
    let lower = element.to_ascii_lowercase();
    let places: Vec<usize> = lower.match_indices(name).map(|(at, _)| at).collect();
    places
        .into_iter()
        .filter_map(move |at| value(element, at + name.len()))
}

/// The same of a whole document, with their places.
fn attributes_at<'t>(
    text: &'t str,
    lower: &'t str,
    name: &'t str,
) -> impl Iterator<Item = (usize, String)> + 't {
    lower
        .match_indices(name)
        .filter_map(move |(at, _)| Some((at, value(text, at + name.len())?)))
}

/// What stands behind the name of an attribute: white space may stand around the sign, and either quote around a value.
fn value(text: &str, at: usize) -> Option<String> {
    let rest = text[at..text.floor_char_boundary(at + MAX_ELEMENT)].trim_start();
    let rest = rest.strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = &rest[1..];
    let value = &value[..value.find([quote, '<']).unwrap_or(value.len())];
    Some(if value.contains('&') {
        unescaped(value)
    } else {
        value.to_owned()
    })
}

/// Characters that are written as numbers, as parsers read them.
fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("&#") {
        out.push_str(before);
        let (digits, tail) = after.split_once(';').unwrap_or((after, ""));
        let code = match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        match code.ok().and_then(char::from_u32) {
            Some(c) => out.push(c),
            None => out.push_str(digits),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(text: &str) -> Verdict {
        crate::check_bytes(text.as_bytes().to_vec(), RepoPath::from("m.xml")).verdict
    }

    #[test]
    fn attributes_are_read_as_parsers_read_them() {
        for layer in [
            "library=\"/tmp/x.so\"",
            "library='/tmp/x.so'",
            "library = \n '/tmp/x.so'",
            "library='/tmp/x.s&#111;'",
            "library='&#x2f;tmp/x'",
        ] {
            let text = format!(
                "<?xml version='1.0'?><net name='a'><layers><layer {layer}/></layers></net>"
            );
            assert_eq!(verdict(&text), Verdict::Malicious, "{layer}");
        }
        assert_eq!(
            verdict(
                "<?xml version='1.0'?><net name='a'><layers><layer library='relu'/><b>library</b></layers></net>"
            ),
            Verdict::Clean
        );
    }

    #[test]
    fn comments_and_quoted_sections_declare_nothing_and_hide_nothing() {
        let pmml = |before: &str, inside: &str| {
            verdict(&format!(
                "<?xml version='1.0'?>{before}<PMML version='4.4'><Header copyright='it&apos;s'><Annotation>don't {inside}</Annotation></Header></PMML>"
            ))
        };
        let entity = "<!ENTITY x SYSTEM \"file:///etc/passwd\">";
        for (before, inside) in [
            ("<!-- <!DOCTYPE x SYSTEM \"a\"> isn't -->".to_owned(), ""),
            (
                String::new(),
                "<![CDATA[<!ENTITY x SYSTEM \"file:///etc/passwd\">]]>",
            ),
            (
                format!("<!--{entity}--><?pi '<!--' ?>"),
                "<!-- xi:include -->",
            ),
        ] {
            assert_eq!(pmml(&before, inside), Verdict::Clean, "{before}{inside}");
        }
        let real = format!("<!DOCTYPE x [{entity}]>");
        for before in [
            format!("<!-- a -->{real}<!-- b -->"),
            format!("<!-- {real} -->{real}"),
            format!("<?pi <!-- ?>{real}<?pi --> ?>"),
            format!("<!DOCTYPE x [<!ENTITY a '<!--'>{entity}<!ENTITY b '-->'>]>"),
            format!("<!DOCTYPE x [<!-- ' -->{entity}<!-- ' -->]>"),
            format!("<!-- a{real}"),
        ] {
            assert_eq!(pmml(&before, ""), Verdict::Malicious, "{before}");
        }
        // Some readers take what others refuse.
        for layer in [
            "<layer a='<!--' library='/tmp/x.so' b='-->'/>",
            "<layer '><!-- <layer library='/tmp/x.so'/> -->",
        ] {
            assert_eq!(
                verdict(&format!("<net name='a'><layers>{layer}</layers></net>")),
                Verdict::Malicious,
                "{layer}"
            );
        }
        // Very many of them take no more time than one.
        assert_eq!(pmml("", &"<!-- a".repeat(200_000)), Verdict::Clean);
    }

    #[test]
    fn a_list_of_plugins_loads_what_it_names() {
        let list = |place: &str| {
            verdict(&format!(
                "<ie><plugins><plugin name='CPU' location='{place}'><properties/></plugin></plugins></ie>"
            ))
        };
        for place in ["/tmp/libx.so", "../x.dll", "C:\\x.dll", "//host/x"] {
            assert_eq!(list(place), Verdict::Malicious, "{place}");
        }
        for place in ["./libx.so", "a/libopenvino_intel_cpu_plugin.so", "libx.so"] {
            assert_eq!(list(place), Verdict::Suspicious, "{place}");
        }
        for place in [
            "libopenvino_intel_cpu_plugin.so",
            "openvino_auto_plugin.dll",
        ] {
            assert_eq!(list(place), Verdict::Clean, "{place}");
        }
    }

    #[test]
    fn what_stands_behind_a_megabyte_is_read() {
        let filler = "<layer id='1'/>\n".repeat(80_000);
        assert_eq!(
            verdict(&format!(
                "<?xml version='1.0'?><net name='a'><layers>{filler}<layer library='/tmp/x.so'/></layers></net>"
            )),
            Verdict::Malicious
        );
        let comment = " ".repeat(1 << 20);
        assert_eq!(
            verdict(&format!(
                "<?xml version='1.0'?><!--{comment}--><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///x'>]><net name='a'><layers>&e;</layers></net>"
            )),
            Verdict::Malicious
        );
    }
}
