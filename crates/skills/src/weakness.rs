//! Which class of weaknesses a CWE belongs to, and which language a file is in.
//!
//! Classes are what a skill is a skill in (docs/skills.md lists them); findings and imported logs bring
//! CWE numbers. A number that is in no class stays without one: a guess would train the wrong thing.

use trueline_facts::Cwe;
use trueline_facts::skill::{Language, WeaknessClass};

/// Numbers of each class; no number stands twice.
const CLASSES: &[(WeaknessClass, &[u32])] = &[
    (
        WeaknessClass::Injection,
        &[
            20, 74, 77, 78, 88, 89, 90, 91, 93, 94, 95, 96, 97, 99, 117, 134, 138, 184, 470, 564,
            643, 652, 917, 943, 1236, 1336,
        ],
    ),
    (
        WeaknessClass::PathAndFiles,
        &[
            22, 23, 35, 36, 59, 73, 98, 362, 367, 377, 378, 379, 426, 427, 434, 538, 548, 552,
        ],
    ),
    (WeaknessClass::SsrfAndRedirect, &[441, 601, 918]),
    (WeaknessClass::Deserialisation, &[502, 611, 913, 915, 1321]),
    (
        WeaknessClass::XssAndOutput,
        &[79, 80, 83, 87, 113, 116, 644, 1004, 1007, 1021],
    ),
    (
        WeaknessClass::AccessControl,
        &[
            200, 201, 266, 269, 275, 276, 284, 285, 346, 352, 359, 425, 501, 566, 639, 668, 732,
            862, 863, 942, 1275,
        ],
    ),
    (
        WeaknessClass::Authentication,
        &[
            287, 288, 290, 294, 304, 306, 307, 308, 345, 347, 384, 521, 523, 549, 613, 614, 620,
            640, 645, 799, 1390, 1391,
        ],
    ),
    (
        WeaknessClass::Cryptography,
        &[
            208, 261, 295, 296, 297, 310, 311, 319, 320, 322, 325, 326, 327, 328, 329, 330, 331,
            334, 335, 336, 337, 338, 340, 353, 354, 385, 757, 759, 760, 780, 916,
        ],
    ),
    (
        WeaknessClass::Secrets,
        &[
            256, 257, 259, 260, 312, 313, 315, 321, 522, 532, 540, 541, 547, 798,
        ],
    ),
    (
        WeaknessClass::ResourceUse,
        &[
            400, 401, 404, 405, 407, 409, 674, 730, 770, 771, 772, 774, 776, 789, 834, 835, 1050,
            1333,
        ],
    ),
    (
        WeaknessClass::ErrorHandling,
        &[
            209, 210, 215, 248, 252, 253, 280, 388, 390, 391, 392, 394, 396, 397, 451, 455, 489,
            544, 600, 636, 703, 754, 755, 756,
        ],
    ),
    (
        WeaknessClass::SupplyChain,
        &[494, 506, 827, 829, 830, 912, 937, 1035, 1104, 1357, 1395],
    ),
    (
        WeaknessClass::CiAndInfrastructure,
        &[16, 250, 272, 497, 605, 693, 1188],
    ),
    (WeaknessClass::LlmAndAgents, &[436, 1039, 1426, 1427, 1434]),
];

/// The class of a weakness, if it is in one.
#[must_use]
pub fn class_of(cwe: Cwe) -> Option<WeaknessClass> {
    CLASSES
        .iter()
        .find(|(_, numbers)| numbers.contains(&cwe.0))
        .map(|(class, _)| *class)
}

/// The language of a file, by its name.
#[must_use]
pub fn language_of(path: &str) -> Option<Language> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if name.starts_with("dockerfile") || name.ends_with(".dockerfile") {
        return Some(Language::Dockerfile);
    }
    Some(match name.rsplit_once('.')?.1 {
        "py" | "pyi" => Language::Python,
        "js" | "mjs" | "cjs" | "jsx" | "vue" | "svelte" => Language::JavaScript,
        "ts" | "mts" | "cts" | "tsx" => Language::TypeScript,
        "java" => Language::Java,
        "go" => Language::Go,
        "rs" => Language::Rust,
        "yml" | "yaml" => Language::Yaml,
        "json" => Language::Json,
        "md" | "mdc" | "txt" => Language::Text,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_weakness_is_in_two_classes_and_every_class_has_some() {
        let mut all: Vec<u32> = CLASSES
            .iter()
            .flat_map(|(_, n)| n.iter().copied())
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for class in WeaknessClass::ALL {
            assert!(
                CLASSES.iter().any(|(c, n)| c == class && !n.is_empty()),
                "{class}"
            );
        }
    }
}
