//! `trueline skills share`, `shares`, `shared` and `revoke`: one cell for one person until a day.
//!
//! All of it is of the day that it is, and none of it goes on while a decision cannot be read that may take it back.

use anyhow::Result;
use trueline_facts::skill::{
    Cell, SKILL_SHARE_SCHEMA, SKILL_SHARES_SCHEMA, ShareEntry, SkillShare, SkillShares,
};
use trueline_report::{json, terminal};
use trueline_skills::day::Day;
use trueline_skills::decisions::{Share, What};
use trueline_skills::disclose::shared;

use super::{Session, misused};
use crate::Ended;
use crate::arguments::SkillsFormat;

/// Longest time for which a skill can be shared.
const LONGEST_SHARE: u32 = 366;

impl Session<'_> {
    pub(super) fn share(&mut self, cell: Cell, with: &str, until: Day) -> Result<Ended> {
        let with = with.trim();
        if with.is_empty() || with.chars().any(char::is_control) {
            return misused("--with names whoever may see it: a name or an address");
        }
        if until < self.day {
            return misused(format!("--until {until} is past; it is {}", self.day));
        }
        if until > self.day.plus(LONGEST_SHARE) {
            return misused(format!(
                "--until {until} is more than a year ahead; share anew when it ends, at most until {}",
                self.day.plus(LONGEST_SHARE)
            ));
        }
        let share = self.store.share(self.day, cell, with, until)?.id;
        (self.reading, self.decisions) = self.store.read()?;
        let text = format!(
            "Share {share}: {with} may see {cell} until {until}, and nothing else.\n\
             `trueline skills shared {share}` shows what {with} gets to see; `--output FILE` makes the document to hand over, `--format json` one for programs.\n\
             `trueline skills revoke {share}` ends it: no document is made any more. One that was handed over stays with whoever has it.\n"
        );
        self.tell_share(&text, &share)
    }

    fn entry(&self, share: &Share) -> ShareEntry {
        let state = match share.revoked {
            Some(day) => format!("taken back on {day}"),
            None if self.decisions.is_contested(&share.id) => {
                "another bears its name: opens nothing, take it back".to_owned()
            }
            None if !self.decisions.damage().is_empty() => {
                "not known: a decision cannot be read".to_owned()
            }
            None if share.until < self.day => "ended".to_owned(),
            None => "open".to_owned(),
        };
        ShareEntry {
            share: share.id.clone(),
            cell: share.cell,
            with: share.with.to_string(),
            until: share.until.to_string(),
            given: share.given.to_string(),
            revoked: share.revoked.map(|day| day.to_string()),
            state,
        }
    }

    fn tell_share(&self, text: &str, share: &str) -> Result<Ended> {
        let Some(share) = self.decisions.share(share) else {
            return self.write(text);
        };
        let value = SkillShare {
            schema: SKILL_SHARE_SCHEMA.to_owned(),
            share: self.entry(share),
        };
        self.tell(text, &serde_json::to_value(value)?)
    }

    /// All shares, the oldest first.
    pub(super) fn entries(&self) -> Vec<ShareEntry> {
        let shares = self.decisions.shares().iter();
        shares.map(|share| self.entry(share)).collect()
    }

    pub(super) fn shares(&self) -> Result<Ended> {
        let value = SkillShares {
            schema: SKILL_SHARES_SCHEMA.to_owned(),
            shares: self.entries(),
        };
        let text = terminal::skill_shares(&value, &self.style());
        self.show(&text, &serde_json::to_value(value)?)
    }

    pub(super) fn shared(&mut self, share: &str) -> Result<Ended> {
        if self.decisions.share(share).is_none() && self.decisions.damage().is_empty() {
            return misused(format!(
                "no share `{share}`; `trueline skills shares` lists them"
            ));
        }
        let profile = self.own().profile();
        let document = shared(&profile, &self.decisions, share, &mut self.store)?;
        match self.arguments.format {
            SkillsFormat::Json => self.write(&json::to_string(&document)),
            SkillsFormat::Terminal | SkillsFormat::Html => {
                self.write(&terminal::shared_skill(&document, &self.style()))
            }
        }
    }

    pub(super) fn revoke(&mut self, share: &str) -> Result<Ended> {
        match self.decisions.share(share) {
            None => misused(format!(
                "no share `{share}`; `trueline skills shares` lists them"
            )),
            Some(known) if known.revoked.is_some() && !self.decisions.is_contested(share) => {
                misused(format!("{share} was taken back before"))
            }
            Some(_) => {
                self.decide(What::Revoke {
                    share: share.to_owned(),
                })?;
                self.tell_share(&format!("Share {share} is taken back.\n"), share)
            }
        }
    }
}
