//! Is a text that stands where an agent's stood still the same text, or was the agent's thrown away and typed anew?
//!
//! Between two looks nobody watches: `git checkout -- file`, an editor's undo or `rm` takes an agent's lines away, and
//! a person who then writes the same function has `try:`, `return None` and `}` where the agent had them. A line is
//! the one that was there if enough of the text around it is: lines are counted by the letters of their own words,
//! so that those that any text has prove nothing. Where it stays open, the line is nobody's.

use crate::ledger::{COMMITTED, Tracked};

/// Letters of own words that a text which stayed whole must have, if what stands beside it is new.
const SOME: u32 = 4;

/// Those that a text of which a part is gone must have left: about one line that is like no other.
const TELLING: u32 = 12;

/// Those of a run of lines that counts wherever it stands, though all else around it is gone.
const LONG: u32 = 48;

/// What became of lines that are not committed.
struct Fate<'a> {
    file: &'a Tracked,
    /// For each line: where it is now.
    to: Vec<Option<u32>>,
    now: usize,
    /// At least half of all that was not committed is there.
    alive: bool,
}

/// For each line of a file as it was seen: may it be another's that looks the same? `origins` are those of the
/// lines that the file has now.
pub(crate) fn doubtful(file: &Tracked, origins: &[Option<u32>]) -> Vec<bool> {
    let mut to = vec![None; file.lines.len()];
    for (new, old) in (0_u32..).zip(origins) {
        if let Some(slot) = old.and_then(|old| to.get_mut(old as usize)) {
            *slot = Some(new);
        }
    }
    let mut fate = Fate {
        file,
        to,
        now: origins.len(),
        alive: true,
    };
    let mut out = vec![false; file.lines.len()];
    let own: Vec<usize> = (0..file.lines.len())
        .filter(|at| fate.is_own(*at))
        .collect();
    fate.alive = fate.at_least_half(&own);
    // What one call wrote says nothing of what another did.
    let together = |one: &usize, next: &usize| {
        one + 1 == *next && file.owners.get(*one) == file.owners.get(*next)
    };
    for region in own.chunk_by(together) {
        let alive = fate.lives(region);
        for run in region.chunk_by(|one, next| fate.go_on(*one, *next)) {
            let stays = if alive {
                !fate.is_lone(run)
            } else {
                fate.telling(run) >= LONG
            };
            for at in run {
                if let (false, Some(doubt)) = (stays, out.get_mut(*at)) {
                    *doubt = true;
                }
            }
        }
    }
    out
}

