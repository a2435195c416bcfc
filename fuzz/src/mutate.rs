//! Changes of source text by words and lines: most changes of single bytes do not get past a
//! parser. Half of all changes are libFuzzer's own.

use libfuzzer_sys::fuzzer_mutate;

/// A stream of numbers from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Where words, spaces, line ends and single marks begin, and the end.
fn boundaries(text: &[u8]) -> Vec<usize> {
    let class = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | 0x80.. => 0,
        b' ' | b'\t' => 1,
        _ => 2,
    };
    let mut starts = vec![0];
    for at in 1..text.len() {
        let (before, here) = (class(text[at - 1]), class(text[at]));
        if before != here || here == 2 {
            starts.push(at);
        }
    }
    if !text.is_empty() {
        starts.push(text.len());
    }
    starts
}

fn lines(text: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend(
        (0..text.len())
            .filter(|at| text[*at] == b'\n')
            .map(|at| at + 1),
    );
    if starts.last() != Some(&text.len()) {
        starts.push(text.len());
    }
    starts
}

/// A range of at most `most` neighbouring parts.
fn range(starts: &[usize], most: usize, random: &mut Random) -> (usize, usize) {
    let parts = starts.len() - 1;
    let from = random.below(parts + 1);
    let to = (from + random.below(most + 1)).min(parts);
    (starts[from], starts[to])
}

fn splice(text: &mut Vec<u8>, at: (usize, usize), with: &[u8]) {
    text.splice(at.0..at.1, with.iter().copied());
}

fn change(text: &mut Vec<u8>, words: &[&str], random: &mut Random) {
    let marks = boundaries(text);
    let starts = lines(text);
    let place = marks[random.below(marks.len())];
    let word = words[random.below(words.len())].as_bytes().to_vec();
    match random.below(12) {
        0 | 1 => splice(text, (place, place), &word),
        2 => {
            let at = range(&marks, 2, random);
            splice(text, at, &word);
        }
        3 => {
            let at = range(&marks, 8, random);
            splice(text, at, &[]);
        }
        4 | 5 => {
            let (from, to) = range(&marks, 12, random);
            let copied = text[from..to].to_vec();
            let at = range(&marks, 3, random);
            splice(text, at, &copied);
        }
        6 => {
            let (from, to) = range(&starts, 6, random);
            let copied = text[from..to].to_vec();
            let at = starts[random.below(starts.len())];
            splice(text, (at, at), &copied);
        }
        7 => {
            let at = range(&starts, 4, random);
            splice(text, at, &[]);
        }
        8 => {
            // Nesting: what opens is repeated, what closes too.
            let pairs = [
                ("(", ")"),
                ("[", "]"),
                ("{", "}"),
                ("{\n", "\n}"),
                ("<a>", "</a>"),
                ("`${", "}`"),
                ("f'{", "}'"),
                ("x(", ")"),
            ];
            let (open, close) = pairs[random.below(pairs.len())];
            let (from, to) = range(&marks, 10, random);
            let times = 1 + random.below(3) * random.below(40);
            let inner = text[from..to].to_vec();
            let nested = [
                open.repeat(times).as_bytes(),
                &inner,
                close.repeat(times).as_bytes(),
            ]
            .concat();
            splice(text, (from, to), &nested);
        }
        9 => {
            // Something over and over.
            let (from, to) = range(&marks, 4, random);
            let repeated = text[from..to].repeat(1 + random.below(60));
            splice(text, (from, to), &repeated);
        }
        10 => {
            // Lines move in or out.
            let first = random.below(starts.len() - 1);
            let last = (first + 1 + random.below(8)).min(starts.len() - 1);
            let out = random.below(2) == 0;
            for line in (first..last).rev() {
                let at = starts[line];
                if out {
                    let spaces = text[at..]
                        .iter()
                        .take(4)
                        .take_while(|byte| **byte == b' ')
                        .count();
                    splice(text, (at, at + spaces), &[]);
                } else {
                    splice(text, (at, at), b"    ");
                }
            }
        }
        _ => {
            // A name becomes another name of the text.
            let (from, to) = range(&marks, 1, random);
            let name = text[from..to].to_vec();
            let with = range(&marks, 1, random);
            let with = text[with.0..with.1].to_vec();
            if !name.is_empty() {
                let at = range(&marks, 1, random);
                splice(text, at, &with);
            }
        }
    }
}

/// Changes an input in place; gives its new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32, words: &[&str]) -> usize {
    let mut random = Random(u64::from(seed));
    if random.below(2) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut text = data[..size].to_vec();
    for _ in 0..=random.below(4) {
        change(&mut text, words, &mut random);
    }
    text.truncate(max_size.min(data.len()));
    data[..text.len()].copy_from_slice(&text);
    text.len()
}

/// Puts lines or words of one input into another.
pub fn crossover(one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
    let mut random = Random(u64::from(seed));
    let parts = |text: &[u8], by_line: bool| {
        if by_line {
            lines(text)
        } else {
            boundaries(text)
        }
    };
    let by_line = random.below(3) > 0;
    let most = if by_line { 20 } else { 40 };
    let (from, to) = range(&parts(other, by_line), most, &mut random);
    let at = range(&parts(one, by_line), 4, &mut random);
    let mut text = one.to_vec();
    splice(&mut text, at, &other[from..to]);
    text.truncate(out.len());
    out[..text.len()].copy_from_slice(&text);
    text.len()
}
