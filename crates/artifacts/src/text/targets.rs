//! Names of what a configuration calls: what they lead to, and what is said of it.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::names::{self, Standing};
use crate::technique;

/// Packages that configurations of models name in `_target_`.
const VETTED_TARGETS: &[&str] = &[
    "nemo.",
    "torch.",
    "pytorch_lightning.",
    "lightning.",
    "lightning_fabric.",
    "transformers.",
    "omegaconf.",
    "torchvision.",
    "torchaudio.",
    "torchmetrics.",
    "numpy.",
    "sklearn.",
    "timm.",
    "diffusers.",
    "hydra.utils.get_",
    "megatron.",
    "xgboost.",
    "lightgbm.",
    "monai.",
    "gluonts.",
    "einops.",
    "tokenizers.",
    "datasets.",
    "peft.",
    "accelerate.",
    "wandb.",
    "src.",
    "torch_geometric.",
    "optuna.",
    "hydra._internal.",
    "uni2ts.",
    "ldm.",
    "sgm.",
    "taming.",
    "speechbrain.",
];

/// Modules that others have imported and that lead on to all they have: `nemo.utils.os.system`.
const IMPORTED: &[&str] = &[
    "_os",
    "_sys",
    "builtins",
    "ctypes",
    "importlib",
    "marshal",
    "nt",
    "os",
    "pickle",
    "posix",
    "pty",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "webbrowser",
];

/// The module that a dotted name leads to, and what it is called there.
pub(super) fn split(target: &str) -> (&str, &str) {
    let (module, name) = target.rsplit_once('.').unwrap_or(("builtins", target));
    let mut inner = module;
    let mut rest = module;
    while let Some((_, after)) = rest.split_once('.') {
        let part = after.split('.').next().unwrap_or(after);
        if IMPORTED.contains(&part) {
            inner = after.trim_start_matches('_');
        }
        rest = after;
    }
    (inner, name)
}

/// Functions of Hydra that look up a name that another key has.
const HYDRA_LOOKUP: &str = "hydra.utils.get_";

/// What a configuration does by a target that none has for a good reason, wherever it stands.
pub(crate) fn attack(target: &str) -> Option<String> {
    if target.starts_with(HYDRA_LOOKUP) {
        return None;
    }
    let (module, name) = split(target);
    let in_builtins = module == "builtins" || module == "__builtin__";
    let shown = printable(target);
    match names::standing(module, name) {
        // Models are built by functions that load: what counts is whose they are.
        Standing::Dangerous {
            family: "by-name", ..
        } if VETTED_TARGETS
            .iter()
            .any(|vetted| target.starts_with(vetted)) =>
        {
            None
        }
        Standing::Dangerous { reason, .. } => Some(format!("calls {shown}, which {reason}")),
        _ if in_builtins && matches!(name, "getattr" | "setattr" | "type") => {
            Some(format!("calls {shown}"))
        }
        _ => None,
    }
}

/// What Hydra's `instantiate` would call.
pub(crate) fn target(inspection: &mut Inspection, target: &str, strict: bool) {
    let target = target.trim().trim_matches(['"', '\'']);
    if let Some((_, inner)) = target.split_once("${") {
        // An interpolation: what it falls back to is looked at, what it finds is not known.
        for name in inner.split([',', ':', '}', ' ', '\'', '"']) {
            named_argument(inspection, name);
        }
        inspection.report(
            Verdict::Unknown,
            technique::TARGET_UNKNOWN,
            0,
            format!(
                "the configuration calls what {} stands for when it is read",
                printable(target)
            ),
        );
        return;
    }
    if target.starts_with(HYDRA_LOOKUP) {
        return;
    }
    if let Some(does) = attack(target) {
        inspection.report_call(
            Verdict::Malicious,
            technique::TARGET_DANGEROUS,
            0,
            format!("the configuration {does}"),
            Some(format!("{}(…)", printable(target))),
        );
        return;
    }
    let (module, name) = split(target);
    match names::standing(module, name) {
        Standing::Dangerous { .. } | Standing::Vetted | Standing::DataClass => {}
        // Configuration makes objects of all classes of a package: which one says little.
        Standing::PackageClass if !names::is_outward(module, name) => {}
        _ if VETTED_TARGETS
            .iter()
            .any(|vetted| target.starts_with(vetted)) => {}
        Standing::Unvetted | Standing::UnvettedClass => inspection.report(
            Verdict::Suspicious,
            technique::TARGET_UNKNOWN,
            0,
            format!(
                "the configuration calls {}, which no model needs",
                printable(target)
            ),
        ),
        _ => inspection.report(
            if strict || inspection.has_format("nemo") {
                Verdict::Suspicious
            } else {
                Verdict::Unknown
            },
            technique::TARGET_UNKNOWN,
            0,
            format!(
                "the configuration calls {}, which is not known here",
                printable(target)
            ),
        ),
    }
}

/// A text that is handed to a function: only what is dangerous by its full name counts.
pub(crate) fn named_argument(inspection: &mut Inspection, name: &str) {
    if is_dangerous_name(name) {
        target(inspection, name, true);
    }
}

/// Is it something dangerous of the standard library by its full name?
pub(crate) fn is_dangerous_name(name: &str) -> bool {
    let is_name = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    if !is_name || !name.contains('.') {
        return false;
    }
    let (module, function) = split(name);
    names::is_stdlib(module)
        && matches!(
            names::standing(module, function),
            Standing::Dangerous { .. }
        )
}

/// Modules that no configuration names for anything else: `target` and the like are words of other configuration too.
const CORE: &[&str] = &[
    "os",
    "posix",
    "nt",
    "sys",
    "subprocess",
    "builtins",
    "shutil",
    "importlib",
    "pty",
    "runpy",
    "pickle",
    "ctypes",
    "webbrowser",
    "socket",
    "tempfile",
    "urllib",
    "pathlib",
    "marshal",
    "multiprocessing",
];

/// A key that some frameworks take the name of a function or class from.
pub(crate) fn named_call(inspection: &mut Inspection, name: &str) {
    let top = name.split('.').next().unwrap_or_default();
    if CORE.contains(&top) {
        named_argument(inspection, name);
    }
}
