//! Methods and filters of constant text: what they make of it, and which of them ask for an attribute.

use trueline_facts::artifact::Verdict;

use super::super::capture::is_open;
use super::super::constant::{Folded, braces, joined_len, percent, replaced_len, spread};
use super::Parser;

impl Parser<'_> {
    pub(super) fn called(
        &mut self,
        name: &str,
        on: Folded,
        args: &[Folded],
        list: Option<Vec<String>>,
    ) -> Folded {
        if name == "system" && args.len() == 1 {
            self.found.push((
                Verdict::Malicious,
                "the template calls system(…)".to_owned(),
            ));
        }
        let on = self.affordable(on);
        let first = args.first().and_then(Option::as_ref);
        let second = args.get(1).and_then(Option::as_ref);
        let made = match (&on, name) {
            (None, _) => None,
            (Some(on), "join") => {
                let items = list.or_else(|| args.iter().cloned().collect());
                items.and_then(|items| self.join(items, on))
            }
            (Some(on), "format") => braces(on, args),
            (Some(on), "replace") => self.replace(on, first, second),
            (Some(on), "lower") => Some(on.to_lowercase()),
            (Some(on), "upper") => Some(on.to_uppercase()),
            (Some(on), "strip") => Some(on.trim().to_owned()),
            _ => None,
        };
        self.made(made, on)
    }

    fn join(&mut self, items: Vec<String>, between: &str) -> Folded {
        let len = joined_len(items.iter().map(String::len), between);
        if self.constants.charge(len) {
            return Some(items.join(between));
        }
        self.strings.extend(items);
        None
    }

    fn replace(&mut self, on: &str, from: Option<&String>, to: Option<&String>) -> Folded {
        let (from, to) = from.zip(to)?;
        self.constants
            .charge(replaced_len(on, from, to))
            .then(|| on.replace(from, to))
    }

    pub(super) fn filter(
        &mut self,
        filter: &str,
        on: Folded,
        list: Option<Vec<String>>,
        args: &[Folded],
    ) -> Folded {
        let first = args.first().and_then(Option::as_ref);
        let on = self.affordable(on);
        let made = match (filter, &on, list) {
            ("attr", ..) => {
                match first {
                    Some(name) if !is_open(name) => self.name(name, "x"),
                    _ => self.found.push((
                        Verdict::Malicious,
                        "the template asks for an attribute whose name it hides".to_owned(),
                    )),
                }
                None
            }
            (
                "map" | "selectattr" | "rejectattr" | "groupby" | "sum" | "sort" | "unique" | "min"
                | "max",
                _,
                list,
            ) => {
                for name in args.iter().flatten() {
                    for part in name.split('.') {
                        self.name(part, "x");
                    }
                }
                self.strings.extend(list.into_iter().flatten());
                None
            }
            ("join", _, Some(list)) => self.join(list, first.map_or("", String::as_str)),
            ("join", Some(text), None) => {
                let between = first.map_or("", String::as_str);
                let len = joined_len(text.chars().map(char::len_utf8), between);
                self.constants.charge(len).then(|| spread(text, between))
            }
            ("replace", Some(on), _) => {
                self.replace(on, first, args.get(1).and_then(Option::as_ref))
            }
            ("reverse", _, Some(mut list)) => {
                list.reverse();
                self.join(list, "")
            }
            ("reverse", Some(text), None) => Some(text.chars().rev().collect()),
            ("format", Some(on), _) => {
                let given: Option<Vec<String>> = args.iter().cloned().collect();
                given.and_then(|given| percent(on, &given))
            }
            ("lower", Some(text), _) => Some(text.to_lowercase()),
            ("upper", Some(text), _) => Some(text.to_uppercase()),
            (
                "string" | "trim" | "safe" | "e" | "escape" | "list" | "default" | "d",
                Some(text),
                _,
            ) => Some(text.trim().to_owned()),
            ("first", _, Some(mut list)) if !list.is_empty() => Some(list.swap_remove(0)),
            ("last", _, Some(mut list)) => list.pop(),
            (_, _, list) => {
                self.strings.extend(list.into_iter().flatten());
                None
            }
        };
        self.made(made, on)
    }
}
