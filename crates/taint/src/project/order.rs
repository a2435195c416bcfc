//! Files after those that they import: batches of strongly connected components.

use rustc_hash::{FxHashMap, FxHashSet};

use super::UnitId;

/// Components in batches: those of one batch do not need each other, and need only earlier ones.
/// The files of a component import each other; they are in order of their paths.
pub type Batches = Vec<Vec<Vec<UnitId>>>;

/// Orders files by what each imports. Iterative: chains of imports can be long.
#[must_use]
pub fn batches(imports: &[Vec<UnitId>]) -> Batches {
    let components = components(imports);
    let mut component_of = vec![0_usize; imports.len()];
    for (at, component) in components.iter().enumerate() {
        for unit in component {
            if let Some(slot) = component_of.get_mut(unit.0 as usize) {
                *slot = at;
            }
        }
    }
    // Components come after what they need.
    let mut rank = vec![0_usize; components.len()];
    let mut batches: Batches = Vec::new();
    for (at, component) in components.into_iter().enumerate() {
        let mut own = 0;
        for unit in &component {
            for needed in imports.get(unit.0 as usize).into_iter().flatten() {
                let other = component_of.get(needed.0 as usize).copied().unwrap_or(at);
                if other != at {
                    own = own.max(rank.get(other).copied().unwrap_or(0) + 1);
                }
            }
        }
        if let Some(slot) = rank.get_mut(at) {
            *slot = own;
        }
        if batches.len() <= own {
            batches.resize_with(own + 1, Vec::new);
        }
        if let Some(batch) = batches.get_mut(own) {
            batch.push(component);
        }
    }
    for batch in &mut batches {
        batch.sort();
    }
    batches
}

/// The files of a component in layers: each comes after those that it needs, but for one need of
/// every circle. Those of a layer do not need each other, but for such needs.
#[must_use]
pub(crate) fn layers(component: &[UnitId], imports: &[Vec<UnitId>]) -> Vec<Vec<UnitId>> {
    #[derive(Clone, Copy)]
    enum Seen {
        Open,
        At(usize),
    }
    let inside: FxHashSet<UnitId> = component.iter().copied().collect();
    let needed = |unit: UnitId| imports.get(unit.0 as usize).map_or(&[][..], |list| list);
    let mut seen: FxHashMap<UnitId, Seen> = FxHashMap::default();
    let mut layers: Vec<Vec<UnitId>> = Vec::new();
    for start in component {
        if seen.contains_key(start) {
            continue;
        }
        let mut open = vec![(*start, 0_usize, 0_usize)];
        seen.insert(*start, Seen::Open);
        while let Some((unit, next, layer)) = open.last_mut() {
            let Some(other) = needed(*unit).get(*next).copied() else {
                let (unit, layer) = (*unit, *layer);
                seen.insert(unit, Seen::At(layer));
                if layers.len() <= layer {
                    layers.resize_with(layer + 1, Vec::new);
                }
                layers[layer].push(unit);
                open.pop();
                if let Some((_, _, above)) = open.last_mut() {
                    *above = (*above).max(layer + 1);
                }
                continue;
            };
            *next += 1;
            match seen.get(&other) {
                _ if !inside.contains(&other) => {}
                Some(Seen::At(at)) => *layer = (*layer).max(at + 1),
                Some(Seen::Open) => {}
                None => {
                    seen.insert(other, Seen::Open);
                    open.push((other, 0, 0));
                }
            }
        }
    }
    for layer in &mut layers {
        layer.sort_unstable();
    }
    layers
}

/// Tarjan's algorithm with its own stack.
fn components(imports: &[Vec<UnitId>]) -> Vec<Vec<UnitId>> {
    const NEW: u32 = u32::MAX;
    let count = imports.len();
    let mut index = vec![NEW; count];
    let mut low = vec![0_u32; count];
    let mut on_stack = vec![false; count];
    let mut stack: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    let mut next = 0_u32;
    for start in 0..count {
        if index[start] != NEW {
            continue;
        }
        let mut calls: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((unit, at)) = calls.last_mut() {
            let unit = *unit;
            if *at == 0 {
                index[unit] = next;
                low[unit] = next;
                next += 1;
                stack.push(unit);
                on_stack[unit] = true;
            }
            let target = imports[unit].get(*at).map(|u| u.0 as usize);
            *at += 1;
            match target {
                Some(target) if target < count => {
                    if index[target] == NEW {
                        calls.push((target, 0));
                    } else if on_stack[target] {
                        low[unit] = low[unit].min(index[target]);
                    }
                }
                Some(_) => {}
                None => {
                    calls.pop();
                    if let Some((caller, _)) = calls.last() {
                        low[*caller] = low[*caller].min(low[unit]);
                    }
                    if low[unit] == index[unit] {
                        let mut component = Vec::new();
                        while let Some(member) = stack.pop() {
                            on_stack[member] = false;
                            component.push(UnitId(member as u32));
                            if member == unit {
                                break;
                            }
                        }
                        component.sort_unstable();
                        found.push(component);
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[u32]) -> Vec<UnitId> {
        list.iter().copied().map(UnitId).collect()
    }

    #[test]
    fn files_come_after_what_they_import_and_cycles_stay_together() {
        let imports = [ids(&[1]), ids(&[2]), ids(&[1, 3]), ids(&[]), ids(&[0, 3])];
        assert_eq!(
            batches(&imports),
            [
                vec![ids(&[3])],
                vec![ids(&[1, 2])],
                vec![ids(&[0])],
                vec![ids(&[4])],
            ]
        );
    }

    #[test]
    fn files_of_a_circle_come_after_what_they_need_but_for_one_need() {
        // 0 → 1 → 2 → 0, and 3 needs 2 and is needed by 0; 9 is outside.
        let imports = [ids(&[1, 3]), ids(&[2, 9]), ids(&[0]), ids(&[2])];
        assert_eq!(
            layers(&ids(&[0, 1, 2, 3]), &imports),
            [ids(&[2]), ids(&[1, 3]), ids(&[0])]
        );
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let count = 100_000;
        let imports: Vec<Vec<UnitId>> = (0..count)
            .map(|at| {
                if at + 1 < count {
                    ids(&[at + 1])
                } else {
                    ids(&[])
                }
            })
            .collect();
        assert_eq!(batches(&imports).len(), count as usize);
    }
}