impl Fate<'_> {
    fn is_own(&self, at: usize) -> bool {
        self.file
            .owners
            .get(at)
            .is_some_and(|owner| *owner != COMMITTED)
    }

    fn to(&self, at: usize) -> Option<u32> {
        self.to.get(at).copied().flatten()
    }

    /// Do two lines, one after the other, still stand so?
    fn go_on(&self, one: usize, next: usize) -> bool {
        match (self.to(one), self.to(next)) {
            (Some(one), Some(next)) => one + 1 == next,
            (None, None) => true,
            _ => false,
        }
    }

    /// Letters of own words in those of the lines that are there.
    fn telling(&self, lines: &[usize]) -> u32 {
        let there = lines.iter().filter(|at| self.to(**at).is_some());
        there
            .filter_map(|at| self.file.lines.get(*at))
            .map(|line| line.telling())
            .sum()
    }

    /// By what they tell, each line a little.
    fn at_least_half(&self, lines: &[usize]) -> bool {
        let all = |lines: &mut dyn Iterator<Item = &usize>| -> u32 {
            let lines = lines.filter_map(|at| self.file.lines.get(*at));
            lines.map(|line| line.telling() + 1).sum()
        };
        let there = all(&mut lines.iter().filter(|at| self.to(**at).is_some()));
        there * 2 >= all(&mut lines.iter())
    }

    /// Is a text that was not committed still the one that was seen?
    fn lives(&self, region: &[usize]) -> bool {
        let told = self.telling(region);
        let whole = region.iter().all(|at| self.to(*at).is_some());
        if !whole {
            return told >= TELLING && self.at_least_half(region);
        }
        if !self.alive && told < TELLING {
            return false;
        }
        told >= SOME || self.is_in_its_place(region)
    }

    /// Does a text that is whole stand between the same lines as before?
    fn is_in_its_place(&self, region: &[usize]) -> bool {
        let (Some(first), Some(last)) = (region.first(), region.last()) else {
            return true;
        };
        let before = match first.checked_sub(1) {
            None => self.to(*first) == Some(0),
            Some(before) => self.to(before).is_some() && self.go_on(before, *first),
        };
        let after = if last + 1 == self.file.lines.len() {
            self.to(*last)
                .is_some_and(|last| last as usize + 1 == self.now)
        } else {
            self.go_on(*last, last + 1)
        };
        let together = region.iter().zip(region.iter().skip(1));
        before
            && after
            && together
                .into_iter()
                .all(|(one, next)| self.go_on(*one, *next))
    }

    /// Lines that tell nothing, where what stood before and after them is gone.
    fn is_lone(&self, run: &[usize]) -> bool {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return false;
        };
        let gone = |at: usize| at < self.file.lines.len() && self.to(at).is_none();
        self.telling(run) < SOME && first.checked_sub(1).is_some_and(gone) && gone(last + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::{LineKey, origins};

    const KEY: LineKey = LineKey([7; 16]);
    /// Any owner that is not of HEAD.
    const AGENT: u32 = 3;

    /// The lines of `now` that are still an agent's, where `before` was seen: its lines with `+` are the agent's.
    fn credited(before: &str, now: &str) -> String {
        let owners = before.lines().map(|line| {
            if line.starts_with('+') {
                AGENT
            } else {
                COMMITTED
            }
        });
        let text: String = before
            .lines()
            .fold(String::new(), |all, line| all + &line[1..] + "\n");
        let file = Tracked {
            lines: KEY.lines(text.as_bytes()).unwrap(),
            owners: owners.collect(),
            mark: 0,
            absent: false,
        };
        let map = origins(&file.lines, &KEY.lines(now.as_bytes()).unwrap());
        let doubtful = doubtful(&file, &map);
        let of = |old: &Option<u32>| {
            old.is_some_and(|old| file.owners[old as usize] == AGENT && !doubtful[old as usize])
        };
        map.iter()
            .map(|old| if of(old) { 'A' } else { '.' })
            .collect()
    }

    const FUNCTION: &str = " x = 1\n+def f():\n+    try:\n+        return 1\n+    except E:\n+        pass\n+    return None\n";

    #[test]
    fn common_lines_of_a_function_that_was_typed_anew_are_nobodys() {
        let hers = "x = 1\ndef mine():\n    try:\n        return 2\n    except E:\n        pass\n    return None\n";
        assert_eq!(credited(FUNCTION, hers), ".......");
        let gone = FUNCTION.replace(" x = 1\n", "");
        assert_eq!(credited(&gone, &hers.replace("x = 1\n", "")), "......");
    }

    #[test]
    fn a_text_that_nobody_touched_stays_whatever_it_says() {
        let same = "x = 1\ndef f():\n    try:\n        return 1\n    except E:\n        pass\n    return None\n";
        assert_eq!(credited(FUNCTION, same), ".AAAAAA");
        assert_eq!(
            credited(
                " if a:\n+    pass\n x = 1\n",
                "import os\nif a:\n    pass\nx = 1\n"
            ),
            "..A."
        );
    }

    #[test]
    fn a_text_of_which_a_line_was_changed_stays_if_it_says_anything() {
        let before = " x = 1\n+def total_of(items):\n+    if not items:\n+        return None\n+    return sum(item.price for item in items)\n";
        let now = "x = 1\ndef price_of(items):\n    if not items:\n        return None\n    return sum(item.price for item in items)\n";
        assert_eq!(credited(before, now), "..AAA");
        // And with text of somebody's in its middle and around it.
        let now = "y = 2\nx = 1\ndef total_of(items):\n    if not items:\n        log(1)\n        return None\n    return sum(item.price for item in items)\nz = 3\n";
        assert_eq!(credited(before, now), "..AA.AA.");
    }

    #[test]
    fn a_short_like_line_amid_text_that_was_replaced_is_nobodys() {
        let before = "+def total_of(items):\n+    prices = [item.price for item in items]\n+    if not prices:\n+        return None\n+    return sum(prices)\n+\n+def other_of(things):\n+    return collect(things, wanted=True)\n";
        let now = "def total_of(items):\n    everything = 0\n    while items:\n        return None\n    yield everything\n\ndef other_of(things):\n    return collect(things, wanted=True)\n";
        assert_eq!(credited(before, now), "A....AAA");
    }

    #[test]
    fn what_another_wrote_beside_it_says_nothing_of_a_text() {
        let lines =
            KEY.lines(b"kept_by_one = compute(1)\ngone_of_another = compute(2)\n    pass\n");
        let file = Tracked {
            lines: lines.unwrap(),
            owners: vec![AGENT, AGENT + 1, AGENT + 1],
            mark: 0,
            absent: false,
        };
        let now = KEY
            .lines(b"kept_by_one = compute(1)\nmine = 3\n    pass\n")
            .unwrap();
        let doubtful = doubtful(&file, &origins(&file.lines, &now));
        assert_eq!(doubtful, [false, true, true]);
    }

    #[test]
    fn a_long_run_stays_though_the_rest_was_replaced() {
        let run = "def parse_settings(path):\n    with open(path) as stream:\n        settings = json.load(stream)\n    return validated(settings)\n";
        let other: String = (0..20)
            .map(|at| format!("+generated_value_{at:03} = compute({at})\n"))
            .collect::<Vec<_>>()
            .concat();
        let ours = run
            .lines()
            .fold(String::new(), |all, line| all + "+" + line + "\n");
        assert_eq!(
            credited(&(ours + &other), &(run.to_owned() + "mine = 1\n")),
            "AAAA."
        );
    }
}
