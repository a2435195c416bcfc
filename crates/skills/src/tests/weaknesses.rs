//! Classes of weaknesses cover what our rules speak of.

use std::fs;
use std::path::Path;

use crate::weakness::class_of;
use trueline_facts::Cwe;
use trueline_facts::skill::{Ability, Cell, Language, WeaknessClass};

/// Numbers after `cwe = [` in every rule file below.
fn numbers(folder: &Path, out: &mut Vec<u32>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            numbers(&path, out);
        } else if path.extension().is_some_and(|e| e == "toml") {
            let text = fs::read_to_string(&path).unwrap();
            for line in text.lines().filter_map(|l| l.strip_prefix("cwe = [")) {
                out.extend(
                    line.trim_end_matches(']')
                        .split(',')
                        .filter_map(|n| n.trim().parse::<u32>().ok()),
                );
            }
        }
    }
}

#[test]
fn every_weakness_that_a_rule_names_is_in_a_class() {
    let mut all = Vec::new();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    numbers(&rules, &mut all);
    assert!(all.len() > 60, "{all:?}");
    let missing: Vec<u32> = all
        .into_iter()
        .filter(|n| class_of(Cwe(*n)).is_none())
        .collect();
    assert_eq!(missing, Vec::<u32>::new());
}

#[test]
fn cells_have_one_name() {
    for ability in Ability::ALL {
        for language in Language::ALL {
            for class in WeaknessClass::ALL {
                let cell = Cell {
                    ability: *ability,
                    language: *language,
                    class: *class,
                };
                assert_eq!(cell.to_string().parse(), Ok(cell));
            }
        }
    }
    let error = "python".parse::<Cell>().unwrap_err().to_string();
    assert!(error.contains("python/injection"), "{error}");
    assert!(
        "cobol/injection"
            .parse::<Cell>()
            .unwrap_err()
            .to_string()
            .contains("dockerfile")
    );
}
