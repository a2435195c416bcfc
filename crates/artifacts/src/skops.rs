//! skops: a zip whose `schema.json` is a tree of nodes that name Python classes and how to build them.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::names::{self, Standing};
use crate::{json, technique};

/// Inspects the schema.
pub(crate) fn schema(inspection: &mut Inspection, bytes: &[u8]) {
    let value = match json::parse(inspection, bytes) {
        Ok(value) => value,
        Err(error) => {
            inspection.report(
                Verdict::Suspicious,
                technique::SKOPS_UNKNOWN,
                0,
                format!("the schema cannot be read: {error}"),
            );
            return;
        }
    };
    let mut stack = vec![&value];
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => {
                if map.contains_key("__module__") || map.contains_key("__class__") {
                    node(inspection, value);
                }
                if let Some(file) = map.get("file").and_then(Value::as_str)
                    && crate::zip::leads_outside(file)
                {
                    inspection.report(
                        Verdict::Malicious,
                        technique::ARCHIVE_SLIP,
                        0,
                        format!("a node reads {}, outside of the archive", printable(file)),
                    );
                }
                stack.extend(map.values());
            }
            _ => {}
        }
    }
}

fn node(inspection: &mut Inspection, node: &Value) {
    let text = |key: &str| node[key].as_str().unwrap_or_default();
    let (module, class, loader) = (text("__module__"), text("__class__"), text("__loader__"));
    named(inspection, module, class, loader);
    let content = &node["content"];
    let inner = |key: &str| content[key].as_str().unwrap_or_default();
    match loader {
        "FunctionNode" => named(inspection, inner("module_path"), inner("function"), loader),
        "OperatorFuncNode" => {
            let is_operator = matches!(module, "operator" | "_operator");
            if !is_operator || !matches!(class, "attrgetter" | "itemgetter" | "methodcaller") {
                report(
                    inspection,
                    Verdict::Malicious,
                    module,
                    class,
                    "an operator node that is no operator",
                );
            } else if class == "methodcaller" || content.to_string().contains("__") {
                report(
                    inspection,
                    Verdict::Suspicious,
                    module,
                    class,
                    "it calls a method by name",
                );
            }
        }
        "MethodNode" => {
            let method = inner("func");
            let object = &content["obj"];
            let of = object["__class__"].as_str().unwrap_or_default();
            let of_module = object["__module__"].as_str().unwrap_or_default();
            let name = format!("{of}.{method}");
            if names::is_escape(method)
                || matches!(
                    names::standing(of_module, &name),
                    Standing::Dangerous { .. }
                )
            {
                report(
                    inspection,
                    Verdict::Malicious,
                    of_module,
                    &name,
                    "a method that leads out of the object",
                );
            } else if loader == "MethodNode"
                && (of != class && !class.is_empty() && class != "method")
            {
                report(
                    inspection,
                    Verdict::Suspicious,
                    module,
                    class,
                    "the node is called one thing and holds another",
                );
            } else {
                report(
                    inspection,
                    Verdict::Unknown,
                    of_module,
                    &name,
                    "it binds a method",
                );
            }
        }
        "ConstructorFromReduceNode" | "ObjectNode" | "TypeNode" | "PartialNode"
            if module.is_empty() || class.is_empty() =>
        {
            report(
                inspection,
                Verdict::Suspicious,
                module,
                class,
                "a node without a type",
            );
        }
        _ => {}
    }
}

fn named(inspection: &mut Inspection, module: &str, name: &str, loader: &str) {
    if module.is_empty() && name.is_empty() {
        return;
    }
    match names::standing(module, name) {
        Standing::Dangerous { reason, .. } => {
            report(inspection, Verdict::Malicious, module, name, reason);
        }
        Standing::Vetted
        | Standing::DataClass
        | Standing::PackageClass
        | Standing::KnownPackage => {}
        // A function that is only referred to, of a library that is known.
        Standing::Unvetted if loader == "FunctionNode" && !names::is_stdlib(module) => {}
        Standing::Unvetted | Standing::UnvettedClass => {
            let by_node = matches!(module, "operator" | "_operator" | "functools");
            let of_node = module == "builtins"
                && matches!(
                    name,
                    "method"
                        | "function"
                        | "builtin_function_or_method"
                        | "str"
                        | "type"
                        | "NoneType"
                );
            if !by_node && !of_node {
                report(
                    inspection,
                    Verdict::Suspicious,
                    module,
                    name,
                    "no model needs it",
                );
            }
        }
        Standing::Unknown => report(
            inspection,
            Verdict::Unknown,
            module,
            name,
            "it is not known here",
        ),
    }
}

fn report(inspection: &mut Inspection, verdict: Verdict, module: &str, name: &str, why: &str) {
    let technique = if verdict >= Verdict::Suspicious {
        technique::SKOPS_DANGEROUS
    } else {
        technique::SKOPS_UNKNOWN
    };
    inspection.report(
        verdict,
        technique,
        0,
        format!(
            "a node names {}.{}: {why}",
            printable(module),
            printable(name)
        ),
    );
}
