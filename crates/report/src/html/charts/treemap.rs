//! Directories as areas: size is lines, shade is the share that AI wrote at most, hatching says that
//! nothing is known. The picture goes as deep as the areas stay legible; the table has every directory.

use std::collections::BTreeMap;

use trueline_facts::usage::{DirectoryUse, LineShares};

use super::super::escape::esc;
use super::super::put;
use super::squarify::{Rect, squarify};
use super::{Number, Percent};
use crate::words;

/// Drawn in this room; horizontally it is stretched to the reader's window.
const ROOM: Rect = Rect {
    x: 0.0,
    y: 0.0,
    width: 1000.0,
    height: 400.0,
};

/// A directory below this share of all lines is not divided further: its parts could not be read.
const DIVIDE: f64 = 0.06;

/// Parts of one directory beyond this many are drawn as one.
const PARTS: usize = 24;

/// Widths of the picture, in pixels, for which labels are fitted: a laptop's and a phone's.
const WIDE: f64 = 760.0;
const NARROW: f64 = 330.0;
const LETTER: f64 = 6.7;

/// One area of the picture.
struct Area {
    rect: Rect,
    name: String,
    lines: LineShares,
}

/// Draws the picture and its legend.
pub(in crate::html) fn treemap(out: &mut String, directories: &[DirectoryUse]) {
    let tree = Tree::new(directories);
    let mut areas = Vec::new();
    tree.divide(&tree.top(), ROOM, &mut areas);
    put!(
        out,
        "<svg class=\"treemap\" width=\"100%\" height=\"{}\" role=\"img\" aria-label=\"Directories by size and by the share of lines that AI wrote at most, as far as evidence names it; the table below says the same\">",
        Number(ROOM.height)
    );
    for area in &areas {
        draw(out, area, short_name(area, &areas));
    }
    out.push_str(
        "</svg>\n<ul class=\"legend\"><li><span class=\"key k-none\"></span>no evidence</li>",
    );
    for (class, text) in [
        ("k0", "0 %"),
        ("k1", "under 10 %"),
        ("k2", "10–25 %"),
        ("k3", "25–50 %"),
        ("k4", "50–75 %"),
        ("k5", "75 % and more"),
    ] {
        put!(out, "<li><span class=\"key {class}\"></span>{text}</li>");
    }
    out.push_str("</ul>\n");
}

fn draw(out: &mut String, area: &Area, short: &str) {
    let Rect {
        x,
        y,
        width,
        height,
    } = area.rect;
    let (width_share, x_share) = (width / ROOM.width, x / ROOM.width);
    if width_share * WIDE < 1.0 || height < 1.0 {
        return;
    }
    let shares = &area.lines;
    let share = if shares.ai + shares.human == 0 {
        "no evidence".to_owned()
    } else {
        format!("AI {}", words::ai_share(shares))
    };
    put!(
        out,
        "<g class=\"cell {}\"><title>{}: {}, {share}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"></rect>",
        shade(shares),
        esc(&area.name),
        words::counted(shares.total, "line"),
        Percent(x_share * 100.0),
        Number(y),
        Percent(width_share * 100.0),
        Number(height)
    );
    let letters = |pixels: f64| ((width_share * pixels - 14.0) / LETTER).max(0.0);
    let len = |text: &str| text.chars().count() as f64;
    let label = if len(&area.name) <= letters(WIDE) {
        &area.name
    } else {
        short
    };
    if height >= 22.0 && len(label) <= letters(WIDE) {
        let narrow = if len(label) <= letters(NARROW) {
            ""
        } else {
            " class=\"wide\""
        };
        put!(
            out,
            "<svg{narrow} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" aria-hidden=\"true\"><text x=\"7\" y=\"16\">{}</text>",
            Percent(x_share * 100.0),
            Number(y),
            Percent(width_share * 100.0),
            Number(height),
            esc(label)
        );
        if height >= 42.0 && letters(WIDE) >= 12.0 && shares.ai + shares.human > 0 {
            put!(
                out,
                "<text class=\"sub\" x=\"7\" y=\"33\">{}{}</text>",
                if shares.ai > shares.ai_at_least() {
                    "up to "
                } else {
                    ""
                },
                words::percent(shares.ai, shares.total)
            );
        }
        out.push_str("</svg>");
    }
    out.push_str("</g>");
}

/// The last parts of a name, as many as tell it from all others.
fn short_name<'a>(area: &'a Area, areas: &[Area]) -> &'a str {
    // `commands/*`: what lies right in a directory keeps its name.
    let path = area.name.strip_suffix("/*").unwrap_or(&area.name);
    let path = path.strip_suffix('/').unwrap_or(path);
    let ends = path.rmatch_indices('/').map(|(at, _)| at + 1);
    let mut tails = ends.map(|at| &area.name[at..]);
    let is_alone = |tail: &&str| {
        let like = areas.iter().filter(|other| {
            let before = other.name.strip_suffix(tail);
            before.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        });
        like.count() == 1
    };
    tails.find(is_alone).unwrap_or(&area.name)
}

/// The class of an area: `c-none` while nothing is known, otherwise a step of the AI share.
pub(in crate::html) fn shade(lines: &LineShares) -> &'static str {
    if lines.ai + lines.human == 0 {
        return "c-none";
    }
    match lines.ai * 100 / lines.total.max(1) {
        _ if lines.ai == 0 => "c0",
        0..10 => "c1",
        10..25 => "c2",
        25..50 => "c3",
        50..75 => "c4",
        _ => "c5",
    }
}

