//! How much of some lines AI wrote, in words: from the least that is known to the most that may be.

use trueline_facts::health::Hotspot;
use trueline_facts::usage::LineShares;
use trueline_facts::{Author, Origin};

use super::{count, percent};

/// The AI share of lines, as far as it is known: `at least 40 %`, `at least 10 % and up to 40 %`; `up to 40 %` and
/// `no known line`, as at least none says nothing.
pub(crate) fn ai_share(lines: &LineShares) -> String {
    share_between(lines.ai_at_least(), lines.ai, lines.total)
}

/// The same of a file that changes much.
pub(crate) fn ai_share_of(hotspot: &Hotspot) -> String {
    let ai = &hotspot.ai;
    share_between(ai.hits, hotspot.ai_up_to.max(ai.hits), ai.of)
}

fn share_between(at_least: u64, up_to: u64, total: u64) -> String {
    let least = percent(at_least, total);
    let most = percent(up_to, total);
    if up_to == 0 {
        "no known line".to_owned()
    } else if most == least {
        format!("at least {least}")
    } else if at_least == 0 {
        format!("up to {most}")
    } else {
        format!("at least {least} and up to {most}")
    }
}

/// The same in a column that says "at least": `40 %`, `10 % (up to 40 %)`; `unknown`, which is not zero, where nothing is known.
pub(crate) fn ai_floor(lines: &LineShares) -> String {
    if lines.ai + lines.human == 0 {
        return "unknown".to_owned();
    }
    floor(lines.ai_at_least(), lines.ai, lines.total)
}

/// The AI share of a file that changes much, in such a column.
pub(crate) fn ai_floor_of(hotspot: &Hotspot) -> String {
    let ai = &hotspot.ai;
    floor(ai.hits, hotspot.ai_up_to.max(ai.hits), ai.of)
}

fn floor(least: u64, most: u64, of: u64) -> String {
    let least = percent(least, of);
    let most = percent(most, of);
    if most == least {
        least
    } else {
        format!("{least} (up to {most})")
    }
}

/// The AI share in the least room, in whole percent: `AI 40 %`, `AI 10–40 %`, `AI ≤ 40 %`; `AI ?` where nothing is known. Rounded so that
/// it claims no more than is known.
pub(crate) fn ai_tag(lines: &LineShares) -> String {
    if lines.ai + lines.human == 0 {
        return "AI ?".to_owned();
    }
    let total = lines.total.max(1);
    let least = lines.ai_at_least() * 100 / total;
    let most = (lines.ai * 100).div_ceil(total);
    if lines.ai == lines.ai_at_least() {
        format!("AI {least} %")
    } else if lines.ai_at_least() == 0 {
        format!("AI ≤ {most} %")
    } else {
        format!("AI {least}–{most} %")
    }
}

/// Counts lines by who wrote them.
pub(crate) fn shares<'a>(runs: impl Iterator<Item = (u32, &'a Origin)>) -> LineShares {
    let mut lines = LineShares::default();
    for (len, origin) in runs {
        let len = u64::from(len);
        lines.total += len;
        match origin.author {
            Author::Ai { .. } => {
                lines.ai += len;
                let part = |is: bool| if is { len } else { 0 };
                lines.ai_upper_bound += part(origin.is_upper_bound());
                lines.ai_line_level += part(origin.is_line_level() && !origin.is_of_transcript());
                lines.ai_transcripts += part(origin.is_of_transcript());
                lines.ai_tool_authored += part(origin.is_tool_authored());
            }
            Author::Human { .. } => lines.human += len,
            Author::Unknown => lines.unknown += len,
        }
    }
    lines
}

/// Lines of AI: `40`, `10 to 40`.
pub(crate) fn ai_count(lines: &LineShares) -> String {
    let least = count(lines.ai_at_least());
    if lines.ai == lines.ai_at_least() {
        least
    } else {
        format!("{least} to {}", count(lines.ai))
    }
}

/// Where the lines of AI are known from, beyond those that are known one by one, as sentences without a stop; none where
/// there is nothing to say.
pub(crate) fn ai_grounds(lines: &LineShares) -> Vec<String> {
    let mut grounds = Vec::new();
    let shared = lines.ai_of_shared_commits();
    if lines.ai > lines.ai_line_level && lines.ai_line_level > 0 {
        grounds.push(format!("{} known line by line", count(lines.ai_line_level)));
    }
    if lines.ai_tool_authored > 0 {
        grounds.push(format!(
            "{} in commits whose author is a tool",
            count(lines.ai_tool_authored)
        ));
    }
    if lines.ai_transcripts > 0 {
        grounds.push(format!(
            "{} that match transcripts of this machine, which is inferred",
            count(lines.ai_transcripts)
        ));
    }
    if shared > 0 {
        grounds.push(format!(
            "{} in commits in which a tool took part, of which it may have written all or some",
            count(shared)
        ));
    }
    if lines.ai_upper_bound > 0 {
        grounds.push(format!("{} {PERHAPS}", count(lines.ai_upper_bound)));
    }
    grounds
}

/// Of lines that an upper bound alone names for AI.
pub(crate) const PERHAPS: &str = "that a squash or a larger commit credits to AI as a whole";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_goes_up_to_itself_is_said_once() {
        let shares = LineShares {
            ai: 3_290,
            ai_line_level: 3_289,
            ai_upper_bound: 1,
            total: 10_000,
            ..LineShares::default()
        };
        assert_eq!(ai_share(&shares), "at least 32.9 %");
        assert_eq!(ai_floor(&shares), "32.9 %");
    }
}