/// A directory while it is being divided.
#[derive(Clone)]
struct Part {
    /// Its path with `/` at the end, or what else to call it; empty for the root.
    path: String,
    name: String,
    lines: LineShares,
}

/// Directories by their parent.
struct Tree {
    root: LineShares,
    children: BTreeMap<String, Vec<Part>>,
}

impl Tree {
    fn new(directories: &[DirectoryUse]) -> Self {
        let mut children: BTreeMap<String, Vec<Part>> = BTreeMap::new();
        let mut root = None;
        for directory in directories {
            let path = directory.path.display();
            if path.is_empty() {
                root = Some(directory.lines);
                continue;
            }
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            let key = if parent.is_empty() {
                String::new()
            } else {
                format!("{parent}/")
            };
            children.entry(key).or_default().push(Part {
                path: format!("{path}/"),
                name: path.clone().into_owned(),
                lines: directory.lines,
            });
        }
        let root = root.unwrap_or_else(|| {
            let mut sum = LineShares::default();
            for part in children.get("").into_iter().flatten() {
                sum.add(&part.lines);
            }
            sum
        });
        Self { root, children }
    }

    fn top(&self) -> Part {
        Part {
            path: String::new(),
            name: "all files".to_owned(),
            lines: self.root,
        }
    }

    /// Fills `room` with `part`: as one area, or as its parts if they can be told apart. Depth is that
    /// of the document's directories: three.
    fn divide(&self, part: &Part, room: Rect, out: &mut Vec<Area>) {
        let children = self.children.get(&part.path).map_or(&[][..], Vec::as_slice);
        let large = part.lines.total as f64 >= DIVIDE * self.root.total as f64;
        if children.is_empty() || !large {
            out.push(Area {
                rect: room,
                name: part.name.clone(),
                lines: part.lines,
            });
            return;
        }
        let mut parts = children.to_vec();
        let mut rest = part.lines;
        for child in children {
            rest = subtract(rest, child.lines);
        }
        parts.sort_by(|a, b| {
            b.lines
                .total
                .cmp(&a.lines.total)
                .then_with(|| a.name.cmp(&b.name))
        });
        if parts.len() > PARTS {
            let mut folded = LineShares::default();
            let small = parts.split_off(PARTS);
            for one in &small {
                folded.add(&one.lines);
            }
            parts.push(Part {
                path: "\0".to_owned(),
                name: format!("{}{} smaller directories", part.path, small.len()),
                lines: folded,
            });
        }
        if rest.total > 0 {
            parts.push(Part {
                path: "\0".to_owned(),
                name: format!("{}*", part.path),
                lines: rest,
            });
        }
        parts.sort_by(|a, b| {
            b.lines
                .total
                .cmp(&a.lines.total)
                .then_with(|| a.name.cmp(&b.name))
        });
        let weights: Vec<_> = parts.iter().map(|part| part.lines.total as f64).collect();
        for (part, rect) in parts.iter().zip(squarify(&weights, room)) {
            self.divide(part, rect, out);
        }
    }
}

/// What stands in a directory itself. A document whose parts exceed the whole yields nothing left.
const fn subtract(all: LineShares, part: LineShares) -> LineShares {
    LineShares {
        total: all.total.saturating_sub(part.total),
        ai: all.ai.saturating_sub(part.ai),
        ai_line_level: all.ai_line_level.saturating_sub(part.ai_line_level),
        ai_tool_authored: all.ai_tool_authored.saturating_sub(part.ai_tool_authored),
        ai_transcripts: all.ai_transcripts.saturating_sub(part.ai_transcripts),
        ai_upper_bound: all.ai_upper_bound.saturating_sub(part.ai_upper_bound),
        human: all.human.saturating_sub(part.human),
        unknown: all.unknown.saturating_sub(part.unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueline_facts::RepoPath;

    fn lines(total: u64) -> LineShares {
        LineShares {
            total,
            unknown: total,
            ..LineShares::default()
        }
    }

    #[test]
    fn areas_of_the_picture_are_in_proportion_to_lines() {
        let directories: Vec<_> = [("", 1000), ("a", 600), ("a/x", 400), ("b", 300)]
            .map(|(path, n)| DirectoryUse {
                path: RepoPath::from(path),
                lines: lines(n),
            })
            .into();
        let tree = Tree::new(&directories);
        let mut areas = Vec::new();
        tree.divide(&tree.top(), ROOM, &mut areas);
        let mut seen: Vec<_> = areas
            .iter()
            .map(|area| {
                (
                    area.name.as_str(),
                    format!("{:.0}", area.rect.area() / 400.0),
                )
            })
            .collect();
        seen.sort_unstable();
        assert_eq!(
            seen,
            [
                ("*", "100".to_owned()),
                ("a/*", "200".to_owned()),
                ("a/x", "400".to_owned()),
                ("b", "300".to_owned())
            ]
        );
    }

    #[test]
    fn a_short_name_tells_an_area_from_all_others() {
        let areas: Vec<Area> = ["x/a/src", "x/b/src", "x/b/lib", "x/*", "y"]
            .map(|name| Area {
                rect: ROOM,
                name: name.to_owned(),
                lines: lines(1),
            })
            .into();
        let names: Vec<&str> = areas.iter().map(|area| short_name(area, &areas)).collect();
        assert_eq!(names, ["a/src", "b/src", "lib", "x/*", "y"]);
    }
}
